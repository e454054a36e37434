import { ArgumentError } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { checkFamily } from "../evaluation/check-family.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import { loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { loadOwnFamily } from "../node/module.ts";
import { findingLines } from "./findings.ts";

/** Options of `check`, as the command line gives them. */
export interface CheckCall {
  readonly seed: number;
  readonly steps?: number;
  readonly problems: number;
  readonly json: boolean;
}

/** Looks at an experiment's problems and prints what it finds. False where something is wrong. */
export async function checkCommand(experiment: Experiment, call: CheckCall): Promise<boolean> {
  const family = await createFamily(experiment.train, loadImages, loadArt, loadOwnFamily);
  const { findings, suggestion } = await checkFamily(family, {
    rng: createRng(`check/${call.seed}`),
    steps: call.steps ?? experiment.options.steps,
    problems: call.problems,
    now: () => performance.now(),
  }).catch((error: Error) => {
    // An error of one's own code: where it was thrown says more than its words.
    if (experiment.train.kind !== "module") throw error;
    const { path } = experiment.train;
    if (error instanceof ArgumentError) throw new ArgumentError(`${path}: ${error.message}`);
    throw new Error(`${path}: ${error.stack ?? error}`);
  });
  if (call.json) console.log(JSON.stringify({ findings, suggestion }));
  else console.log(findingLines(findings));
  return findings.every((f) => f.verdict !== "bad");
}
