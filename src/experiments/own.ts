import { ArgumentError, check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { defaultLstm } from "../learned/lstm.ts";
import { isCoupled } from "../learned/network.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../meta/train.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { configure } from "./config.ts";
import type { Experiment, TestSpec } from "./experiment.ts";

/** Which of a module's families: what φ is trained on, what chooses it and learning rates, what it is tested on. */
export type Part = "train" | "validation" | "test";

/** A problem family in a module of one's own, as plain data. */
export interface OwnSpec {
  readonly kind: "module";
  /** Address of the module, as the call gave it. */
  readonly path: string;
  readonly part: Part;
  /** Of the module's text: a changed problem is another one. */
  readonly sha256: string;
}

/** What a module of one's own exports, for `gradgrad train ./my-problem.ts` and the commands after it. */
export interface OwnModule {
  /** What φ is trained on. */
  readonly default: ProblemFamily;
  /** Where other problems choose φ and the baselines' learning rates than those of `default`, drawn from other seeds. */
  readonly validation?: ProblemFamily;
  /** Problems of the test, where they are others. */
  readonly test?: ProblemFamily;
  /** One sentence for people. */
  readonly title?: string;
  /** The problem in plain words, for the report. */
  readonly words?: string;
  /** Options of the meta-training that differ from the defaults, as in `--set`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The test: steps (default those of the training), fresh problems (default 50), problems that choose learning rates (default 10). */
  readonly trial?: Partial<Pick<TestSpec, "steps" | "trajectories" | "tuningTrajectories">>;
}

const FAMILY = "a problem family: problemFamily({ … }), or { name, sample }";

const isFamily = (x: unknown): x is ProblemFamily =>
  typeof x === "object" && x !== null && typeof (x as ProblemFamily).sample === "function";

/** Reads what a module exports. Throws ArgumentError for anything else than an `OwnModule`. */
export function readOwnModule(path: string, exported: Readonly<Record<string, unknown>>): OwnModule {
  const { default: family, validation, test, title, words, options, trial, ...rest } = exported;
  check(isFamily(family), `default export of ${path}`, FAMILY, family);
  for (const [name, x] of Object.entries({ validation, test }))
    check(x === undefined || isFamily(x), `${name} of ${path}`, FAMILY, x);
  for (const [name, x] of Object.entries({ title, words }))
    check(x === undefined || typeof x === "string", `${name} of ${path}`, "text", x);
  for (const [name, x] of Object.entries({ options, trial }))
    check(x === undefined || (typeof x === "object" && x !== null), `${name} of ${path}`, "an object", x);
  const counts = ["steps", "trajectories", "tuningTrajectories"];
  for (const [name, x] of Object.entries((trial ?? {}) as object)) {
    check(counts.includes(name), `trial of ${path}`, `some of ${counts.join(", ")}`, name);
    check(Number.isSafeInteger(x) && x > 0, `trial.${name} of ${path}`, "a whole number >= 1", x);
  }
  for (const name of ["option", "name", "train", "tests"])
    check(!(name in rest), `${name} of ${path}`, "default, validation, test, title, words, options or trial", name);
  return exported as unknown as OwnModule;
}

/** A module's family of a part; what is not exported is `default`. */
export function familyOfPart(module: OwnModule, part: Part): ProblemFamily {
  return (part === "train" ? undefined : module[part]) ?? module.default;
}

/** Coordinates above which a tenth of them is replayed, by importance: an unbiased estimate at a fraction of the time; not of coupled ones. */
const MANY = 2000;

/** A module as an experiment: meta-training with defaults that fit most problems of its size, and one test. */
export function ownExperiment(path: string, sha256: string, module: OwnModule): Experiment {
  const name = path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.\w+$/, "");
  const spec = (part: Part): OwnSpec => ({ kind: "module", path, part, sha256 });
  const { size } = sampleOf(path, module).layout;
  const given = module.options ?? {};
  const { shape } = configure({ ...metaTrainDefaults, shape: defaultLstm }, { shape: given.shape ?? {} });
  const sampled = size > MANY && !isCoupled(shape);
  const defaults: MetaTrainOptions = {
    ...metaTrainDefaults,
    shape: defaultLstm,
    iterations: 300,
    metaBatch: 4,
    warmup: 50,
    average: 0.9,
    ...(sampled ? { fraction: 0.1 } : {}),
    ...(sampled && !given.teacher ? { sampling: "importance" } : {}),
    validateEvery: 20,
    validationTrajectories: 20,
  };
  const changed = configure(defaults, given);
  const options: MetaTrainOptions = {
    ...changed,
    ...("unroll" in given ? {} : { unroll: unrollOf(changed.steps) }),
    ...("validationSteps" in given ? {} : { validationSteps: changed.steps }),
  };
  const { steps = options.steps, trajectories = 50, tuningTrajectories = 10 } = module.trial ?? {};
  return {
    name,
    title: module.title ?? name,
    words: module.words ?? `The problems of ${path}: θ has ${size} numbers, and every run is another problem.`,
    train: spec("train"),
    validation: spec("validation"),
    options,
    tests: [
      {
        key: name,
        ...(module.title ? { title: module.title } : {}),
        family: spec("test"),
        ...(module.validation || module.test ? { tuning: spec("validation") } : {}),
        steps,
        trajectories,
        tuningTrajectories,
        tuningWindow: Math.min(10, steps),
        metrics: [{ name: "final", kind: "final", step: steps }],
      },
    ],
  };
}

/** The largest divisor of the steps up to the paper's 20; where that is too short, a whole trajectory. */
function unrollOf(steps: number): number {
  let best = 1;
  for (let d = 1; d <= metaTrainDefaults.unroll; d++) if (steps % d === 0) best = d;
  return best < 8 ? steps : best;
}

/** One problem of a module, looked at before an hour is spent on it. */
function sampleOf(path: string, module: OwnModule): ReturnType<ProblemFamily["sample"]> {
  let problem: ReturnType<ProblemFamily["sample"]>;
  try {
    problem = module.default.sample(createRng("look"));
  } catch (error) {
    throw new ArgumentError(`${path}: expected sample(rng) to return a problem, got ${(error as Error).message}`);
  }
  check(typeof problem === "object" && problem !== null, `sample of ${path}`, "a problem", problem);
  for (const f of ["init", "batch", "lossAndGrad"] as const)
    check(typeof problem[f] === "function", `${f} of ${path}`, "a function", typeof problem[f]);
  check(problem.layout?.size > 0, `layout of ${path}`, "layout({ name: shape, … })", problem.layout);
  return problem;
}
