import type { Slice } from "../lab/slice.ts";
import { lookOf, type Theme } from "./theme.ts";

/** A path on the slice. */
export interface DrawnPath {
  readonly name: string;
  readonly label: string;
  readonly path: Float32Array;
}

const BANDS = 16;
const LOOP = 5; // seconds that a path takes
const REST = 1.2;

let ground: { slice: Slice; dark: boolean; size: number; picture: HTMLCanvasElement } | undefined;

/** The slice's levels as a picture: equal steps of the loss's logarithm, darker the higher. Made once a slice. */
function groundOf(slice: Slice, dark: boolean, size: number): HTMLCanvasElement {
  if (ground?.slice === slice && ground.dark === dark && ground.size === size) return ground.picture;
  const picture = document.createElement("canvas");
  Object.assign(picture, { width: size, height: size });
  const c = picture.getContext("2d")!;
  const pixels = c.createImageData(size, size);
  const { side } = slice;
  const logs = slice.losses.map((l) => Math.log(Math.max(l, 1e-9)));
  const finite = logs.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const [near, far] = dark
    ? [
        [22, 27, 34],
        [66, 82, 102],
      ]
    : [
        [252, 253, 255],
        [176, 192, 210],
      ];
  const level = (x: number, y: number): number => {
    const [i, j] = [Math.min(side - 2, Math.floor(x)), Math.min(side - 2, Math.floor(y))];
    const [u, v] = [x - i, y - j];
    const at = (a: number, b: number): number => logs[(j + b) * side + i + a]!;
    const value = (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
    return ((value - low) / (high - low || 1)) * BANDS;
  };
  const scale = (side - 1) / (size - 1);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const here = level(x * scale, (size - 1 - y) * scale);
      const band = Math.floor(here);
      const edge =
        band !== Math.floor(level(Math.max(0, x - 1) * scale, (size - 1 - y) * scale)) ||
        band !== Math.floor(level(x * scale, Math.max(0, size - 2 - y) * scale));
      const share = Math.min(1, Math.max(0, band / BANDS)) + (edge ? 0.16 : 0);
      for (let k = 0; k < 3; k++) pixels.data[4 * (y * size + x) + k] = near[k]! + share * (far[k]! - near[k]!);
      pixels.data[4 * (y * size + x) + 3] = 255;
    }
  c.putImageData(pixels, 0, 0);
  ground = { slice, dark, size, picture };
  return picture;
}

/** The optimizers' paths on a slice of the loss, each as far as it has come at this time. */
export function drawContour(
  c: CanvasRenderingContext2D,
  w: number,
  h: number,
  theme: Theme,
  time: number,
  slice: Slice,
  paths: readonly DrawnPath[],
): void {
  const size = Math.min(w, h);
  const [x0, x1, y0, y1] = slice.box;
  c.save();
  c.translate((w - size) / 2, (h - size) / 2);
  c.beginPath();
  c.roundRect(0, 0, size, size, 6);
  c.clip();
  c.drawImage(groundOf(slice, theme.dark, 360), 0, 0, size, size);
  const X = (x: number): number => ((x - x0) / (x1 - x0)) * size;
  const Y = (y: number): number => size - ((y - y0) / (y1 - y0)) * size;
  const share = Number.isFinite(time) ? Math.min(1, (time % (LOOP + REST)) / LOOP) : 1;
  for (const { name, path } of [...paths].reverse()) {
    const { colour, dash, width } = lookOf(name, theme);
    const steps = path.length / 2 - 1;
    // Early steps are large and soon over: they get more of the time.
    const now = share * share * steps;
    const whole = Math.floor(now);
    c.strokeStyle = colour;
    c.lineWidth = width + 0.4;
    c.lineJoin = "round";
    c.setLineDash(dash);
    c.beginPath();
    for (let t = 0; t <= whole; t++) c.lineTo(X(path[2 * t]!), Y(path[2 * t + 1]!));
    const next = Math.min(steps, whole + 1);
    const mix = (k: 0 | 1): number =>
      path[2 * whole + k]! + (now - whole) * (path[2 * next + k]! - path[2 * whole + k]!);
    const [px, py] = [X(mix(0)), Y(mix(1))];
    c.lineTo(px, py);
    c.stroke();
    c.setLineDash([]);
    c.beginPath();
    c.arc(px, py, name === "learned" ? 5.5 : 4.5, 0, 7);
    c.fillStyle = colour;
    c.fill();
    c.strokeStyle = theme.card;
    c.lineWidth = 1.5;
    c.stroke();
  }
  const begin = paths[0]?.path;
  if (begin) {
    c.beginPath();
    c.arc(X(begin[0]!), Y(begin[1]!), 4, 0, 7);
    c.strokeStyle = theme.ink;
    c.lineWidth = 1.6;
    c.stroke();
    c.font = "12px system-ui, sans-serif";
    c.fillStyle = theme.ink;
    c.textBaseline = "bottom";
    c.fillText("start", X(begin[0]!) + 6, Y(begin[1]!) - 4);
  }
  c.restore();
}
