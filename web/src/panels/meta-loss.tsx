import type { JSX } from "preact";
import { reports, settings } from "../client.ts";
import { Canvas, type Draw } from "../draw/canvas.tsx";
import { drawChart, logRange } from "../draw/chart.ts";
import { lookOf } from "../draw/theme.ts";
import { Panel, Waiting } from "./panel.tsx";

/** The running geometric mean: a round's own loss is mostly the luck of its problems, and early ones may be huge. */
function smooth(values: readonly number[]): number[] {
  let mean = Number.NaN;
  return values.map((v, i) => {
    if (!(v > 0) || v === Infinity) return Math.exp(mean);
    const keep = Math.min(0.9, i / (i + 5));
    mean = Number.isNaN(mean) ? Math.log(v) : keep * mean + (1 - keep) * Math.log(v);
    return Math.exp(mean);
  });
}

/** Is it learning? */
export function MetaLoss(): JSX.Element {
  const all = reports.value;
  const last = all.at(-1);
  const draw: Draw = (c, w, h, theme) => {
    const x = all.map((r) => r.iteration);
    const losses = all.map((r) => r.metaLoss);
    const checked = all.filter((r) => r.validation !== undefined);
    const learned = lookOf("learned", theme).colour;
    drawChart(
      c,
      w,
      h,
      theme,
      [
        { x, y: losses, colour: theme.soft, width: 1, opacity: 0.45 },
        { x, y: smooth(losses), colour: learned, width: 2.4 },
        {
          x: checked.map((r) => r.iteration),
          y: checked.map((r) => r.validation!),
          colour: lookOf("adam", theme).colour,
          width: 1,
          dots: true,
        },
      ],
      {
        xLabel: "round",
        yLabel: "loss, log axis",
        x: [0, Math.max(10, last?.iteration ?? 0)],
        y: logRange([losses, checked.map((r) => r.validation!)]),
      },
    );
  };
  return (
    <Panel
      title="Is it learning?"
      words={
        <>
          <b class="learned">Meta-loss</b>: the mean loss of the runs of a round, smoothed, which training makes fall.{" "}
          <b class="adam">Dots</b>:{" "}
          {settings.value.problem.startsWith("quadratic-g") ? "the mean loss" : "the last losses"} on problems kept
          apart; the best dot's optimizer is kept.
        </>
      }
    >
      {last ? (
        <Canvas
          shape="chart"
          draw={draw}
          label={`Meta-loss by round: ${last.metaLoss.toPrecision(3)} at round ${last.iteration}, ${all[0]!.metaLoss.toPrecision(3)} at the first.`}
        />
      ) : (
        <Waiting shape="chart">Nothing yet: press Start.</Waiting>
      )}
    </Panel>
  );
}
