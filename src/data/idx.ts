import { gunzipSync } from "fflate";
import { ArgumentError, check } from "../core/check.ts";

/** The bytes of one IDX file: unsigned bytes with their dimensions. */
export interface Idx {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** No MNIST file is larger when unpacked; a gzip trailer that claims more is refused before it is unpacked. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads an IDX file of unsigned bytes, gzipped or not, trusting no byte. Format: LeCun's MNIST page.
 *
 * @throws ArgumentError naming the file for a wrong magic number, a truncated or an oversized file.
 */
export function parseIdx(name: string, bytes: Uint8Array): Idx {
  let raw = bytes;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    check(bytes.length >= 18, name, "a whole gzip file: at least 18 bytes", `${bytes.length} bytes`);
    const claimed = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - 4, true);
    check(claimed <= MOST_BYTES, name, `at most ${MOST_BYTES} bytes unpacked`, claimed);
    try {
      raw = gunzipSync(bytes);
    } catch (error) {
      throw new ArgumentError(
        `${name}: expected a whole gzip file, got a broken one (${String(error)}). Download it again`,
      );
    }
  }
  check(raw.length >= 4, name, "an IDX file", `${raw.length} bytes`);
  check(
    raw[0] === 0 && raw[1] === 0 && raw[2] === 8,
    name,
    "IDX magic 00 00 08",
    Array.from(raw.subarray(0, 3)).join(" "),
  );
  const rank = raw[3]!;
  check(rank >= 1 && rank <= 4, `${name} dimensions`, "1 to 4", rank);
  check(raw.length >= 4 + 4 * rank, name, `a header of ${4 + 4 * rank} bytes`, `${raw.length} bytes`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dimensions.reduce((a, b) => a * b, 1);
  check(
    raw.length === 4 + 4 * rank + size,
    name,
    `${4 + 4 * rank + size} bytes for ${dimensions.join(" × ")}`,
    `${raw.length} bytes`,
  );
  return { dimensions, data: raw.subarray(4 + 4 * rank) };
}
