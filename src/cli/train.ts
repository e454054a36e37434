import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { exp, log } from "../core/math.ts";
import { createRng } from "../core/rng.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { encodeOptimizer, type OptimizerFile } from "../learned/file.ts";
import { type Checkpoint, initialCheckpoint, metaTrain } from "../meta/train.ts";
import { loadCheckpoint, saveCheckpoint } from "../node/checkpoint.ts";
import { poolRunner } from "../node/pool.ts";
import { writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { provenance } from "./provenance.ts";
import { dataChecksums } from "./results.ts";
import { firstExperiment, type Start, startFromTrained } from "./start.ts";
import { version } from "./version.ts";

/** What `train` is told besides the experiment. */
export interface TrainCall {
  readonly folder: string;
  readonly resume: boolean;
  readonly threads?: number;
  /** Stop after so many minutes of training; the checkpoint is kept. */
  readonly minutes?: number;
  readonly quiet?: boolean;
  /** Flags of the call that its record repeats. */
  readonly flags?: string;
  /** φ to start from; by default what the experiment's `startFrom` leaves, trained first. */
  readonly start?: Start;
}

/** What `train` leaves. */
export interface Trained {
  readonly file: OptimizerFile;
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** Wall-clock seconds of meta-training, validation included. */
  readonly seconds: number;
  readonly finished: boolean;
}

const CHECKPOINT_EVERY_MS = 30_000;

/** The best φ so far, with where it comes from. */
function optimizerFile(experiment: Experiment, c: Checkpoint, start: unknown): OptimizerFile {
  const { options } = experiment;
  return {
    shape: options.shape,
    phi: c.bestPhi,
    provenance: {
      family: experiment.train,
      horizon: options.steps,
      seed: options.seed,
      version,
      training: {
        ...options,
        experiment: experiment.name,
        iterationsDone: c.iteration,
        ...(start === undefined ? {} : { start }),
      },
      score: c.bestScore,
      select: options.select,
      largestParameter: c.bestPhi.reduce((a, v) => Math.max(a, Math.abs(v)), 0),
      largestGradient: c.largestGradient,
    },
  };
}

/** What is kept beside an optimizer file: how long it took, where, and how the validation score went. */
function trainingRecord(experiment: Experiment, c: Checkpoint, seconds: number, flags = ""): string {
  const { name, options, train: family } = experiment;
  const history = c.history.filter((r) => r.validation !== undefined);
  return `${JSON.stringify({
    ...provenance(`gradgrad train ${name} --seed ${options.seed}${flags}`, options.seed),
    data: dataChecksums(family),
    experiment: name,
    minutes: seconds / 60,
    options,
    bestScore: c.bestScore,
    history,
  })}\n`;
}

const pathOf = ({ name, options }: Experiment, folder: string, ending: string): string =>
  join(folder, `${name}-seed${options.seed}.${ending}`);

/** Trains the experiment that this one starts from, or goes on with it; undefined where there is none. */
export async function trainFirst(experiment: Experiment, call: TrainCall): Promise<Trained | undefined> {
  const first = firstExperiment(experiment);
  if (!first) return undefined;
  return train(first, { ...call, resume: call.resume && existsSync(pathOf(first, call.folder, "checkpoint")) });
}

/**
 * Meta-trains one experiment with live progress, and before it the one that it starts from. Ctrl-C stops at the round's
 * end, saves, and says how to go on.
 */
export async function train(experiment: Experiment, call: TrainCall): Promise<Trained> {
  if (call.start || !firstExperiment(experiment)) return trainOne(experiment, call, call.start);
  const own = pathOf(experiment, call.folder, "checkpoint");
  const first = (await trainFirst(experiment, call))!;
  if (!first.finished) return first;
  return trainOne(experiment, { ...call, resume: call.resume && existsSync(own) }, startFromTrained(first));
}

async function trainOne(experiment: Experiment, call: TrainCall, start: Start | undefined): Promise<Trained> {
  const { options, name } = experiment;
  const path = pathOf(experiment, call.folder, "safetensors");
  const saved = pathOf(experiment, call.folder, "checkpoint");
  const identity = { name, options, ...(start ? { start: start.provenance } : {}) };
  const from = call.resume
    ? loadCheckpoint(saved, identity)
    : { checkpoint: initialCheckpoint(options, start?.phi), seconds: start?.seconds ?? 0 };
  const { checkpoint } = from;
  mkdirSync(call.folder, { recursive: true }); // a folder that cannot be written must fail now, not after an hour
  const progress = createProgress(`meta-train ${name}`);
  const runner = poolRunner({ train: experiment.train, validation: experiment.validation }, call.threads);
  const began = performance.now();
  const seconds = (): number => from.seconds + (performance.now() - began) / 1000;
  let stop = false;
  const interrupt = (): void => {
    if (stop) process.exit(130);
    stop = true;
    progress.line("Stopping at the end of this round; Ctrl-C again stops at once and loses it.");
  };
  process.on("SIGINT", interrupt);
  const save = (): void => saveCheckpoint(saved, identity, checkpoint, seconds());
  let savedAt = performance.now();
  try {
    for await (const r of metaTrain(options, runner, checkpoint)) {
      const best = Number.isFinite(r.best) ? `, best validation ${r.best.toPrecision(4)}` : "";
      const bad = r.nonFinite ? `, ${r.nonFinite} not finite` : "";
      if (!call.quiet)
        progress.update(
          r.iteration,
          r.of,
          `loss ${r.metaLoss.toPrecision(3)} → ${r.finalLoss.toPrecision(3)}${best}${bad}`,
        );
      if (performance.now() - savedAt > CHECKPOINT_EVERY_MS) {
        save();
        savedAt = performance.now();
      }
      if (call.minutes !== undefined && seconds() > 60 * call.minutes) stop = true;
      if (stop) break;
    }
  } finally {
    process.off("SIGINT", interrupt);
    await runner.close();
    progress.end();
  }
  save();
  const file = optimizerFile(experiment, checkpoint, start?.provenance);
  writeWhole(path, encodeOptimizer(file));
  const finished = checkpoint.iteration >= options.iterations;
  writeWhole(pathOf(experiment, call.folder, "json"), trainingRecord(experiment, checkpoint, seconds(), call.flags));
  if (!finished)
    progress.line(
      `Stopped after ${checkpoint.iteration} of ${options.iterations} rounds. Saved; the same call with --resume goes on.`,
    );
  return { file, path, checkpoint, seconds: seconds(), finished };
}

/** Learning rates that `search` draws from, evenly in the logarithm. */
const SEARCH = { low: 3e-4, high: 3e-2, share: 0.1 };

/**
 * Random search over the meta learning rate (paper, §3): short runs of a tenth of the rounds, each with a rate drawn
 * log-uniformly; the best meta-validation score wins. Writes what was tried beside the optimizer.
 */
export async function search(
  experiment: Experiment,
  count: number,
  folder: string,
  threads?: number,
  start?: Start,
): Promise<Experiment["options"]> {
  const { name, options } = experiment;
  const iterations = Math.max(1, Math.round(options.iterations * SEARCH.share));
  const rng = createRng(`${options.seed}/search`);
  const tried: { learningRate: number; score: number }[] = [];
  const progress = createProgress(`search ${name}`);
  for (let k = 0; k < count; k++) {
    const learningRate = Number((SEARCH.low * exp(rng.uniform() * log(SEARCH.high / SEARCH.low))).toPrecision(3));
    progress.update(k, count, `learning rate ${learningRate}`);
    const short = { ...options, learningRate, iterations, validateEvery: iterations };
    const runner = poolRunner({ train: experiment.train, validation: experiment.validation }, threads);
    const c = initialCheckpoint(short, start?.phi);
    try {
      for await (const _ of metaTrain(short, runner, c));
    } finally {
      await runner.close();
    }
    tried.push({ learningRate, score: c.bestScore });
  }
  progress.end();
  const best = tried.reduce((a, b) => (b.score < a.score ? b : a));
  progress.line(tried.map((t) => `${t.learningRate}: ${t.score.toPrecision(4)}${t === best ? " ←" : ""}`).join("   "));
  writeWhole(
    join(folder, `${name}-seed${options.seed}.search.json`),
    `${JSON.stringify({ ...provenance(`gradgrad train ${name} --seed ${options.seed} --search ${count}`, options.seed), iterations, tried }, null, 1)}\n`,
  );
  return { ...options, learningRate: best.learningRate };
}
