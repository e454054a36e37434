import { check } from "../core/check.ts";

/** A colour picture, one byte a channel: [row][column][red, green, blue]. */
export interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Checks the size and makes a picture. */
export function picture(name: string, width: number, height: number, pixels: Uint8Array): Picture {
  check(pixels.length === width * height * 3, name, `${width} × ${height} × 3 bytes`, `${pixels.length} bytes`);
  return { name, width, height, pixels };
}

/** A square part of a picture. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/**
 * A square of a picture at another side, 0 to 255: each pixel is the mean of what it covers (weighted by area), or where it is
 * smaller than a pixel that one.
 *
 * @throws ArgumentError for a square that is not within the picture.
 */
export function crop(p: Picture, { x, y, size }: Square, side: number): Float32Array {
  check(
    size >= 1 && x >= 0 && y >= 0 && x + size <= p.width && y + size <= p.height,
    "square",
    `within ${p.width} × ${p.height}`,
    `${size} from ${x}, ${y}`,
  );
  const spans = Array.from({ length: side }, (_, i) => {
    const from = (i * size) / side;
    const to = ((i + 1) * size) / side;
    const first = Math.floor(from);
    const last = Math.min(size, Math.ceil(to));
    return Array.from({ length: last - first }, (_, k) => ({
      at: first + k,
      share: (Math.min(to, first + k + 1) - Math.max(from, first + k)) / (to - from),
    }));
  });
  const out = new Float32Array(side * side * 3);
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++)
      for (const v of spans[i]!)
        for (const u of spans[j]!) {
          const from = ((y + v.at) * p.width + x + u.at) * 3;
          for (let c = 0; c < 3; c++) out[(i * side + j) * 3 + c]! += v.share * u.share * p.pixels[from + c]!;
        }
  return out;
}
