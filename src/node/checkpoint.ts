import { existsSync, readFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { ArgumentError, check } from "../core/check.ts";
import type { FamilySpec } from "../experiments/families.ts";
import type { Provenance } from "../learned/file.ts";
import type { Checkpoint, MetaTrainOptions } from "../meta/train.ts";
import { writeWhole } from "./write.ts";

interface Saved {
  readonly format: "gradgrad checkpoint 1";
  /** The run's description; another run's checkpoint is refused. */
  readonly run: string;
  readonly checkpoint: Checkpoint;
  readonly seconds: number;
  /** The code that ran so far, the first first: a stopped run may go on under newer. */
  readonly commits?: readonly string[];
}

/** What makes two runs the same: experiment, options, problems (a module's text too, and those that it imports), and what φ started from. */
export interface RunIdentity {
  readonly name: string;
  readonly options: MetaTrainOptions;
  readonly train: FamilySpec;
  readonly validation: FamilySpec;
  readonly start?: unknown;
}

/** A problem without where it lies: a module is its text, however the call spelt its path. */
export function identityOf(spec: FamilySpec | Provenance["family"]): object | string {
  if (typeof spec === "string" || spec.kind !== "module") return spec;
  const { path: _, ...own } = spec;
  return own;
}

const describe = ({ name, options, train, validation, start }: RunIdentity): string =>
  JSON.stringify({ name, options, train: identityOf(train), validation: identityOf(validation), start });

/** Saves a run at a round's end. */
export function saveCheckpoint(
  path: string,
  identity: RunIdentity,
  checkpoint: Checkpoint,
  seconds: number,
  commits: readonly string[] = [],
): void {
  const saved: Saved = { format: "gradgrad checkpoint 1", run: describe(identity), checkpoint, seconds, commits };
  writeWhole(path, serialize(saved));
}

/** Is there a checkpoint of this very run? */
export function fits(path: string, identity: RunIdentity): boolean {
  try {
    loadCheckpoint(path, identity);
    return true;
  } catch (error) {
    if (error instanceof ArgumentError) return false;
    throw error;
  }
}

/** Reads a checkpoint of this very run. Throws ArgumentError for a missing, broken or foreign one. */
export function loadCheckpoint(
  path: string,
  identity: RunIdentity,
): { checkpoint: Checkpoint; seconds: number; commits: readonly string[] } {
  check(existsSync(path), "checkpoint", "a file", path, "Start without --resume");
  let saved: Partial<Saved> | undefined;
  try {
    saved = deserialize(readFileSync(path)) as Partial<Saved>;
  } catch {
    saved = undefined;
  }
  check(
    saved?.format === "gradgrad checkpoint 1" && saved.checkpoint !== undefined,
    "checkpoint",
    "a gradgrad checkpoint",
    path,
  );
  check(
    saved.run === describe(identity),
    "checkpoint",
    `a run of ${identity.name} with the same options, problems and start`,
    path,
    "Give the options of the first call, or start without --resume",
  );
  return { checkpoint: saved.checkpoint, seconds: saved.seconds ?? 0, commits: saved.commits ?? [] };
}
