import { checkInteger } from "../core/check.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { type ImageSet, imageSet } from "./images.ts";

const SIDE = 32;

/** Ink of a point of the shape's own plane, where it fills about [−1, 1]²: above 0 inside, falling to −1 outside. */
type Shape = (u: number, v: number) => number;

const stripe = (w: number): number => Math.abs(w - 2 * Math.floor(w / 2) - 1) - 0.5; // period 2
const hypot = (u: number, v: number): number => Math.sqrt(u * u + v * v);
const box = (u: number, v: number, a: number, b: number): number => Math.min(a - Math.abs(u), b - Math.abs(v));

const shapes: readonly Shape[] = [
  /* disc     */ (u, v) => 0.9 - hypot(u, v),
  /* square   */ (u, v) => box(u, v, 0.8, 0.8),
  /* triangle */ (u, v) => Math.min(v + 0.6, 0.55 - 0.5 * v - 0.9 * Math.abs(u)),
  /* ring     */ (u, v) => 0.22 - Math.abs(hypot(u, v) - 0.7),
  /* cross    */ (u, v) => Math.max(box(u, v, 0.95, 0.25), box(u, v, 0.25, 0.95)),
  /* stripes  */ (u, v) => Math.min(stripe(3 * u), 1 - Math.max(Math.abs(u), Math.abs(v))),
  /* checks   */ (u, v) => Math.min(8 * stripe(2 * u) * stripe(2 * v), 1 - Math.max(Math.abs(u), Math.abs(v))),
  /* frame    */ (u, v) => 0.18 - Math.abs(box(u, v, 0.75, 0.75)),
  /* two dots */ (u, v) => 0.4 - hypot(Math.abs(u) - 0.5, v),
  /* bar      */ (u, v) => box(u, v, 0.95, 0.22),
];

function draw(shape: Shape, rng: Rng, out: Uint8Array): void {
  const between = (a: number, b: number): number => a + (b - a) * rng.uniform();
  const colour = (): number[] => [rng.uniform(), rng.uniform(), rng.uniform()];
  let [ink, ground] = [colour(), colour()];
  while (Math.abs(ink[0]! - ground[0]!) + Math.abs(ink[1]! - ground[1]!) + Math.abs(ink[2]! - ground[2]!) < 0.6)
    [ink, ground] = [colour(), colour()];
  const tilt = [between(-0.25, 0.25), between(-0.25, 0.25)]; // the ground's light, across and down
  const turn = between(-0.4, 0.4);
  const norm = 1 / Math.sqrt(1 + turn * turn);
  const size = between(8, 14);
  const [cx, cy] = [15.5 + between(-5, 5), 15.5 + between(-5, 5)];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [dx, dy] = [(x - cx) / size, (y - cy) / size];
      const level = Math.min(1, Math.max(0, 0.5 + size * shape(norm * (dx - turn * dy), norm * (turn * dx + dy))));
      const light = (tilt[0]! * (x - 15.5) + tilt[1]! * (y - 15.5)) / 16;
      for (let c = 0; c < 3; c++) {
        const value = level * ink[c]! + (1 - level) * ground[c]! + light + between(-0.1, 0.1);
        out[3 * (y * SIDE + x) + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
}

/**
 * Coloured shapes made by rule, for a convolutional classifier without a download: ten classes (disc, square, triangle, ring,
 * cross, stripes, checks, frame, two dots, bar) of random colours, place, size and turn on a shaded ground with noise;
 * 32 × 32 × 3. The same seed gives the same bytes on every engine.
 *
 * @example
 * const images = makeShapes(5_000, 1);
 */
export function makeShapes(count: number, seed: number): ImageSet {
  checkInteger("count", count);
  const rng = createRng(`shapes/${seed}`);
  const size = SIDE * SIDE * 3;
  const pixels = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = rng.integer(10);
    draw(shapes[labels[i]!]!, rng, pixels.subarray(i * size, (i + 1) * size));
  }
  return imageSet(`shapes-${seed}`, pixels, labels, size, 10, 3);
}
