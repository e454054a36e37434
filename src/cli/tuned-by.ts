import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestSpec } from "../experiments/experiment.ts";
import type { Tuning } from "../experiments/run-test.ts";
import type { ResultProvenance } from "./provenance.ts";
import { dataChecksums } from "./results.ts";

/** Learning rates that an earlier test chose, by metric, and what says where they come from. */
export interface EarlierTuning {
  readonly tuned: ReadonlyMap<string, Tuning>;
  readonly by: { readonly commit: string; readonly date: string; readonly machine: string };
}

/** All that the choice of a learning rate depends on, but for the code. */
function tuningOf({ family, tuning = family, steps, ...rest }: TestSpec, from: object): string {
  const { tuningTrajectories, tuningWindow, metrics } = rest;
  return JSON.stringify([tuning, steps, tuningTrajectories, tuningWindow, metrics, from]);
}

/** JSON has no Infinity. */
const revive = (key: string, value: unknown): unknown => (key === "score" && value === null ? Infinity : value);

/**
 * The learning rates in FOLDER/KEY.json; undefined where there is none, or one of another test, seed, version or data. The
 * problems that choose them never depend on the optimizers under test, so the same test need not choose them again: two
 * thirds of its time.
 */
export function earlierTuning(folder: string, spec: TestSpec, from: ResultProvenance): EarlierTuning | undefined {
  const path = join(folder, `${spec.key}.json`);
  if (!existsSync(path)) return undefined;
  const old = JSON.parse(readFileSync(path, "utf8"), revive) as ResultProvenance & {
    readonly spec: TestSpec;
    readonly data: object;
    readonly metrics: readonly { readonly name: string; readonly tuned: Tuning }[];
  };
  const about = (p: ResultProvenance, data: object): object => ({ seed: p.seed, version: p.version, data });
  const wanted = tuningOf(spec, about(from, dataChecksums(spec.family)));
  if (wanted !== tuningOf(old.spec, about(old, old.data))) return undefined;
  return {
    tuned: new Map(old.metrics.map((m) => [m.name, m.tuned])),
    by: { commit: old.commit, date: old.date, machine: old.machine },
  };
}
