import { setFlagsFromString } from "node:v8";
import { check } from "../core/check.ts";

/**
 * Lets V8 pair 128-bit SIMD into 256 bits in every kernel compiled from now on, on all threads: the same bytes, faster on some
 * processors (bench-avx512.json), not on others (bench.json). V8 calls it experimental, so it is asked for and never the default.
 *
 * @throws ArgumentError on Node before 24, whose V8 lacks it.
 */
export function revectorize(): void {
  check(Number(process.versions.node.split(".")[0]) >= 24, "--revectorize", "Node 24 or newer", process.version);
  setFlagsFromString("--experimental-wasm-revectorize");
}
