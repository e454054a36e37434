import { check } from "../core/check.ts";
import { type ImageSet, imageSet } from "./images.ts";

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** Bytes of a record: its label, then its red, green and blue planes. */
export const CIFAR_RECORD: number = 1 + 3 * PLANE;

/** The ten classes, by label. */
export const cifarClasses = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

/**
 * Reads a batch of CIFAR-10 in its official binary format, whole or cut after any record. Pixels come out as [row][column]
 * [red, green, blue].
 *
 * @throws ArgumentError for bytes that are no whole number of records, or a label above 9.
 */
export function parseCifar(name: string, bytes: Uint8Array): ImageSet {
  const count = bytes.length / CIFAR_RECORD;
  check(
    count > 0 && Number.isInteger(count),
    name,
    `a whole number of records of ${CIFAR_RECORD} bytes (CIFAR-10, binary version)`,
    `${bytes.length} bytes`,
  );
  const pixels = new Uint8Array(count * 3 * PLANE);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = bytes[i * CIFAR_RECORD]!;
    const planes = bytes.subarray(i * CIFAR_RECORD + 1, (i + 1) * CIFAR_RECORD);
    const to = i * 3 * PLANE;
    for (let p = 0; p < PLANE; p++) for (let c = 0; c < 3; c++) pixels[to + 3 * p + c] = planes[c * PLANE + p]!;
  }
  return imageSet(name, pixels, labels, 3 * PLANE, cifarClasses.length, 3);
}
