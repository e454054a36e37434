import { existsSync } from "node:fs";
import { ArgumentError, check } from "../core/check.ts";
import { configure } from "../experiments/config.ts";
import { examine } from "../experiments/doctor.ts";
import { createFamily, type FamilySpec } from "../experiments/families.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../meta/train.ts";
import { loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { loadOwnFamily } from "../node/module.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { findingLines } from "./findings.ts";
import { createProgress } from "./progress.ts";
import { findOptimizer } from "./start.ts";
import { historyBeside, recordBeside } from "./training-record.ts";

/** Options of `doctor`, as the command line gives them. */
export interface DoctorCall {
  readonly seed: number;
  readonly trajectories: number;
  readonly json: boolean;
  /** Where the module of one's own that it was trained on lies now. */
  readonly problem?: string;
}

/** The family that a file names; the file may name anything. */
async function familyOf(spec: FamilySpec): Promise<ProblemFamily> {
  try {
    return await createFamily(spec, loadImages, loadArt, loadOwnFamily);
  } catch (error) {
    if (error instanceof ArgumentError) {
      const elsewhere = spec.kind === "module" && !existsSync(spec.path);
      throw elsewhere ? new ArgumentError(`${error.message}. Where it lies now, --problem says`) : error;
    }
    const wanted = "problem family: expected options of a problem that gradgrad knows";
    throw new ArgumentError(`${wanted}, got ${JSON.stringify(spec)} (${(error as Error).message})`);
  }
}

/** Looks at an optimizer file on its own problems and prints what it finds. False where something is wrong. */
export async function doctorCommand(path: string, call: DoctorCall): Promise<boolean> {
  const { file } = await findOptimizer(path);
  const { family: spec, training } = file.provenance;
  const known = typeof spec === "object" && spec !== null && "kind" in spec;
  check(
    known,
    "problem family",
    "one that the file names",
    spec,
    "Only files that gradgrad train wrote can be looked at",
  );
  const { experiment: _, iterationsDone: __, start: ___, seed = 0, shape: ____, ...own } = training;
  const options: MetaTrainOptions = {
    ...configure({ ...metaTrainDefaults, shape: file.shape }, own),
    seed: seed as number,
  };
  const moved = call.problem === undefined ? {} : { path: call.problem };
  if (call.problem !== undefined)
    check((spec as FamilySpec).kind === "module", "--problem", "none: it was trained on an experiment", call.problem);
  const family = await familyOf({ ...spec, ...moved } as unknown as FamilySpec);
  const history = historyBeside(path, file);
  const record = recordBeside(path);
  if (record && !history) console.error(`${record}: not looked at, as it is no record of this file's training`);
  const progress = createProgress("doctor");
  const findings = await examine(
    { file, options, family, ...(history ? { history } : {}) },
    { seed: call.seed, trajectories: call.trajectories, onProgress: (d, of, words) => progress.update(d, of, words) },
  );
  progress.end();
  if (call.json) console.log(JSON.stringify({ findings }));
  else console.log(findingLines(findings));
  return findings.every((f) => f.verdict !== "bad");
}
