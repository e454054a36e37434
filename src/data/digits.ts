import { checkInteger } from "../core/check.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { type ImageSet, imageSet } from "./images.ts";

type Point = readonly [number, number];

/** Points of an ellipse's arc by repeated rotation: no trigonometric function, so the same bits everywhere. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, count: number): Point[] {
  const [c, s] = [0.9238795325112867, 0.3826834323650898]; // cos and sin of π/8
  let [x, y] = [1, 0];
  const points: Point[] = [];
  for (let k = 0; k < from + count; k++) {
    if (k >= from) points.push([cx + rx * x, cy + ry * y]);
    [x, y] = [c * x - s * y, s * x + c * y];
  }
  return points;
}

/** Strokes of each digit in the unit square, y downwards. */
const strokes: readonly (readonly (readonly Point[])[])[] = [
  [arc(0.5, 0.5, 0.27, 0.4, 0, 17)],
  [
    [
      [0.36, 0.25],
      [0.54, 0.1],
      [0.54, 0.9],
    ],
  ],
  [[...arc(0.5, 0.32, 0.25, 0.22, 8, 9), [0.7, 0.5], [0.25, 0.9], [0.77, 0.9]]],
  [[...arc(0.47, 0.3, 0.25, 0.2, 9, 11), ...arc(0.47, 0.7, 0.28, 0.21, 12, 11)]],
  [
    [
      [0.6, 0.1],
      [0.22, 0.62],
      [0.8, 0.62],
    ],
    [
      [0.62, 0.4],
      [0.62, 0.92],
    ],
  ],
  [[[0.74, 0.1], [0.32, 0.1], [0.28, 0.47], ...arc(0.48, 0.65, 0.28, 0.24, 11, 11)]],
  [[[0.66, 0.1], [0.38, 0.38], ...arc(0.5, 0.67, 0.24, 0.23, 8, 17)]],
  [
    [
      [0.24, 0.12],
      [0.77, 0.12],
      [0.42, 0.9],
    ],
  ],
  [arc(0.5, 0.3, 0.21, 0.19, 0, 17), arc(0.5, 0.7, 0.26, 0.21, 0, 17)],
  [[...arc(0.5, 0.32, 0.23, 0.21, 0, 17), [0.7, 0.6], [0.56, 0.92]]],
];

const SIDE = 28;

function distance(px: number, py: number, a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - a[0]) * dx + (py - a[1]) * dy) / length));
  const [x, y] = [px - a[0] - t * dx, py - a[1] - t * dy];
  return Math.sqrt(x * x + y * y);
}

function draw(digit: number, rng: Rng, out: Uint8Array): void {
  const between = (a: number, b: number): number => a + (b - a) * rng.uniform();
  // A random affine map of the unit square into the picture: turn, shear, stretch, shift; each point also wobbles.
  const turn = between(-0.3, 0.3);
  const shear = between(-0.3, 0.3);
  const [sx, sy] = [between(14, 22), between(16, 23)];
  const [ox, oy] = [13.5 + between(-2.5, 2.5), 13.5 + between(-2.5, 2.5)];
  const norm = 1 / Math.sqrt(1 + turn * turn);
  const place = ([x, y]: Point): Point => {
    const u = (x - 0.5 + shear * (0.5 - y)) * sx + between(-0.6, 0.6);
    const v = (y - 0.5) * sy + between(-0.6, 0.6);
    return [ox + norm * (u - turn * v), oy + norm * (turn * u + v)];
  };
  const lines = strokes[digit]!.map((stroke) => stroke.map(place));
  const width = between(0.7, 1.6);
  const ink = between(0.75, 1);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      let d = Infinity;
      for (const line of lines)
        for (let i = 1; i < line.length; i++) d = Math.min(d, distance(x, y, line[i - 1]!, line[i]!));
      const level = Math.min(1, Math.max(0, width + 0.5 - d)) * ink;
      const noise = rng.uniform() < 0.02 ? between(0, 0.7) : 0;
      out[y * SIDE + x] = Math.round(255 * Math.min(1, Math.max(level, noise)));
    }
}

/**
 * Digits made by rule: strokes, a random affine map, wobble, pen width and specks; 28×28, labels 0 to 9. The same seed
 * gives the same bytes on every engine.
 *
 * @example
 * const digits = makeDigits(10_000, 1);
 */
export function makeDigits(count: number, seed: number): ImageSet {
  checkInteger("count", count);
  const rng = createRng(`digits/${seed}`);
  const pixels = new Uint8Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = rng.integer(10);
    draw(labels[i]!, rng, pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  }
  return imageSet(`digits-${seed}`, pixels, labels, SIDE * SIDE, 10);
}
