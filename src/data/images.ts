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
