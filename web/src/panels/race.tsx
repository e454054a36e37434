import type { JSX } from "preact";
import { curves, tuning } from "../client.ts";
import { Canvas } from "../draw/canvas.tsx";
import { drawChart, logRange } from "../draw/chart.ts";
import { lookOf } from "../draw/theme.ts";
import type { Curves } from "../lab/messages.ts";
import { Panel, Waiting } from "./panel.tsx";

const lastOf = (v: ArrayLike<number>): number => v[v.length - 1]!;
const digits = (v: number): string => (Number.isFinite(v) ? v.toPrecision(3) : "diverged");

/** Loss by step of a learned optimizer and of tuned baselines. */
export function CurvesChart({ of }: { of: Curves }): JSX.Element {
  const x = Array.from(of.curves[0]!.median, (_, t) => t);
  const best = of.curves.filter((c) => !c.learned).reduce((a, b) => (lastOf(b.median) < lastOf(a.median) ? b : a));
  const words = of.curves.map((c) => `${c.label} ${digits(lastOf(c.median))}`).join(", ");
  return (
    <>
      <Canvas
        shape="chart"
        label={`Median loss after ${x.length - 1} steps on ${of.count} runs: ${words}.`}
        draw={(c, w, h, theme) =>
          drawChart(
            c,
            w,
            h,
            theme,
            [...of.curves].reverse().map((curve) => {
              const { colour, dash, width } = lookOf(curve.name, theme);
              const banded = curve.learned || curve === best;
              return {
                x,
                y: curve.median,
                colour,
                dash,
                width,
                label: curve.label.length > 16 ? `${curve.label.slice(0, 15)}…` : curve.label,
                ...(banded ? { band: curve } : {}),
              };
            }),
            {
              xLabel: "step",
              yLabel: "loss, log axis",
              x: [0, x.length - 1],
              y: logRange(of.curves.map((c) => c.median)),
            },
          )
        }
      />
      <p class="result">
        After {x.length - 1} steps: <b class="learned">{digits(lastOf(of.curves[0]!.median))}</b> learned,{" "}
        <b>{digits(lastOf(best.median))}</b> {best.label}, the best of the others (rate {digits(best.learningRate!)}).
      </p>
    </>
  );
}

/** Is it any good? */
export function Race(): JSX.Element {
  const now = curves.value;
  return (
    <Panel
      title="Is it any good?"
      words={`Loss by step on ${now ? now.count : "fresh"} problems that training never saw: median, and the band from 10 to 90% of the learned and the best other. The others' learning rates are tuned.`}
    >
      {now ? (
        <CurvesChart of={now} />
      ) : (
        <>
          <Waiting shape="chart">
            {tuning.value ? `Tuning the others: ${tuning.value.done} of ${tuning.value.of}.` : "Measuring…"}
          </Waiting>
          <p class="result" />
        </>
      )}
    </Panel>
  );
}
