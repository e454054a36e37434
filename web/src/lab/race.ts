import { createRng, type Rng } from "../../../src/core/rng.ts";
import { band, final, gather, meanOver, type Trajectory, tuneLearningRate } from "../../../src/evaluation/index.ts";
import type { OptimizerSpec } from "../../../src/experiments/run-task.ts";
import { methodByName } from "../../../src/optimizers/registry.ts";
import type { Crew } from "./crew.ts";
import type { LabProblem } from "./experiments.ts";
import type { BandedCurve, Curves } from "./messages.ts";

/** Those that the page races against: each is tuned for the loss at the last step. */
export const BASELINES = ["sgd", "nag", "rmsprop", "adam"] as const;

const STREAM = "page"; // problems of tuning and test, apart from meta-training's

/** A tuned baseline with its runs on the test problems. */
export interface Baseline {
  readonly name: string;
  readonly label: string;
  readonly learningRate: number;
  readonly runs: readonly (readonly Trajectory[])[];
}

const stepsOf = (p: LabProblem): number => p.experiment.options.validationSteps;

function testRuns(crew: Crew, p: LabProblem, optimizer: OptimizerSpec): Promise<Trajectory[][]> {
  const tasks = Array.from({ length: p.trajectories }, (_, k) => ({
    family: p.test,
    stream: `${STREAM}/test`,
    k,
    steps: stepsOf(p),
    optimizers: [optimizer],
  }));
  return crew.run(tasks).then((problems) => problems.map((runs) => runs[0]!));
}

/** Tunes every baseline on problems of its own, then runs it on the test problems. */
export async function tuneBaselines(
  crew: Crew,
  p: LabProblem,
  onTuned: (done: number, of: number) => void,
): Promise<Baseline[]> {
  const steps = stepsOf(p);
  // One minibatch's loss is noise: of the networks the last ten count.
  const metric = p.test.kind === "quadratic" ? final(steps) : meanOver(steps - 9, steps);
  const out: Baseline[] = [];
  onTuned(0, BASELINES.length);
  for (const name of BASELINES) {
    const method = methodByName(name);
    const runs = async (_: unknown, learningRate: number): Promise<Trajectory[]> => {
      const tasks = Array.from({ length: p.tuningTrajectories }, (_, k) => ({
        family: p.test,
        stream: `${STREAM}/tune`,
        k,
        steps,
        optimizers: [{ kind: "method", name, learningRate } as const],
      }));
      return (await crew.run(tasks)).flatMap((problem) => problem[0]!);
    };
    const { learningRate } = await tuneLearningRate(method, runs, { metric, refinements: 2 });
    const fresh = await testRuns(crew, p, { kind: "method", name, learningRate });
    out.push({ name, label: method.label, learningRate, runs: fresh });
    onTuned(out.length, BASELINES.length);
  }
  return out;
}

/** A learned optimizer and the baselines on the same fresh problems. */
export async function race(
  crew: Crew,
  p: LabProblem,
  baselines: readonly Baseline[],
  learned: OptimizerSpec,
  label: string,
): Promise<Curves> {
  const own = await testRuns(crew, p, learned);
  const entrants = [{ name: "learned", label, role: "learned" as const, runs: own }, ...baselines];
  const problems = own.map((_, k) => entrants.map((e) => e.runs[k]!));
  const { entries } = gather(p.test.kind, entrants, problems, stepsOf(p));
  const curves = entries.map((entry, i): BandedCurve => {
    const { median, low, high } = band(entry);
    const rate = i > 0 ? { learningRate: baselines[i - 1]!.learningRate } : {};
    return { name: entry.name, label: entry.label, learned: i === 0, ...rate, median, low, high };
  });
  return { curves, count: entries[0]!.trajectories.length };
}

/** The stream of the one function whose slice is shown. */
export const lookStream = (): Rng => createRng(`${STREAM}/look`);
