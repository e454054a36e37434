import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createJiti } from "jiti";
import { ArgumentError, check } from "../core/check.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { familyOfPart, type OwnModule, type OwnSpec, ownExperiment, readOwnModule } from "../experiments/own.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/**
 * What a module gets from this process instead of from its own folder: one copy of each, and no installation needed. Those with
 * an engine are loaded where the module's text names them.
 */
const ours: Readonly<Record<string, () => Promise<unknown>>> = {
  gradgrad: () => import("../index.ts"),
  "gradgrad/problems/mlp": () => import("../problems/mlp.ts"),
  "gradgrad/problems/convnet": () => import("../problems/convnet.ts"),
  "@jax-js/jax": () => import("@jax-js/jax"),
};

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Does a call's word mean a module, and not an experiment's name? */
export function isModule(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

async function load(path: string): Promise<{ module: OwnModule; sha256: string }> {
  check(existsSync(path), "problem", "a module: a .ts, .js or .mjs file", path);
  const text = readFileSync(path, "utf8");
  const virtualModules: Record<string, unknown> = {};
  for (const [name, give] of Object.entries(ours))
    if (text.includes(`"${name}"`) || text.includes(`'${name}'`)) virtualModules[name] = await give();
  const jiti = createJiti(import.meta.url, { fsCache: false, interopDefault: false, virtualModules });
  let exported: Record<string, unknown>;
  try {
    exported = await jiti.import<Record<string, unknown>>(resolve(path));
  } catch (error) {
    throw new ArgumentError(`${path}: expected a module that loads, got ${(error as Error).message}`);
  }
  return { module: readOwnModule(path, { ...exported }), sha256: hash(text) };
}

/**
 * The experiment of a module of one's own.
 *
 * @throws ArgumentError for a file that is not there, does not load or exports something else.
 */
export async function loadOwnExperiment(path: string): Promise<Experiment> {
  const { module, sha256 } = await load(path);
  return ownExperiment(path, sha256, module);
}

/** The family that a spec names. Throws ArgumentError where the module has changed since the spec was made. */
export async function loadOwnFamily(spec: OwnSpec): Promise<ProblemFamily> {
  const { module, sha256 } = await load(spec.path);
  check(sha256 === spec.sha256, spec.path, "the module as it was when the run began", "another text");
  return familyOfPart(module, spec.part);
}
