import { logTicks, spread } from "../../../src/figures/ticks.ts";
import type { Theme } from "./theme.ts";

/** A line of a chart; values that are no positive numbers are left out. */
export interface Line {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly colour: string;
  readonly width: number;
  readonly dash?: number[];
  readonly opacity?: number;
  readonly label?: string;
  readonly band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
  /** Drawn as points. */
  readonly dots?: boolean;
}

export interface ChartOptions {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: readonly [number, number];
  /** Positive: the axis is logarithmic. */
  readonly y: readonly [number, number];
}

const FONT = "12px system-ui, sans-serif";

/** Even steps of 1, 2 or 5 × 10ᵏ, about `count` of them. */
function evenTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  const out: number[] = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(v);
  return out;
}

const drawable = (v: number | undefined): boolean => v !== undefined && Number.isFinite(v) && v > 0;

/** The smallest and largest drawable value, a little apart; above 10× the first value nothing is shown. */
export function logRange(all: readonly ArrayLike<number>[]): [number, number] {
  let [low, high, first] = [Infinity, 0, 0];
  for (const values of all) {
    if (drawable(values[0])) first = Math.max(first, values[0]!);
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!;
      if (!drawable(v)) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  if (high === 0) return [0.1, 1];
  if (first > 0) high = Math.min(high, 10 * first);
  low = Math.min(low, high / 1.5);
  const room = Math.max(1.08, (high / low) ** 0.03); // a dot at the edge is whole, over many decades too
  return [low / room, high * room];
}

/** Lines over a logarithmic y axis, each named at its end. */
export function drawChart(
  c: CanvasRenderingContext2D,
  w: number,
  h: number,
  theme: Theme,
  lines: readonly Line[],
  { x: [x0, x1], y: [y0, y1], xLabel, yLabel }: ChartOptions,
): void {
  c.font = FONT;
  const names = lines.filter((l) => l.label);
  const right = names.length > 0 ? 20 + Math.max(...names.map((l) => c.measureText(l.label!).width)) : 12;
  const [left, top, bottom] = [46, 24, 38];
  const X = (v: number): number => left + ((v - x0) / (x1 - x0 || 1)) * (w - left - right);
  const Y = (v: number): number => h - bottom - (Math.log(v / y0) / Math.log(y1 / y0)) * (h - top - bottom);

  c.fillStyle = theme.soft;
  c.strokeStyle = theme.line;
  c.lineWidth = 1;
  c.textAlign = "right";
  c.textBaseline = "middle";
  const exponents = y1 >= 1e5 ? 1e3 : 1e5; // from where on: six digits have no room, and 1e5 beside 10000 reads as another axis
  for (const t of logTicks(y0, y1)) {
    const y = Math.round(Y(t)) + 0.5;
    c.beginPath();
    c.moveTo(left, y);
    c.lineTo(w - right, y);
    c.stroke();
    c.fillText(
      t >= exponents || t < 1e-4 ? t.toExponential(0).replace("+", "") : String(Number(t.toPrecision(3))),
      left - 6,
      y,
    );
  }
  c.textAlign = "center";
  c.textBaseline = "top";
  for (const t of evenTicks(x0, x1, w < 420 ? 3 : 5)) c.fillText(String(Math.round(t)), X(t), h - bottom + 6);
  c.fillText(`${xLabel} →`, (left + w - right) / 2, h - 15);
  c.textAlign = "left";
  c.fillText(`↑ ${yLabel}`, 2, 2);

  c.save();
  c.beginPath();
  c.rect(left, top - 2, w - left - right + 5, h - top - bottom + 3); // a dot at the last round is whole
  c.clip();
  for (const { band, x, colour } of lines) {
    if (!band) continue;
    c.beginPath();
    let count = 0;
    for (let i = 0; i < x.length; i++) {
      if (!drawable(band.high[i])) continue;
      c.lineTo(X(x[i]!), Y(band.high[i]!));
      count++;
    }
    for (let i = x.length - 1; i >= 0; i--)
      if (drawable(band.low[i]) && drawable(band.high[i])) c.lineTo(X(x[i]!), Y(band.low[i]!));
    if (count < 2) continue;
    c.globalAlpha = 0.13;
    c.fillStyle = colour;
    c.fill();
  }
  for (const l of lines) {
    c.globalAlpha = l.opacity ?? 1;
    c.strokeStyle = l.colour;
    c.fillStyle = l.colour;
    c.lineWidth = l.width;
    c.lineJoin = "round";
    c.setLineDash(l.dash ?? []);
    c.beginPath();
    for (let i = 0; i < l.x.length; i++) {
      if (!drawable(l.y[i])) continue;
      const [px, py] = [X(l.x[i]!), Y(l.y[i]!)];
      if (l.dots) {
        c.moveTo(px + 3.5, py);
        c.arc(px, py, 3.5, 0, 7);
      } else c.lineTo(px, py);
    }
    if (l.dots) c.fill();
    else c.stroke();
  }
  c.restore();

  const ends = names.map((l) => {
    let last = l.y.length - 1;
    while (last >= 0 && !drawable(l.y[last])) last--;
    const inside = Math.min(y1, Math.max(y0, last < 0 ? y1 : l.y[last]!));
    return Y(inside);
  });
  const places = spread(ends, 15, top + 4, h - bottom - 4);
  c.textAlign = "left";
  c.textBaseline = "middle";
  names.forEach((l, i) => {
    c.strokeStyle = l.colour;
    c.lineWidth = 1.2;
    c.beginPath();
    c.moveTo(w - right + 2, ends[i]!);
    c.lineTo(w - right + 10, places[i]!);
    c.stroke();
    c.fillStyle = l.colour;
    c.fillText(l.label!, w - right + 13, places[i]!);
  });
}
