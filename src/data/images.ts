import { check, checkInteger } from "../core/check.ts";

/** Images with labels, one byte a pixel and channel. */
export interface ImageSet {
  readonly name: string;
  readonly count: number;
  /** Bytes of one image: height · width · channels. */
  readonly size: number;
  /** 1 for grey, 3 for red, green, blue side by side. */
  readonly channels: number;
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
  channels = 1,
): ImageSet {
  checkInteger("image size", size);
  check(labels.length > 0, name, "at least one image", 0);
  check(pixels.length === labels.length * size, `${name} pixels`, `${labels.length * size} bytes`, pixels);
  const bad = labels.findIndex((l) => l >= classes);
  check(bad < 0, `${name} label ${bad}`, `below ${classes}`, labels[bad]);
  return { name, count: labels.length, size, channels, classes, pixels, labels };
}

/**
 * Square images made smaller: each pixel is the mean of factor × factor pixels, channel by channel.
 *
 * @throws ArgumentError unless the images are square and the factor divides their side.
 */
export function poolImages(set: ImageSet, factor: number): ImageSet {
  const side = Math.round(Math.sqrt(set.size / set.channels));
  check(
    side * side === set.size / set.channels && side % factor === 0,
    "pool",
    `a divisor of the side of square images (${side})`,
    factor,
  );
  const small = side / factor;
  const row = side * set.channels;
  const pixels = new Uint8Array(set.count * small * small * set.channels);
  let to = 0;
  for (let i = 0; i < set.count; i++)
    for (let y = 0; y < small; y++)
      for (let x = 0; x < small; x++)
        for (let c = 0; c < set.channels; c++) {
          const from = i * set.size + y * factor * row + x * factor * set.channels + c;
          let sum = 0;
          for (let v = 0; v < factor; v++)
            for (let u = 0; u < factor; u++) sum += set.pixels[from + v * row + u * set.channels]!;
          pixels[to++] = Math.round(sum / (factor * factor));
        }
  return imageSet(`${set.name}/${factor}`, pixels, set.labels, small * small * set.channels, set.classes, set.channels);
}

/**
 * The images of some labels only, labelled anew by their place in the list: CIFAR-5 is `selectLabels(cifar, [0, 1, 2, 3, 4])`.
 *
 * @throws ArgumentError for a label that the set has not, or one given twice.
 */
export function selectLabels(set: ImageSet, labels: readonly number[]): ImageSet {
  check(
    labels.length > 1 &&
      new Set(labels).size === labels.length &&
      labels.every((l) => Number.isInteger(l) && l >= 0 && l < set.classes),
    "labels",
    `two or more different ones below ${set.classes}`,
    labels.join(", "),
  );
  const kept = Array.from(set.labels.keys()).filter((i) => labels.includes(set.labels[i]!));
  const pixels = new Uint8Array(kept.length * set.size);
  kept.forEach((i, to) => {
    pixels.set(set.pixels.subarray(i * set.size, (i + 1) * set.size), to * set.size);
  });
  const renamed = Uint8Array.from(kept, (i) => labels.indexOf(set.labels[i]!));
  return imageSet(`${set.name}/${labels.join("")}`, pixels, renamed, set.size, labels.length, set.channels);
}

/** Images `from` … `to` − 1. */
export function sliceImages(set: ImageSet, from: number, to: number): ImageSet {
  check(from >= 0 && from < to && to <= set.count, "slice", `within ${set.count} images`, `${from} to ${to}`);
  const { size, classes, channels } = set;
  const pixels = set.pixels.subarray(from * size, to * size);
  return imageSet(`${set.name}[${from},${to})`, pixels, set.labels.subarray(from, to), size, classes, channels);
}
