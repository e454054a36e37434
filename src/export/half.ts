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
