import { check } from "../core/check.ts";
import { fromHalfBits } from "../core/half.ts";
import { safetensorsHeader } from "../core/safetensors.ts";

/** A named tensor, as float32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const BYTES: Readonly<Record<string, number>> = { F16: 2, F32: 4 };

/**
 * Reads the tensors of a safetensors file, F16 or F32, trusting no byte.
 *
 * @throws ArgumentError for a file that is cut, a header that is none, or a tensor that is of another type, outside the file or
 *   not finite.
 */
export function parseSafetensors(name: string, bytes: Uint8Array): Map<string, Tensor> {
  const { header, start } = safetensorsHeader(name, bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of Object.entries(header)) {
    if (key === "__metadata__") continue;
    check(typeof value === "object" && value !== null, `${name}: ${key}`, "an object", value);
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = value as { dtype?: string; shape?: number[]; data_offsets?: number[] };
    const width = BYTES[String(dtype)];
    check(width !== undefined, `${name}: ${key}`, "F16 or F32", dtype);
    const whole = (v: unknown): v is number[] =>
      Array.isArray(v) && v.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
    check(whole(shape) && whole(offsets) && offsets.length === 2, `${name}: ${key}`, "a shape and two offsets", value);
    const count = shape.reduce((a, n) => a * n, 1);
    const [from, to] = offsets as [number, number];
    check(
      to - from === count * width && start + to <= bytes.length,
      `${name}: ${key}`,
      `${count * width} bytes within the file`,
      `${from} to ${to} of ${bytes.length - start}`,
    );
    const at = start + from;
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++)
      data[i] = width === 4 ? view.getFloat32(at + 4 * i, true) : fromHalfBits(view.getUint16(at + 2 * i, true));
    const bad = data.findIndex((v) => !Number.isFinite(v));
    check(bad < 0, `${name}: ${key}[${bad}]`, "a finite number", data[bad]);
    tensors.set(key, { shape, data });
  }
  return tensors;
}
