import { ArgumentError } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { checkFamily } from "../evaluation/check-family.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import { loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { loadOwnFamily } from "../node/module.ts";
import { findingLines } from "./findings.ts";
import { ofModule } from "./own-error.ts";

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
  const { findings, suggestion } = await ofModule(experiment, () =>
    checkFamily(family, {
      rng: createRng(`check/${call.seed}`),
      steps: call.steps ?? experiment.options.steps,
      problems: call.problems,
      now: () => performance.now(),
    }),
  ).catch((error: Error) => {
    if (experiment.train.kind !== "module" || !(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(`${experiment.train.path}: ${error.message}`);
  });
  if (call.json) console.log(JSON.stringify({ findings, suggestion }));
  else console.log(findingLines(findings));
  return findings.every((f) => f.verdict !== "bad");
}
