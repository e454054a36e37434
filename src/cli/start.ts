import { existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { ArgumentError, check } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import type { Vec } from "../core/layout.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { describeTraining } from "../experiments/optimizer-file.ts";
import { decodeOptimizer, encodeOptimizer, type OptimizerFile } from "../learned/file.ts";
import { isCoupled } from "../learned/network.ts";
import { load, shippedOptimizers } from "../shipped/load.ts";
import { sha256 } from "./results.ts";

/** An optimizer that a run starts from. */
export interface Start {
  readonly phi: Vec;
  /** Seconds that it took to train, where it was trained for this run. */
  readonly seconds: number;
  /** What the new optimizer's file says about it. */
  readonly provenance: unknown;
}

/** An optimizer with its checksum. */
export interface ReadOptimizer {
  readonly file: OptimizerFile;
  readonly sha256: string;
}

/** Reads an optimizer file. Throws ArgumentError, under the given name, where there is none. */
export function readOptimizer(path: string, name = "optimizer"): ReadOptimizer {
  check(statSync(path, { throwIfNoEntry: false })?.isFile() === true, name, "an optimizer file that exists", path);
  const bytes = readFileSync(path);
  try {
    return { file: decodeOptimizer(bytes), sha256: sha256(bytes) };
  } catch (error) {
    throw error instanceof ArgumentError ? new ArgumentError(`${path}: ${error.message}`) : error;
  }
}

/**
 * The optimizer that a call's word means: a file, or one that the package carries.
 *
 * @param besides other words that would do, for the error.
 * @throws ArgumentError for anything else.
 */
export async function findOptimizer(
  word: string,
  name = "optimizer",
  besides: readonly string[] = [],
): Promise<ReadOptimizer> {
  if (statSync(word, { throwIfNoEntry: false })?.isFile()) return readOptimizer(word, name);
  const carried = Object.keys(shippedOptimizers);
  const known = [...carried, ...besides];
  check(
    carried.includes(word),
    name,
    `a file that exists, or one of ${known.join(", ")}`,
    word,
    didYouMean(word, known),
  );
  const file = await load(word);
  return { file, sha256: sha256(encodeOptimizer(file)) };
}

/** φ of a file, to go on training from. Throws ArgumentError for another network than the experiment's. */
export function startFromFile(path: string, experiment: Experiment): Start {
  const { file, sha256 } = readOptimizer(path, "--from");
  const { shape, phi, provenance } = file;
  const wanted = JSON.stringify(experiment.options.shape);
  check(
    JSON.stringify(shape) === wanted,
    "--from",
    `the experiment's network, ${wanted}`,
    JSON.stringify(shape),
    "Give its shape with --set shape.…",
  );
  return {
    phi,
    seconds: 0,
    provenance: { file: basename(path), sha256, training: provenance.training },
  };
}

/** The experiment whose φ this one starts from, with this one's seed, network and arithmetic; a coupled network is replayed whole. */
export function firstExperiment({ startFrom, options }: Experiment): Experiment | undefined {
  if (!startFrom) return undefined;
  const { seed, shape, simd } = options;
  const whole = isCoupled(shape) ? { fraction: 1 } : {};
  return { ...startFrom, options: { ...startFrom.options, seed, shape, simd, ...whole } };
}

/** What training `firstExperiment` left, as a start. */
export function startFromTrained({ file, seconds }: { file: OptimizerFile; seconds: number }): Start {
  return { phi: file.phi, seconds, provenance: { training: file.provenance.training } };
}

/** How an experiment that came to its end is described, those before it included. */
function whole(experiment: Experiment): object {
  const first = firstExperiment(experiment);
  return describeTraining(experiment, experiment.options.iterations, first && { training: whole(first) });
}

/**
 * The optimizer that an earlier call left at a path, and its record beside it, as a start; undefined where there is none, or
 * one that was trained otherwise.
 */
export function startFromFinished(experiment: Experiment, path: string, record: string): Start | undefined {
  if (!existsSync(path) || !existsSync(record)) return undefined;
  const { file } = readOptimizer(path);
  const { training, family } = file.provenance;
  const same =
    JSON.stringify(training) === JSON.stringify(whole(experiment)) &&
    JSON.stringify(family) === JSON.stringify(experiment.train);
  if (!same) return undefined;
  const { minutes } = JSON.parse(readFileSync(record, "utf8")) as { minutes: number };
  return startFromTrained({ file, seconds: 60 * minutes });
}
