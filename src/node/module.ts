import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createJiti } from "jiti";
import { ArgumentError, check } from "../core/check.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { familyOfPart, type OwnModule, type OwnSpec, ownExperiment, readOwnModule } from "../experiments/own.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/**
 * What a module gets from this process instead of from its own folder: one copy of each, and no installation needed. Those with
 * an engine are loaded where a text names them.
 */
const ours: Readonly<Record<string, () => Promise<unknown>>> = {
  gradgrad: () => import("../index.ts"),
  "gradgrad/problems/mlp": () => import("../problems/mlp.ts"),
  "gradgrad/problems/convnet": () => import("../problems/convnet.ts"),
  "@jax-js/jax": () => import("@jax-js/jax"),
};

/** Relative imports of a text; one in a comment does no harm. */
const IMPORTS = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];

/** The texts of a module and of what it imports by relative paths, each once, its own first. */
function textsOf(path: string, seen = new Set<string>()): string[] {
  seen.add(path);
  const text = readFileSync(path, "utf8");
  const texts = [text];
  for (const [, word] of text.matchAll(IMPORTS)) {
    const base = resolve(dirname(path), word!);
    // TypeScript may call a file by the name that its compiled form will have.
    const names = [...ENDINGS.map((e) => base + e), base.replace(/\.([cm]?)js$/, ".$1ts")];
    const found = names.find((n) => existsSync(n) && statSync(n).isFile());
    if (found && !seen.has(found)) texts.push(...textsOf(found, seen));
  }
  return texts;
}

/** Of a module's texts; of a single one its file's own sum. */
function hash(texts: readonly string[]): string {
  const sum = (text: string): string => createHash("sha256").update(text).digest("hex");
  return texts.length === 1 ? sum(texts[0]!) : sum(texts.map(sum).join());
}

/** Does a call's word mean a module, and not an experiment's name? */
export function isModule(word: string): boolean {
  return /\.[cm]?[jt]s$/.test(word);
}

/** @param wanted the hash that its texts must have; looked at before any of them runs. */
async function load(path: string, wanted?: string): Promise<{ module: OwnModule; sha256: string }> {
  check(
    existsSync(path),
    "problem",
    "a module: a .ts, .js or .mjs file",
    path,
    `Nothing is there, seen from ${process.cwd()}`,
  );
  const texts = textsOf(resolve(path));
  const sha256 = hash(texts);
  check(wanted === undefined || sha256 === wanted, path, "the module as it was when the run began", "another text");
  const virtualModules: Record<string, unknown> = {};
  for (const [name, give] of Object.entries(ours))
    if (texts.some((t) => t.includes(`"${name}"`) || t.includes(`'${name}'`))) virtualModules[name] = await give();
  const jiti = createJiti(import.meta.url, { fsCache: false, interopDefault: false, virtualModules });
  let exported: Record<string, unknown>;
  try {
    exported = await jiti.import<Record<string, unknown>>(resolve(path));
  } catch (error) {
    throw new ArgumentError(`${path}: expected a module that loads, got ${(error as Error).message}`);
  }
  return { module: readOwnModule(path, { ...exported }), sha256 };
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
  const { module } = await load(spec.path, spec.sha256);
  return familyOfPart(module, spec.part);
}
