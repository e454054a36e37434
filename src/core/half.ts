import { powerOfTwo } from "./math.ts";

/** The float16 bits nearest to x, ties to even. |x| of 65,520 and more becomes infinite. IEEE 754 binary16. */
export function halfBits(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  // The spacing of float16 around a; below 2⁻¹⁴ it no longer shrinks.
  let exponent = -14;
  while (exponent < 15 && a >= powerOfTwo(exponent + 1)) exponent++;
  const units = a / powerOfTwo(exponent - 10);
  const down = Math.floor(units);
  const rest = units - down;
  const rounded = down + Number(rest > 0.5 || (rest === 0.5 && down % 2 === 1));
  // Carries into the exponent by itself: 2048 units are 1024 of the next.
  return sign | (rounded < 1024 ? rounded : ((exponent + 14) << 10) + rounded);
}

/** The number that float16 bits stand for. */
export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1024 + fraction) * powerOfTwo(exponent - 25) : fraction * powerOfTwo(-24));
}

/** The float16 nearest to x, as a number. */
export function nearestHalf(x: number): number {
  const size = fromHalfBits(halfBits(Math.abs(x)));
  return x < 0 ? -size : size;
}

/** The float16 next to one, above or below: bits of positive ones are in order. */
export function nextHalf(half: number, direction: 1 | -1): number {
  const size = halfBits(Math.abs(half));
  const next = (half < 0 ? -size : size) + direction;
  return next < 0 ? -fromHalfBits(-next) : fromHalfBits(next);
}
