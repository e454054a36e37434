import { existsSync, readFileSync } from "node:fs";
import { exp, log } from "../core/math.ts";
import { createRng } from "../core/rng.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { initialCheckpoint, metaTrain } from "../meta/train.ts";
import { identityOf } from "../node/checkpoint.ts";
import { poolRunner } from "../node/pool.ts";
import { checkFolder, writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { provenance } from "./provenance.ts";
import type { Start } from "./start.ts";
import { pathOf } from "./train.ts";

/** Learning rates that `search` draws from, evenly in the logarithm. */
const SEARCH = { low: 3e-4, high: 3e-2, share: 0.1 };

interface Try {
  readonly learningRate: number;
  readonly score: number | null;
}

/** The tries of an interrupted search of the same run; none of another one or where the file cannot be read. */
function earlierTries(path: string, run: object): Try[] {
  if (!existsSync(path)) return [];
  try {
    const { of, tried } = JSON.parse(readFileSync(path, "utf8")) as { of: unknown; tried: Try[] };
    return JSON.stringify(of) === JSON.stringify(run) && Array.isArray(tried) ? tried : [];
  } catch {
    return [];
  }
}

/**
 * Random search over the meta learning rate (paper, §3): short runs of a tenth of the rounds, each with a rate drawn
 * log-uniformly; the best meta-validation score wins. Each try is written beside the optimizer as it ends; with `resume`
 * those are not run again.
 *
 * @returns the options with the best rate; undefined where the minutes were over before the last try.
 */
export async function search(
  experiment: Experiment,
  count: number,
  call: {
    readonly folder: string;
    readonly resume: boolean;
    readonly threads?: number;
    readonly minutes?: number;
    readonly start?: Start;
    readonly command: string;
  },
): Promise<Experiment["options"] | undefined> {
  const { name, options } = experiment;
  const iterations = Math.max(1, Math.round(options.iterations * SEARCH.share));
  const path = pathOf(experiment, call.folder, "search.json");
  const from = provenance(call.command, options.seed);
  const rng = createRng(`${options.seed}/search`);
  const { learningRate: _, ...others } = { ...options, iterations };
  const { train, validation } = experiment;
  checkFolder("--out", call.folder);
  const problems = { train: identityOf(train), validation: identityOf(validation) };
  const run = { options: others, ...problems, ...(call.start ? { start: call.start.provenance } : {}) };
  const tried = call.resume ? earlierTries(path, run).slice(0, count) : [];
  if (call.resume && tried.length === 0 && existsSync(path))
    console.error(`${path}: not of this run, so its tries are made anew`);
  const progress = createProgress(`search ${name}`, tried.length);
  const deadline = performance.now() + 60_000 * (call.minutes ?? Number.POSITIVE_INFINITY);
  for (let k = 0; k < count; k++) {
    const learningRate = Number((SEARCH.low * exp(rng.uniform() * log(SEARCH.high / SEARCH.low))).toPrecision(3));
    if (k < tried.length) continue;
    if (performance.now() > deadline) {
      progress.line(`Stopped after ${k} of ${count} tries. The same call with --resume goes on.`);
      progress.end();
      return undefined;
    }
    progress.update(k, count, `learning rate ${learningRate}`);
    const short = { ...options, learningRate, iterations, validateEvery: iterations };
    const runner = poolRunner({ train, validation }, call.threads);
    const c = initialCheckpoint(short, call.start?.phi);
    try {
      for await (const _ of metaTrain(short, runner, c));
    } finally {
      await runner.close();
    }
    tried.push({ learningRate, score: Number.isFinite(c.bestScore) ? c.bestScore : null });
    writeWhole(path, `${JSON.stringify({ ...from, of: run, tried }, null, 1)}\n`);
  }
  progress.end();
  const best = tried.reduce((a, b) => ((b.score ?? Infinity) < (a.score ?? Infinity) ? b : a));
  const word = (t: Try): string =>
    `${t.learningRate}: ${t.score?.toPrecision(4) ?? "diverged"}${t === best ? " ←" : ""}`;
  progress.line(tried.map(word).join("   "));
  return { ...options, learningRate: best.learningRate };
}
