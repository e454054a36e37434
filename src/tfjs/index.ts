/** `gradgrad/tfjs`: trained optimizers for TensorFlow.js, and its models as problems to meta-train on. */
import { check } from "../core/check.ts";
import { decodeOptimizer } from "../learned/file.ts";
import { load, shippedOptimizers } from "../shipped/load.ts";
import { LearnedOptimizer } from "./optimizer.ts";

export { LearnedOptimizer } from "./optimizer.ts";
export { type TfFamilyOptions, tfFamily } from "./problem.ts";

async function fetched(url: string | URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Error(`${url}: cannot be fetched: ${(error as Error).message}`);
  }
  if (!response.ok) throw new Error(`${url}: expected an optimizer file, got HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * A trained optimizer for TensorFlow.js: give it to `model.compile`, or call `minimize` or `applyGradients`.
 *
 * @param source the name of one that the package carries, a URL (http:, https:, file names with a slash or a dot), or a
 * file's bytes.
 * @throws ArgumentError for an unknown name or bytes that are no optimizer file; Error where a URL gives none.
 * @example
 * const optimizer = await loadOptimizer("mnist-mlp");
 * model.compile({ optimizer, loss: "categoricalCrossentropy" });
 */
export async function loadOptimizer(source: string | URL | Uint8Array | ArrayBuffer): Promise<LearnedOptimizer> {
  if (source instanceof Uint8Array) return new LearnedOptimizer(decodeOptimizer(source));
  if (source instanceof ArrayBuffer) return new LearnedOptimizer(decodeOptimizer(new Uint8Array(source)));
  const names = Object.keys(shippedOptimizers).join(", ");
  check(typeof source === "string" || source instanceof URL, "optimizer", `bytes, a URL, or one of ${names}`, source);
  if (typeof source === "string" && !/[/.]/.test(source)) return new LearnedOptimizer(await load(source));
  return new LearnedOptimizer(decodeOptimizer(await fetched(source)));
}
