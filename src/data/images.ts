import { check, checkInteger } from "../core/check.ts";

/** Grey images with labels, one byte a pixel. */
export interface ImageSet {
  readonly name: string;
  readonly count: number;
  /** Pixels of one image. */
  readonly size: number;
  readonly classes: number;
  /** count · size bytes, 0 to 255. */
  readonly pixels: Uint8Array;
  /** count bytes, 0 to classes − 1. */
  readonly labels: Uint8Array;
}

/** Checks sizes and labels and makes a set. */
export function imageSet(
  name: string,
  pixels: Uint8Array,
  labels: Uint8Array,
  size: number,
  classes: number,
): ImageSet {
  checkInteger("image size", size);
  check(pixels.length === labels.length * size, `${name} pixels`, `${labels.length * size} bytes`, pixels);
  const bad = labels.findIndex((l) => l >= classes);
  check(bad < 0, `${name} label ${bad}`, `below ${classes}`, labels[bad]);
  return { name, count: labels.length, size, classes, pixels, labels };
}

/**
 * Square images made smaller: each pixel is the mean of factor × factor pixels.
 *
 * @throws ArgumentError unless the images are square and the factor divides their side.
 */
export function poolImages(set: ImageSet, factor: number): ImageSet {
  const side = Math.round(Math.sqrt(set.size));
  check(
    side * side === set.size && side % factor === 0,
    "pool",
    `a divisor of the side of square images (${side})`,
    factor,
  );
  const small = side / factor;
  const pixels = new Uint8Array(set.count * small * small);
  for (let i = 0; i < set.count; i++)
    for (let y = 0; y < small; y++)
      for (let x = 0; x < small; x++) {
        let sum = 0;
        for (let v = 0; v < factor; v++)
          for (let u = 0; u < factor; u++) sum += set.pixels[i * set.size + (y * factor + v) * side + x * factor + u]!;
        pixels[(i * small + y) * small + x] = Math.round(sum / (factor * factor));
      }
  return imageSet(`${set.name}/${factor}`, pixels, set.labels, small * small, set.classes);
}
