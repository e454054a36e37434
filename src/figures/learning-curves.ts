import * as Plot from "@observablehq/plot";
import { check } from "../core/check.ts";
import type { Curve } from "../evaluation/compare.ts";
import { accent, dashes, grey, greyDashes, methodLooks, palette } from "./looks.ts";
import { append, figureDocument, finish, logAxis, nameAxes } from "./svg.ts";
import { spread } from "./ticks.ts";

/** Words and size of a figure of learning curves. */
export interface CurvesOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** Default "step". */
  readonly xlabel?: string;
  /** Default "loss f(θ)". */
  readonly ylabel?: string;
  /** Pixels. Default 760 × 440. */
  readonly width?: number;
  readonly height?: number;
  /** First step drawn. Default 0. */
  readonly from?: number;
  /** Names of all learned lines of a figure of several panels, so that each keeps its colour. Default those of the curves. */
  readonly learned?: readonly string[];
  /** Another source's points of some curves, by name: drawn as dots in the curve's colour. */
  readonly dots?: ReadonlyMap<string, readonly Dot[]>;
  /** Second lines of some labels, by name of the curve. */
  readonly notes?: ReadonlyMap<string, string>;
}

/** A point that is drawn beside a curve. */
export interface Dot {
  readonly step: number;
  readonly value: number;
}

interface Point {
  readonly step: number;
  readonly value: number;
}

const drawable = (x: number | undefined): x is number => x !== undefined && x > 0 && Number.isFinite(x);

/** The interval of the log axis: all lines, and of what lies beyond 10× the highest start or a third of the lowest line nothing. */
function domain(all: readonly Curve[], dots: readonly Dot[], from: number): [number, number] {
  // What stands apart (L-BFGS) may fall ten decades and leave the others one line: it does not set the axis.
  // Nor does what diverges on its way there.
  const near = all.filter((c) => c.role !== "apart" && Number.isFinite(c.line.at(-1)));
  const curves = near.length ? near : all;
  let lowest = Infinity;
  let low = Infinity;
  let high = 0;
  let start = 0;
  for (const { value } of dots) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  for (const c of curves) {
    const [line, bottom, top] = [c.line, c.low, c.high].map((v) => v?.subarray(from));
    if (!line) continue;
    if (drawable(line[0])) start = Math.max(start, line[0]);
    for (const v of line) if (drawable(v)) lowest = Math.min(lowest, v);
    for (const values of [line, bottom, top])
      for (const v of values ?? [])
        if (drawable(v)) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
  }
  if (high === 0) return [0.1, 1];
  if (start > 0) high = Math.min(high, 10 * start);
  low = Math.min(Math.max(low, lowest / 3), high / 1.5);
  return [low / 1.06, high * 1.06];
}

/** The points of a line from where it first comes onto the axis up to where it leaves it for good, at the top or at the bottom. */
function visible(line: Float64Array, [bottom, top]: readonly [number, number], from: number): Point[] {
  const all = Array.from(line, (value, step): Point => ({ step, value })).slice(from);
  const inside = (p: Point): boolean => p.value <= top && p.value >= bottom;
  const first = Math.max(1, all.findIndex(inside));
  return all
    .slice(first - 1, all.findLastIndex(inside) + 2)
    .map((p) => ({ ...p, value: p.value < bottom ? bottom : p.value }))
    .filter((p) => drawable(p.value));
}

/** What each curve looks like: the learned ones in the accent colour and thick, methods by name, others by palette, then by dash. */
function looks(
  curves: readonly Curve[],
  names: readonly string[] = curves.flatMap((c) => (c.role === "learned" ? [c.name] : [])),
): { stroke: string; width: number; dash: string }[] {
  // Many learned ones are told apart by colour, so that the few hand-designed ones beside them turn grey.
  const many = names.length > 2 && curves.filter((c) => c.role === "baseline").length < 4;
  const colours = [accent, ...(many ? palette : ["#A50F6B", "currentColor", "#5B8C00"])];
  let others = 0;
  return curves.map(({ name, role }) => {
    if (role === "learned") {
      const k = Math.max(0, names.indexOf(name));
      const dash = dashes[Math.floor(k / colours.length) % dashes.length]!;
      return { stroke: colours[k % colours.length]!, width: k === 0 ? 3 : 2.4, dash };
    }
    const [stroke, dash] = methodLooks[name] ?? [
      palette[others % palette.length]!,
      dashes[(2 + others) % dashes.length]!,
    ];
    if (many) return { stroke: grey, width: 1.6, dash: greyDashes[others++ % greyDashes.length]! };
    if (!(name in methodLooks)) others++;
    return { stroke, width: 1.6, dash };
  });
}

const CHARACTER = 7.4; // pixels of one in a bold label
const WIDEST = 0.4; // share of the width that labels may take

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Loss by step on a log axis, a line a curve, bands where given, each labelled at its end. Returns SVG text. */
export function learningCurves(curves: readonly Curve[], options: CurvesOptions): string {
  check(curves.length > 0, "curves", "at least one", 0);
  const { width = 760, height = 440, xlabel = "step", ylabel = "loss f(θ)", from = 0, dots, notes } = options;
  const shown = curves.map((c) => (dots?.get(c.name) ?? []).filter((d) => d.step >= from));
  const range = domain(curves, shown.flat(), from);
  const gone = (c: Curve): boolean => !(c.line.at(-1)! <= range[1] && c.line.at(-1)! >= range[0]);
  const most = Math.floor((width * WIDEST - 44) / CHARACTER);
  const labels = curves.map((c) => shorten(c.label, most));
  const look = looks(curves, options.learned);
  const steps = Math.max(...curves.map((c) => c.line.length)) - 1;
  const noteOf = curves.map((c) => {
    const where = gone(c) && (Number.isFinite(c.line.at(-1)) ? "off scale" : "diverged");
    return [where, notes?.get(c.name)].filter(Boolean).join(", ") || undefined;
  });
  const longest = Math.max(...[...labels, ...noteOf].map((l) => l?.length ?? 0));
  const marginRight = Math.min(width * WIDEST, 44 + CHARACTER * longest);
  const marginTop = options.subtitle ? 76 : 58;
  const marginBottom = 44;
  // Learned ones are drawn last, on top.
  const order = curves
    .map((_, i) => i)
    .sort((a, b) => Number(curves[a]!.role === "learned") - Number(curves[b]!.role === "learned"));
  const marks: Plot.Markish[] = logAxis(...range);
  for (const i of order) {
    const { low, high } = curves[i]!;
    if (!low || !high) continue;
    const rows = Array.from(low, (a, step) => ({ step, a, b: high[step]! })).filter(
      (r) => r.step >= from && drawable(r.a) && drawable(r.b),
    );
    marks.push(Plot.areaY(rows, { x: "step", y1: "a", y2: "b", fill: look[i]!.stroke, fillOpacity: 0.16 }));
  }
  const points = curves.map((c) => visible(c.line, range, from));
  for (const i of order) {
    const { stroke, width: strokeWidth, dash } = look[i]!;
    marks.push(
      Plot.lineY(points[i]!, {
        x: "step",
        y: "value",
        stroke,
        strokeWidth,
        ...(dash ? { strokeDasharray: dash } : {}),
      }),
    );
  }
  for (const i of order) {
    const inside = shown[i]!.filter((d) => d.value <= range[1] && d.value >= range[0]);
    if (inside.length > 0)
      marks.push(Plot.dot(inside, { x: "step", y: "value", r: 1.7, stroke: look[i]!.stroke, strokeWidth: 0.9 }));
  }
  const plot = Plot.plot({
    document: figureDocument(),
    width,
    height,
    marginTop,
    marginRight,
    marginBottom,
    marginLeft: 64,
    x: { label: null, domain: [from, steps] },
    y: {
      type: "log",
      clamp: true,
      domain: range,
      axis: null,
    },
    marks,
  }) as unknown as Element & { scale(name: string): { apply(x: number): number } };

  const x = plot.scale("x");
  const y = plot.scale("y");
  const ends = points.map((p) => p.at(-1) ?? { step: from, value: range[1] });
  const wishes = ends.map((p) => y.apply(p.value));
  // A note is a line of its own right below its label: of one wish, the first comes first.
  const texts = curves.flatMap((_, i) => (noteOf[i] === undefined ? [i] : [i, i]));
  const heights = spread(
    texts.map((i) => wishes[i]!),
    16,
    marginTop,
    height - marginBottom,
  );
  const places = curves.map((_, i) => heights[texts.indexOf(i)]!);
  const right = x.apply(steps);
  for (const i of order) {
    const { stroke, width: strokeWidth, dash } = look[i]!;
    const early = ends[i]!.step < steps && !gone(curves[i]!);
    const learned = curves[i]!.role === "learned";
    // A line that left at the bottom is not drawn on along the axis; its label stands beside the end of the axis.
    const fell = gone(curves[i]!) && ends[i]!.value <= range[0];
    const from = fell ? right : x.apply(ends[i]!.step);
    append(plot, "path", {
      d: `M${from.toFixed(1)},${wishes[i]!.toFixed(1)}L${(right + 18).toFixed(1)},${places[i]!.toFixed(1)}h8`,
      fill: "none",
      stroke,
      "stroke-width": learned ? 2 : Math.min(strokeWidth, 1.2),
      // No line goes on where there is no number: what ends early is only led to its name.
      ...(early ? { "stroke-dasharray": "1 5", "stroke-opacity": 0.5 } : dash ? { "stroke-dasharray": dash } : {}),
    });
    append(
      plot,
      "text",
      {
        x: right + 31,
        y: places[i]! + 4,
        "font-size": 12,
        "text-anchor": "start",
        class: "curve-label",
        ...(learned ? { "font-weight": 700 } : {}),
      },
      labels[i]!,
    );
    const note = noteOf[i];
    if (note === undefined) continue;
    const below = heights[texts.lastIndexOf(i)]! + 3;
    append(
      plot,
      "text",
      { x: right + 31, y: below, "font-size": 11, "fill-opacity": 0.75, "text-anchor": "start" },
      note,
    );
  }
  nameAxes(plot, xlabel, ylabel, 64, right, marginTop, height - 8);
  const names = curves.map((c) => c.label).join(", ");
  return finish(plot, options.title, options.subtitle ?? "", `Loss by step on a logarithmic axis for ${names}.`);
}
