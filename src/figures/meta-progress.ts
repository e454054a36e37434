import * as Plot from "@observablehq/plot";
import { check } from "../core/check.ts";
import { append, figureDocument, finish, logAxis, nameAxes } from "./svg.ts";

/** One moment of meta-training. */
export interface MetaPoint {
  /** Meta-steps, trajectories or minutes: what `xlabel` says. */
  readonly at: number;
  /** Mean meta-loss of the training trajectories since the last point. */
  readonly training?: number;
  /** Score on the meta-validation problems. */
  readonly validation?: number;
}

/** Words and size of a figure of meta-training. */
export interface ProgressOptions {
  readonly title?: string;
  readonly subtitle?: string;
  readonly xlabel?: string;
  readonly ylabel?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Meta-training: its own loss faint, the meta-validation score as a line, the best score (the φ that was kept) marked. */
export function metaProgress(points: readonly MetaPoint[], options: ProgressOptions = {}): string {
  check(points.length > 0, "points", "at least one", 0);
  const { title = "Meta-training", width = 760, height = 320, xlabel = "meta-step", ylabel = "meta-loss" } = options;
  const fine = (x: number | undefined) => x !== undefined && Number.isFinite(x) && x > 0;
  const training = points.filter((p) => fine(p.training));
  const validation = points.filter((p) => fine(p.validation));
  const best = validation.reduce<MetaPoint | undefined>(
    (a, b) => (a && a.validation! <= b.validation! ? a : b),
    undefined,
  );
  const values = [...training.map((p) => p.training!), ...validation.map((p) => p.validation!)];
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  const range: [number, number] = values.length ? [low / 1.15, Math.max(high, low * 1.2) * 1.06] : [0.1, 1];
  const marginTop = options.subtitle ? 100 : 82;
  const plot = Plot.plot({
    document: figureDocument(),
    width,
    height,
    marginTop,
    marginLeft: 64,
    marginRight: 24,
    marginBottom: 44,
    x: { label: null },
    y: {
      type: "log",
      axis: null,
      domain: range,
    },
    marks: [
      ...logAxis(...range),
      Plot.lineY(training, { x: "at", y: "training", stroke: "#808080", strokeOpacity: 0.6, strokeWidth: 1 }),
      Plot.lineY(validation, { x: "at", y: "validation", stroke: "#0072B2", strokeWidth: 2 }),
      Plot.dot(validation, { x: "at", y: "validation", fill: "#0072B2", r: 2.5 }),
      ...(best ? [Plot.dot([best], { x: "at", y: "validation", stroke: "#D55E00", strokeWidth: 2.5, r: 7 })] : []),
    ],
  }) as unknown as Element;
  let x = 12;
  const key = marginTop - 34;
  const entry = (colour: string, label: string, ring = false) => {
    if (ring)
      append(plot, "circle", { cx: x + 11, cy: key - 4, r: 5.5, fill: "none", stroke: colour, "stroke-width": 2.5 });
    else append(plot, "path", { d: `M${x},${key - 4}h22`, stroke: colour, "stroke-width": 2.5, fill: "none" });
    append(plot, "text", { x: x + 28, y: key, "font-size": 12, "text-anchor": "start" }, label);
    x += 52 + 7.2 * label.length;
  };
  if (training.length) entry("#808080", "training");
  if (validation.length) entry("#0072B2", "validation");
  if (best) entry("#D55E00", `kept: ${Number(best.validation!.toPrecision(4))}`, true);
  nameAxes(plot, xlabel, ylabel, 64, width - 24, marginTop, height - 8);
  return finish(plot, title, options.subtitle ?? "", `${ylabel} by ${xlabel} on a logarithmic axis.`);
}
