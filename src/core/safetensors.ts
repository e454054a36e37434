import { check } from "./check.ts";

/** A JSON object. */
export const isObject = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && !Array.isArray(v);

/** A JSON object in text. Throws ArgumentError under the given name for anything else. */
export function parseObject(name: string, text: unknown): Record<string, unknown> {
  check(typeof text === "string", name, "JSON text", text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    check(false, name, "valid JSON", `${text.slice(0, 40)}…`);
  }
  check(isObject(value), name, "a JSON object", value);
  return value;
}

/**
 * The header of a safetensors file (tensors by name, `__metadata__`) and where the tensors' bytes begin.
 *
 * @throws ArgumentError, under the given name, for a file that is cut or is none.
 */
export function safetensorsHeader(
  name: string,
  bytes: Uint8Array,
): { readonly header: Record<string, unknown>; readonly start: number } {
  check(bytes.length >= 8, name, "at least 8 bytes (safetensors)", `${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  check(length <= 2 ** 32, name, "a safetensors file", "a file of another kind");
  check(
    length <= bytes.length - 8,
    name,
    `a header of at most ${bytes.length - 8} bytes`,
    length,
    "Truncated, or not a safetensors file",
  );
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
  } catch {
    check(false, name, "a header in UTF-8", "other bytes");
  }
  return { header: parseObject(`${name} header`, text), start: 8 + length };
}
