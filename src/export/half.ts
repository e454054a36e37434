/** The float16 bits nearest to x, ties to even. |x| of 65,520 and more becomes infinite. IEEE 754 binary16. */
export function halfBits(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  // The spacing of float16 around a; below 2⁻¹⁴ it no longer shrinks.
  let exponent = -14;
  while (exponent < 15 && a >= 2 ** (exponent + 1)) exponent++;
  const units = a / 2 ** (exponent - 10);
  const down = Math.floor(units);
  const rest = units - down;
  const rounded = down + Number(rest > 0.5 || (rest === 0.5 && down % 2 === 1));
  // Carries into the exponent by itself: 2048 units are 1024 of the next.
  return sign | (rounded < 1024 ? rounded : ((exponent + 14) << 10) + rounded);
}

/** The float16 nearest to x, as a number. */
export function nearestHalf(x: number): number {
  const bits = halfBits(x);
  const exponent = (bits >> 10) & 31;
  const value =
    exponent === 31 ? Infinity : exponent ? (1024 + (bits & 1023)) * 2 ** (exponent - 25) : (bits & 1023) * 2 ** -24;
  return bits & 0x8000 ? -value : value;
}

/** The float16 next to one, above or below. */
export function nextHalf(half: number, direction: 1 | -1): number {
  const a = Math.abs(half);
  let exponent = -14;
  while (exponent < 15 && a >= 2 ** (exponent + 1)) exponent++;
  return nearestHalf(half + direction * 2 ** (exponent - 10));
}
