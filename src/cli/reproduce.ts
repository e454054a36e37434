import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { check } from "../core/check.ts";
import type { Experiment, TestSpec } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import { type PaperFigure, paperFigures } from "../experiments/paper-figures.ts";
import { quickly } from "../experiments/quick.ts";
import { experimentByName } from "../experiments/registry.ts";
import { coordinateUpdates } from "../experiments/updates.ts";
import { loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { writeWhole } from "../node/write.ts";
import { evaluateCommand } from "./evaluate.ts";
import { drawPaperFigure } from "./paper-figure.ts";
import { makePictures } from "./pictures.ts";
import { provenance, recordedPath } from "./provenance.ts";
import { dataChecksums } from "./results.ts";
import type { Say } from "./say.ts";
import { readOptimizer, startFromFinished } from "./start.ts";
import { readResult, readResults } from "./summary.ts";
import { pathOf, train } from "./train.ts";

/** Options of `reproduce`, as the command line gives them. */
export interface ReproduceCall {
  /** Results go there, optimizers into its folder `optimizers`, figures into `figures`. */
  readonly out: string;
  readonly quick: boolean;
  readonly threads?: number;
  readonly command: string;
  /** Ends the recorded call of each part: " --revectorize" or nothing. */
  readonly suffix: string;
  readonly say: Say;
}

/** A test's result is there already, made by the same description with the same optimizer files. */
function done(path: string, optimizers: readonly string[], test: TestSpec): boolean {
  if (!existsSync(path)) return false;
  const result = JSON.parse(readFileSync(path, "utf8")) as {
    files?: { sha256: string }[];
    spec?: unknown;
  };
  const wanted = optimizers.map((p) => readOptimizer(p).sha256);
  const had = result.files?.map((f) => f.sha256) ?? [];
  return isDeepStrictEqual(result.spec, JSON.parse(JSON.stringify(test))) && wanted.every((w) => had.includes(w));
}

/** An optimizer of a figure, and whether it is still to be trained. */
interface Training {
  readonly name: string;
  readonly seed: number;
  readonly experiment: Experiment;
  readonly path: string;
  readonly stopped: boolean;
  readonly missing: boolean;
}

/** Says before the first hour of work what that work is: some figures ask for days. */
function tell(
  figure: PaperFigure,
  trainings: readonly Training[],
  tests: (run: PaperFigure["runs"][number]) => readonly TestSpec[],
  say: Say,
): void {
  const unique = [...new Map(trainings.filter((t) => t.missing).map((t) => [t.path, t])).values()];
  const train = unique.map(({ name, seed, experiment: { options: o }, stopped }) => {
    const size = `${o.iterations} rounds of ${o.metaBatch} × ${o.steps} steps`;
    return `  train     ${name} --seed ${seed}: ${size}${stopped ? ", from its checkpoint" : ""}`;
  });
  const test = figure.runs
    .flatMap(tests)
    .map((t) => `  evaluate  ${t.key}: ${t.trajectories} runs of ${t.steps} steps for each optimizer`);
  if (train.length + test.length === 0) return;
  say([`figure ${figure.name} needs, and Ctrl-C keeps what is done:`, ...train, ...test].join("\n"));
}

/**
 * Makes a figure of the paper again: trains the optimizers that are missing, runs the tests whose results are, and draws. What is
 * there already is taken, and a run that was stopped goes on, so the same call can be given until all is done.
 *
 * @returns the figure's files; undefined after Ctrl-C.
 */
export async function reproduce(whole: PaperFigure, call: ReproduceCall): Promise<string[] | undefined> {
  const few = whole.units?.filter((u) => [5, 20, 50].includes(u.hidden[0]!));
  const title = `${whole.title} (quick: two runs, which show the way and no number)`;
  const figure = call.quick ? { ...whole, title, ...(few ? { units: few } : {}) } : whole;
  const optimizers = join(call.out, "optimizers");
  const sized = (name: string): Experiment => (call.quick ? quickly(experimentByName(name)) : experimentByName(name));
  const threads = call.threads ? { threads: call.threads } : {};
  const keys = new Set([...(figure.panels ?? []), ...(figure.units ?? [])].map((p) => p.key));
  for (const key of figure.pictures?.keys ?? []) keys.add(key);
  if (figure.updates) keys.add(experimentByName(figure.updates.problem).tests[0]!.key);
  const trainings = (run: PaperFigure["runs"][number]): Training[] =>
    run.optimizers.flatMap((name) =>
      (call.quick ? run.seeds.slice(0, 1) : run.seeds).map((seed) => {
        const base = sized(name);
        const experiment = { ...base, options: { ...base.options, seed } };
        const path = pathOf(experiment, optimizers, "safetensors");
        // One that came to its end keeps its checkpoint; a committed one may be of an older description.
        const ended = startFromFinished(experiment, path, pathOf(experiment, optimizers, "json")) !== undefined;
        const stopped = !ended && existsSync(pathOf(experiment, optimizers, "checkpoint"));
        const missing = stopped || !existsSync(path);
        return { name, seed, experiment, path, stopped, missing };
      }),
    );
  const missingTests = (run: PaperFigure["runs"][number], paths: readonly string[]): readonly TestSpec[] =>
    sized(run.problem).tests.filter((t) => keys.has(t.key) && !done(join(call.out, `${t.key}.json`), paths, t));
  const needed = (run: PaperFigure["runs"][number]): readonly TestSpec[] => {
    const all = trainings(run);
    return all.some((t) => t.missing)
      ? sized(run.problem).tests.filter((t) => keys.has(t.key))
      : missingTests(
          run,
          all.map((t) => t.path),
        );
  };
  tell(figure, figure.runs.flatMap(trainings), needed, call.say);
  for (const run of figure.runs) {
    const all = trainings(run);
    const paths = all.map((t) => t.path);
    for (const { name, seed, experiment, missing } of all) {
      if (!missing) continue;
      const command = call.quick ? call.command : `gradgrad train ${name} --seed ${seed}${call.suffix}`;
      const trained = await train(experiment, { folder: optimizers, resume: "if it fits", command, ...threads });
      if (!trained.finished) return undefined;
    }
    const problem = sized(run.problem);
    const missing = missingTests(run, paths);
    if (missing.length === 0) continue;
    const command = call.quick
      ? call.command
      : `gradgrad evaluate ${paths.map(recordedPath).join(" ")} --problem ${run.problem}${call.suffix}`;
    for (const test of missing)
      await evaluateCommand({ ...problem, tests: [test] }, paths, {
        seed: 0,
        command,
        out: call.out,
        rows: [],
        say: call.say,
        ...threads,
      });
  }
  if (figure.updates) await recordUpdates(figure.updates, sized(figure.updates.problem), call);
  if (figure.pictures) {
    const name = figure.runs[0]!.optimizers[0]!;
    const seed = figure.runs[0]!.seeds[0]!;
    const base = sized(name);
    const learned = readOptimizer(pathOf({ ...base, options: { ...base.options, seed } }, optimizers, "safetensors"));
    const { tests } = sized(figure.pictures.problem);
    const paths = await makePictures(figure, tests, learned, call.out);
    call.say(paths.join("\n"));
    return paths;
  }
  const drawn = drawPaperFigure(figure, readResults(call.out));
  check(drawn !== undefined, `figure ${figure.name}`, "all of its results", "some missing");
  return [...drawn].map(([ending, text]) => {
    const path = join(call.out, "figures", `figure-${figure.name}${ending}`);
    writeWhole(path, text);
    if (ending === ".md") call.say(`\n${text}`);
    call.say(path);
    return path;
  });
}

/**
 * Runs one trajectory of the learned optimizer and looks at single coordinates; the others' rates are those of the test. A record
 * that was made of the same optimizer and rates is left as it is.
 */
async function recordUpdates(
  u: NonNullable<PaperFigure["updates"]>,
  experiment: Experiment,
  call: ReproduceCall,
): Promise<void> {
  const { file, sha256: optimizer } = readOptimizer(
    pathOf({ ...experiment, options: { ...experiment.options, seed: 0 } }, join(call.out, "optimizers"), "safetensors"),
  );
  const path = join(call.out, `updates-${u.problem}.json`);
  const test = experiment.tests[0]!;
  const { tuned } = readResult(call.out, test.key).metrics![0]!;
  const beside = ["adam", "sgd"].map((name) => {
    const found = tuned.find((t) => t.name === name)!;
    return { name, label: found.label, learningRate: found.tuned.learningRate };
  });
  if (existsSync(path)) {
    const had = JSON.parse(readFileSync(path, "utf8")) as { optimizer?: string; updates?: { beside?: unknown } };
    if (had.optimizer === optimizer && isDeepStrictEqual(had.updates?.beside, beside)) return;
  }
  const family = await createFamily(experiment.train, loadImages, loadArt);
  const coordinates = await coordinateUpdates(family, file, beside, { steps: test.steps, seed: 0, tensors: u.tensors });
  const from = provenance(call.quick ? call.command : `gradgrad reproduce ${u.figure}${call.suffix}`, 0);
  const data = dataChecksums(experiment.train);
  writeWhole(
    path,
    `${JSON.stringify({ ...from, data, optimizer, updates: { beside, coordinates } }, (_, v) =>
      typeof v === "number" && !Number.isInteger(v) ? Number(v.toPrecision(6)) : v,
    )}\n`,
  );
}

/** The figures that a name means: one, or all. Throws ArgumentError with the names that exist. */
export function figuresByName(name: string): readonly PaperFigure[] {
  if (name === "all") return paperFigures;
  const found = paperFigures.find((f) => f.name === name);
  check(found !== undefined, "figure", `all, or one of ${paperFigures.map((f) => f.name).join(", ")}`, name);
  return [found];
}
