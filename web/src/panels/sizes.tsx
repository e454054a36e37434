import type { JSX } from "preact";
import { look } from "../client.ts";
import { drawBars } from "../draw/bars.ts";
import { Canvas } from "../draw/canvas.tsx";
import { lookOf } from "../draw/theme.ts";
import { SIZES } from "../lab/look.ts";
import { Panel, Waiting } from "./panel.tsx";

const median = (shares: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    sum += shares[i]!;
    if (sum >= 0.5) return 10 ** (SIZES.from + ((i + 0.5) * (SIZES.to - SIZES.from)) / SIZES.bins);
  }
  return 0;
};

/** How large are its steps? */
export function Sizes(): JSX.Element {
  const now = look.value;
  return (
    <Panel
      title="How large are its steps?"
      words="All updates of one run by size. Those of gradient descent shrink with the gradient; Adam's stay near its rate for longer."
    >
      {now ? (
        <Canvas
          shape="chart"
          label={`Median size of an update: ${now.ways.map((way) => `${way.label} ${median(way.sizes).toPrecision(1)}`).join(", ")}.`}
          draw={(c, w, h, theme) =>
            drawBars(
              c,
              w,
              h,
              theme,
              now.ways.map((way) => {
                const { colour, dash } = lookOf(way.name, theme);
                return { shares: way.sizes, colour, dash, label: way.label, filled: way.learned };
              }),
              SIZES,
            )
          }
        />
      ) : (
        <Waiting shape="chart">Measuring…</Waiting>
      )}
    </Panel>
  );
}
