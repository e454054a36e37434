import { checkInteger } from "../core/check.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { type Picture, picture } from "./picture.ts";

const SIDE = 192;

type Colour = readonly [number, number, number];

const between = (rng: Rng, a: number, b: number): number => a + (b - a) * rng.uniform();
const colour = (rng: Rng): Colour => [255 * rng.uniform(), 255 * rng.uniform(), 255 * rng.uniform()];

/** Lays a colour over a pixel, `cover` of it. */
function blend(out: Float64Array, at: number, c: Colour, cover: number): void {
  for (let k = 0; k < 3; k++) out[at + k]! += cover * (c[k]! - out[at + k]!);
}

/** A disc or a box with a soft edge. */
function stamp(out: Float64Array, rng: Rng): void {
  const round = rng.uniform() < 0.5;
  const [cx, cy, rx, ry] = [between(rng, 0, SIDE), between(rng, 0, SIDE), between(rng, 8, 50), between(rng, 8, 50)];
  const c = colour(rng);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [Math.abs(x - cx) / rx, Math.abs(y - cy) / ry];
      const inside = (1 - (round ? Math.sqrt(u * u + v * v) : Math.max(u, v))) * Math.min(rx, ry);
      blend(out, (y * SIDE + x) * 3, c, Math.min(1, Math.max(0, inside + 0.5)));
    }
}

/** A brush stroke: short, straight, of one colour. */
function stroke(out: Float64Array, rng: Rng, palette: readonly Colour[], lean: number): void {
  const c = palette[rng.integer(palette.length)]!;
  const [cx, cy, long, wide] = [between(rng, 0, SIDE), between(rng, 0, SIDE), between(rng, 6, 16), between(rng, 1, 3)];
  const slope = lean + between(rng, -0.4, 0.4);
  const norm = 1 / Math.sqrt(1 + slope * slope);
  const reach = Math.ceil(long + wide);
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(SIDE, cy + reach); y++)
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(SIDE, cx + reach); x++) {
      const [u, v] = [norm * (x - cx + slope * (y - cy)), norm * (y - cy - slope * (x - cx))];
      const inside = Math.min(long - Math.abs(u), wide - Math.abs(v));
      blend(out, (y * SIDE + x) * 3, c, 0.9 * Math.min(1, Math.max(0, inside + 0.5)));
    }
}

function finished(name: string, out: Float64Array): Picture {
  return picture(
    name,
    SIDE,
    SIDE,
    Uint8Array.from(out, (v) => Math.round(Math.min(255, Math.max(0, v)))),
  );
}

/**
 * Pictures made by rule, content for neural art without a download: soft discs and boxes on a ground that changes from corner to
 * corner; 192 × 192. The same seed gives the same bytes on every engine.
 */
export function makeScenes(count: number, seed: number): Picture[] {
  checkInteger("count", count);
  return Array.from({ length: count }, (_, i) => {
    const rng = createRng(`scenes/${seed}/${i}`);
    const corners = [colour(rng), colour(rng), colour(rng), colour(rng)] as const;
    const out = new Float64Array(SIDE * SIDE * 3);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        for (let k = 0; k < 3; k++) {
          const [u, v] = [x / SIDE, y / SIDE];
          const top = (1 - u) * corners[0][k]! + u * corners[1][k]!;
          const bottom = (1 - u) * corners[2][k]! + u * corners[3][k]!;
          out[(y * SIDE + x) * 3 + k] = (1 - v) * top + v * bottom;
        }
    for (let s = 0; s < 7; s++) stamp(out, rng);
    return finished(`scene-${seed}-${i}`, out);
  });
}

/** A painting made by rule: brush strokes of five colours that lean one way. */
export function makePainting(seed: number): Picture {
  const rng = createRng(`painting/${seed}`);
  const palette = Array.from({ length: 5 }, () => colour(rng));
  const lean = between(rng, -1, 1);
  const out = new Float64Array(SIDE * SIDE * 3).fill(128);
  for (let s = 0; s < 1500; s++) stroke(out, rng, palette, lean);
  return finished(`painting-${seed}`, out);
}
