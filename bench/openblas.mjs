// OpenBLAS picks its kernels by the processor's model, and on one newer than itself falls back to those for a processor of 2004: no
// fair peer. So the peer gets the fastest kernels that the processor can run.
import { existsSync, readFileSync } from "node:fs";

/** name → what /proc/cpuinfo must list. */
const kernels = { Haswell: "avx2", SkylakeX: "avx512f" };

/**
 * @param seconds(core) runs the peer with OPENBLAS_CORETYPE=core, undefined for OpenBLAS's own choice.
 * @returns { core?, seconds }: without `core`, none is a tenth faster than its own choice.
 */
export function fastestKernels(seconds) {
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const able = Object.entries(kernels).flatMap(([core, flag]) => (flags.includes(` ${flag} `) ? [core] : []));
  const times = Object.fromEntries([undefined, ...able].map((core) => [core ?? "its own choice", seconds(core)]));
  const [core, best] = Object.entries(times).sort(([, a], [, b]) => a - b)[0];
  const own = best > 0.9 * times["its own choice"];
  return { ...(own ? {} : { core }), seconds: times };
}
