import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ArgumentError, check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { optimizerFile } from "../experiments/optimizer-file.ts";
import { decodeOptimizer, encodeOptimizer, type OptimizerFile } from "../learned/file.ts";
import { type Checkpoint, initialCheckpoint, isFinished, metaTrain, outOfPatience } from "../meta/train.ts";
import { fits, identityOf, loadCheckpoint, type RunIdentity, saveCheckpoint } from "../node/checkpoint.ts";
import { poolRunner } from "../node/pool.ts";
import { checkFolder, setAside, writeWhole } from "../node/write.ts";
import { onInterrupt } from "./interrupt.ts";
import { RunError } from "./own-error.ts";
import { createProgress } from "./progress.ts";
import { codeOf, provenance, type ResultProvenance } from "./provenance.ts";
import { dataChecksums } from "./results.ts";
import { firstExperiment, type Start, startFromFinished, startFromTrained } from "./start.ts";

/** What `train` is told besides the experiment. */
export interface TrainCall {
  readonly folder: string;
  /** Go on from checkpoints: those of another run are refused or, by "if it fits", kept as NAME.checkpoint.old, .old2 and so on. */
  readonly resume: boolean | "if it fits";
  readonly threads?: number;
  /** Stop after so many minutes of this call; the checkpoint is kept. */
  readonly minutes?: number;
  /** Stop after so many rounds of the experiment itself; the checkpoint is kept. */
  readonly rounds?: number;
  readonly quiet?: boolean;
  /** The call as its record repeats it. Default `gradgrad train NAME --seed N`. */
  readonly command?: string;
  /** φ to start from; by default what the experiment's `startFrom` leaves, trained first. */
  readonly start?: Start;
}

/** What `train` leaves. */
export interface Trained {
  readonly file: OptimizerFile;
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** Wall-clock seconds of meta-training, validation and the experiments before it included. */
  readonly seconds: number;
  readonly finished: boolean;
  /** Stopped by Ctrl-C. */
  readonly interrupted: boolean;
}

const CHECKPOINT_EVERY_MS = 30_000;

/** What is kept beside an optimizer file: how long it took, where, and how the validation score went. */
function trainingRecord(
  experiment: Experiment,
  c: Checkpoint,
  seconds: number,
  from: ResultProvenance & { readonly earlierCommits?: readonly string[]; readonly threads: number },
): string {
  const { name, options, train: family } = experiment;
  const history = c.history.filter((r) => r.validation !== undefined);
  const data = dataChecksums(family);
  const stopped = outOfPatience(options, c) ? { stoppedBy: "patience", iterationsDone: c.iteration } : {};
  return `${JSON.stringify({ ...from, data, experiment: name, minutes: seconds / 60, options, ...stopped, bestScore: c.bestScore, history })}\n`;
}

export const pathOf = ({ name, options }: Experiment, folder: string, ending: string): string =>
  join(folder, `${name}-seed${options.seed}.${ending}`);

/** The experiment and those before it, the first one first. */
function chain(experiment: Experiment): Experiment[] {
  const first = firstExperiment(experiment);
  return first ? [...chain(first), experiment] : [experiment];
}

/** Trains the experiments that this one starts from; undefined where there are none. */
export async function trainFirst(experiment: Experiment, call: TrainCall): Promise<Trained | undefined> {
  const first = firstExperiment(experiment);
  const { rounds: _, ...rest } = call; // they are the experiment's own
  return first && train(first, { ...rest, resume: rest.resume && "if it fits" });
}

/**
 * Meta-trains one experiment with live progress, and before it those that it starts from, unless the folder holds what the
 * same training left of them. Ctrl-C stops at the round's end, saves, and says how to go on. With `resume`, stages go on from
 * their checkpoints, and finished ones are left alone.
 *
 * @throws ArgumentError for a checkpoint of another run; Error where every meta-validation diverged.
 */
export async function train(experiment: Experiment, call: TrainCall): Promise<Trained> {
  let stages = call.start ? [experiment] : chain(experiment);
  const hasOwn = (e: Experiment): boolean => existsSync(pathOf(e, call.folder, "checkpoint"));
  if (call.resume === true)
    check(
      stages.some(hasOwn),
      "checkpoint",
      "a file",
      pathOf(experiment, call.folder, "checkpoint"),
      "Start without --resume",
    );
  let start = call.start;
  for (let i = stages.length - 2; i >= 0 && !start; i--) {
    const path = pathOf(stages[i]!, call.folder, "safetensors");
    start = startFromFinished(stages[i]!, path, pathOf(stages[i]!, call.folder, "json"));
    if (!start) continue;
    stages = stages.slice(i + 1);
    if (!call.quiet) console.error(`Starts from ${path}, which is trained already.`);
  }
  if (stages.length > 1 && !call.quiet)
    console.error(`In turn: ${stages.map((e) => `${e.name} (${e.options.iterations} rounds)`).join(", ")}.`);
  const deadline = call.minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + 60_000 * call.minutes;
  let trained: Trained | undefined;
  for (const stage of stages) {
    const own = { resume: hasOwn(stage) && call.resume, start };
    const last = stage === stages.at(-1) ? (call.rounds ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    trained = await trainStage(stage, { ...call, ...own }, { deadline, rounds: last });
    if (!trained.finished || trained.interrupted) break;
    start = startFromTrained(trained);
  }
  // Ctrl-C in the last round of a stage ends it, but not what it is a stage of.
  return {
    ...trained!,
    finished: trained!.finished && trained!.path === pathOf(experiment, call.folder, "safetensors"),
  };
}

/** The optimizer at a path, where this run left it, be it at an earlier round; undefined for another run's, or none. */
function leftByRun(path: string, now: OptimizerFile): OptimizerFile | undefined {
  const told = ({ provenance: { family, training } }: OptimizerFile): string =>
    JSON.stringify([identityOf(family), { ...training, iterationsDone: 0 }]);
  if (!existsSync(path)) return undefined;
  try {
    const file = decodeOptimizer(readFileSync(path));
    return told(file) === told(now) ? file : undefined;
  } catch (error) {
    if (error instanceof ArgumentError) return undefined;
    throw error;
  }
}

const sameNumbers = (a: Vec, b: Vec): boolean => a.length === b.length && a.every((v, i) => v === b[i]);

/** Is there a checkpoint of this very run, at its end? */
const ended = (path: string, identity: RunIdentity): boolean =>
  fits(path, identity) && isFinished(identity.options, loadCheckpoint(path, identity).checkpoint);

async function trainStage(
  experiment: Experiment,
  call: Omit<TrainCall, "start" | "minutes" | "rounds"> & { readonly start: Start | undefined },
  stop: { readonly deadline: number; readonly rounds: number },
): Promise<Trained> {
  const { options, name } = experiment;
  const { start } = call;
  const path = pathOf(experiment, call.folder, "safetensors");
  const saved = pathOf(experiment, call.folder, "checkpoint");
  const { train, validation } = experiment;
  const identity: RunIdentity = { name, options, train, validation, ...(start ? { start: start.provenance } : {}) };
  const resume = call.resume === "if it fits" ? fits(saved, identity) : call.resume;
  const from = resume
    ? loadCheckpoint(saved, identity)
    : {
        checkpoint: initialCheckpoint(options, start?.phi),
        seconds: start?.seconds ?? 0,
        commits: [],
      };
  const { checkpoint } = from;
  const optimizer = (commit: string): OptimizerFile =>
    optimizerFile(experiment, checkpoint, codeOf(commit), start?.provenance);
  // What lies there may be another run's: of a run whose last call was killed, or one that left nothing to keep.
  if (isFinished(options, checkpoint)) {
    const now = optimizer("unknown");
    const left = leftByRun(path, now);
    if (left && sameNumbers(left.phi, now.phi))
      return { file: left, path, checkpoint, seconds: from.seconds, finished: true, interrupted: false };
  }
  // Taken now: an hour later the folder may hold other code.
  const own = provenance(call.command ?? `gradgrad train ${name} --seed ${options.seed}`, options.seed);
  const earlierCommits = from.commits.filter((c) => c !== own.commit);
  const origin = { ...own, ...(earlierCommits.length > 0 ? { earlierCommits } : {}) };
  const began = performance.now();
  const seconds = (): number => from.seconds + (performance.now() - began) / 1000;
  checkFolder("--out", call.folder); // it must fail now, not after an hour
  let ours = resume;
  const save = (): void => {
    // An hour's work must not be lost to a forgotten --resume, nor to a call that fails before its first round. What came to
    // its end is in the optimizer's file.
    if (!ours && existsSync(saved) && !ended(saved, identity)) setAside(saved);
    ours = true;
    saveCheckpoint(saved, identity, checkpoint, seconds(), [...earlierCommits, own.commit]);
  };
  const progress = createProgress(`meta-train ${name}`, checkpoint.iteration);
  const { threads = availableParallelism() } = call;
  const runner = poolRunner({ train, validation }, threads);
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
    progress.line(
      "Stopping at the end of this round; Ctrl-C again stops at once and loses what came after the last save.",
    );
  };
  const deaf = onInterrupt(interrupt);
  let savedAt = performance.now();
  try {
    // With --resume the rounds that were asked for may all be done.
    const rounds = checkpoint.iteration < stop.rounds ? metaTrain(options, runner, checkpoint) : [];
    for await (const r of rounds) {
      const best = Number.isFinite(r.best) ? `, best validation ${r.best.toPrecision(4)}` : "";
      const bad = r.nonFinite ? `, ${r.nonFinite} not finite` : "";
      const words = `loss ${r.metaLoss.toPrecision(3)} → ${r.finalLoss.toPrecision(3)}${best}${bad}`;
      if (!call.quiet) progress.update(r.iteration, r.of, words);
      if (performance.now() - savedAt > CHECKPOINT_EVERY_MS) {
        save();
        savedAt = performance.now();
      }
      if (interrupted || performance.now() > stop.deadline || r.iteration >= stop.rounds) break;
    }
    save();
  } finally {
    deaf();
    await runner.close();
    progress.end();
  }
  const finished = isFinished(options, checkpoint);
  if (finished && !Number.isFinite(checkpoint.bestScore)) {
    const lost = checkpoint.history[0]?.nonFinite === options.metaBatch;
    const look = lost ? "; the first round diverged too, so see first what `gradgrad check` says of the problem" : "";
    throw new RunError(
      `${name}: every meta-validation diverged, so there is no optimizer to keep. Try a lower learningRate than ${options.learningRate}, or a longer warmup${look}`,
    );
  }
  const file = optimizer(own.commit);
  const record = pathOf(experiment, call.folder, "json");
  const bytes = encodeOptimizer(file);
  if (existsSync(path) && !readFileSync(path).equals(bytes) && !(resume && leftByRun(path, file))) {
    const kept = setAside(path);
    if (existsSync(record)) setAside(record);
    if (!call.quiet) progress.line(`${path} was there, of another run: it is now ${kept}`);
  }
  writeWhole(path, bytes);
  writeWhole(record, trainingRecord(experiment, checkpoint, seconds(), { ...origin, threads }));
  if (outOfPatience(options, checkpoint) && !call.quiet)
    progress.line(
      `Ended after ${checkpoint.iteration} of ${options.iterations} rounds: no better validation in the last ${checkpoint.waited} (patience).`,
    );
  if (!finished && !call.quiet)
    progress.line(
      `Stopped after ${checkpoint.iteration} of ${options.iterations} rounds. Saved; the same call with --resume goes on.`,
    );
  return { file, path, checkpoint, seconds: seconds(), finished, interrupted };
}
