/** An error in what the caller gave: names the thing, what was expected, what came, and where known the fix. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return String(value);
  const type = value.constructor?.name ?? "object";
  return "length" in value ? `${type}(${String(value.length)})` : type;
}

/** Throws `NAME: expected EXPECTED, got VALUE. FIX` unless `ok`. */
export function check(ok: boolean, name: string, expected: string, got: unknown, fix = ""): asserts ok {
  if (!ok) throw new ArgumentError(`${name}: expected ${expected}, got ${show(got)}${fix ? `. ${fix}` : ""}`);
}

/** A finite number greater than zero. */
export function checkPositive(name: string, value: number): void {
  check(Number.isFinite(value) && value > 0, name, "a finite number > 0", value);
}

/** A whole number of at least `least`. */
export function checkInteger(name: string, value: number, least = 1): void {
  check(Number.isSafeInteger(value) && value >= least, name, `a whole number >= ${least}`, value);
}

/** A number in [least, most). */
export function checkRange(name: string, value: number, least: number, most: number): void {
  check(value >= least && value < most, name, `a number in [${least}, ${most})`, value);
}

/** A Float32Array of exactly `length` elements. */
export function checkVec(name: string, value: Float32Array, length: number): void {
  check(value instanceof Float32Array && value.length === length, name, `Float32Array(${length})`, value);
}
