import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import { experimentByName } from "../experiments/registry.ts";
import { type Learned, runTest, type TestResult } from "../experiments/run-test.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { openNetwork } from "../learned/network.ts";
import { placeOf } from "../meta/unroll.ts";
import { loadArt } from "../node/art.ts";
import { identityOf } from "../node/checkpoint.ts";
import { loadImages } from "../node/images.ts";
import { journal } from "../node/journal.ts";
import { loadOwnFamily } from "../node/module.ts";
import { poolTaskRunner } from "../node/pool.ts";
import { checkFolder, setAside, writeWhole } from "../node/write.ts";
import { methodNames } from "../optimizers/registry.ts";
import { onInterrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { provenance, recordedPath } from "./provenance.ts";
import { type MetaTraining, printTest, resultJson, writeReport } from "./results.ts";
import { type RowFormat, writeRows } from "./rows.ts";
import type { Say } from "./say.ts";
import { findOptimizer } from "./start.ts";
import { metaTrainingOf, originOf } from "./training-record.ts";
import { earlierTuning } from "./tuned-by.ts";

/** Options of `evaluate`, as the command line gives them. */
export interface EvaluateCall {
  readonly seed: number;
  /** The call as the results repeat it. */
  readonly command: string;
  readonly trajectories?: number;
  readonly threads?: number;
  readonly out: string;
  /** Where report and figures go; none without it. */
  readonly report?: string;
  /** As what every run's losses are written: into the report's folder, or without one beside the result. */
  readonly rows: readonly RowFormat[];
  readonly say: Say;
  /** Hand-designed methods to compare with; all by default. */
  readonly methods?: readonly string[];
  /** A folder of earlier results, whose learning rates are taken where the test is the same. */
  readonly tunedBy?: string;
}

const UNKNOWN = "unknown";

/** A file may name its experiment as it likes, and a terminal obeys some characters. */
function experimentOf({ provenance: { training } }: OptimizerFile): string {
  return typeof training.experiment === "string" ? training.experiment.replace(/\p{C}/gu, "") : UNKNOWN;
}

/** What differs from seed to seed of one meta-training, or in a run that was stopped early; what it started from has them too. */
const OF_A_SEED = new Set(["seed", "iterationsDone", "file", "sha256"]);

/** A file's recipe: network, problems and options, without what differs from seed to seed. */
function recipeOf({ shape, provenance: { family, training } }: OptimizerFile): unknown {
  const own = JSON.stringify(training, (key, value) => (OF_A_SEED.has(key) ? undefined : value));
  return [shape, identityOf(family), JSON.parse(own)];
}

/** Which row a file stands in: "lstm" for this experiment's own optimizer, else the row of the one that trained it. */
function contestant(experiment: Experiment, path: string, file: OptimizerFile): Learned {
  const name = experimentOf(file);
  const own = name === (experiment.optimizerOf ?? experiment.name);
  const row = own ? { name: "lstm", label: "LSTM (learned)" } : rowOf(name);
  return {
    group: row?.name ?? `lstm-${name}`,
    label: row?.label ?? `LSTM, ${name === UNKNOWN ? basename(path) : name}`,
    seed: file.provenance.seed,
    optimizer: { kind: "learned", shape: file.shape, phi: file.phi },
  };
}

/** Only the seeds of one recipe are a group: what another made, or the same seed again, stands apart, by its path. */
function apart(learned: readonly Learned[], paths: readonly string[], files: readonly OptimizerFile[]): Learned[] {
  const recipes = new Map<string, unknown>();
  const seen = new Set<string>();
  return learned.map((l, i) => {
    const recipe = recipeOf(files[i]!);
    const first = recipes.get(l.group) ?? recipe;
    recipes.set(l.group, first);
    const key = `${l.group} ${l.seed}`;
    if (!isDeepStrictEqual(recipe, first) || seen.has(key))
      return { ...l, group: `${l.group}-${i + 1}`, label: `LSTM, ${paths[i]}` };
    seen.add(key);
    return l;
  });
}

function rowOf(name: string): Experiment["row"] {
  try {
    return experimentByName(name).row;
  } catch {
    return undefined;
  }
}

/** The meta-training of the file that the others are compared with: of several seeds the median one. */
function metaTrainingOfReference(
  { headline, metrics }: TestResult,
  learned: readonly Learned[],
  paths: readonly string[],
  files: readonly OptimizerFile[],
): MetaTraining | undefined {
  const { reference, rows } = metrics[0]!.summary;
  const at = learned.findIndex((l) => l.group === reference && l.seed === headline[reference]);
  const meta = at < 0 ? undefined : metaTrainingOf(paths[at]!, files[at]!);
  return meta && { ...meta, ...(learned.length > 1 ? { of: rows.find((r) => r.name === reference)!.label } : {}) };
}

/** A network that cannot be put to work on a test's problems must be told before an hour of tuning. A plain LSTM always can. */
async function checkFit(experiment: Experiment, files: readonly OptimizerFile[]): Promise<void> {
  const shapes = files.map((f) => f.shape).filter((shape) => "kind" in shape);
  if (shapes.length === 0) return;
  for (const { family } of experiment.tests) {
    const problem = (await createFamily(family, loadImages, loadArt, loadOwnFamily)).sample(createRng(0));
    for (const shape of shapes) openNetwork(shape, placeOf(problem, "strict")).close();
    problem.dispose?.();
  }
}

/** What another call left must not be lost to this one; the same call again says the same. */
function keepOther(path: string, command: string): void {
  if (!existsSync(path)) return;
  let left: unknown;
  try {
    left = (JSON.parse(readFileSync(path, "utf8")) as { command?: unknown } | null)?.command;
  } catch {}
  if (left !== command) console.error(`${path} was there, of another call: it is now ${setAside(path)}`);
}

/** Tests optimizer files on an experiment's test problems; prints tables, writes one JSON a test, and a report. */
export async function evaluateCommand(
  experiment: Experiment,
  paths: readonly string[],
  call: EvaluateCall,
): Promise<TestResult[]> {
  check(experiment.tests.length > 0, "--problem", "an experiment with tests", experiment.name);
  const read = await Promise.all(paths.map((p) => findOptimizer(p, "optimizer", call.methods ? methodNames : [])));
  const files = read.map((r) => r.file);
  const rows = files.map((f, i) => contestant(experiment, paths[i]!, f));
  const learned = apart(rows, paths, files);
  checkFolder("--out", call.out);
  if (call.report !== undefined) checkFolder("--report", call.report);
  if (call.tunedBy !== undefined) check(existsSync(call.tunedBy), "--tuned-by", "a folder of results", call.tunedBy);
  await checkFit(experiment, files);
  const results: TestResult[] = [];
  const written: string[] = [];
  const from = provenance(call.command, call.seed);
  // Changed code without a commit has no name: what it left must not be taken for what it would do now.
  const code = from.commit.endsWith("-dirty") ? `${from.commit} ${Date.now()}` : `${from.commit} ${from.version}`;
  const threads = poolTaskRunner(call.threads);
  let kept = (): string => "";
  const deaf = onInterrupt(() => {
    console.error(`\nStopped.${kept()}`);
    process.exit(130);
  });
  try {
    for (const test of experiment.tests) {
      const spec = call.trajectories ? { ...test, trajectories: call.trajectories } : test;
      const base = `${spec.key}${call.methods ? "-compare" : ""}`;
      const target = join(call.out, `${base}.json`);
      const runner = journal(threads, `${target}l`, code);
      if (runner.found > 0) console.error(`${target}l: going on after ${runner.found} runs of a test that was stopped`);
      // Quick runs are made again, and code without a commit has no name to find its runs by.
      kept = () =>
        runner.kept() === 0 || from.commit.endsWith("-dirty")
          ? ""
          : ` ${runner.kept()} runs are kept in ${target}l: the same call goes on from them.`;
      const earlier = call.tunedBy === undefined ? undefined : earlierTuning(call.tunedBy, spec, from);
      if (call.tunedBy !== undefined) {
        const path = join(call.tunedBy, `${spec.key}.json`);
        const none = existsSync(path) ? "not the same test" : "not there";
        console.error(`${path}: ${earlier ? "no rate that it tried is run again" : `${none}, so rates are tuned`}`);
      }
      let progress = createProgress(`tune for ${spec.key}`);
      if (!earlier) progress.line(`tune for ${spec.key}: learning rates first, on problems of their own`);
      let words = "";
      const result = await runTest(spec, {
        runner,
        seed: call.seed,
        learned,
        ...(call.methods ? { methods: call.methods } : {}),
        ...(earlier ? { tuned: earlier.tuned } : {}),
        onProgress: (d, of, w) => {
          if (d === 0 && words !== w) {
            progress.end();
            progress = createProgress(`test ${spec.key}`);
          }
          words = w;
          progress.update(d, of, w);
        },
      });
      progress.end();
      results.push(result);
      call.say(printTest(result));
      const about = files.map((f, i) => ({
        path: recordedPath(paths[i]!),
        sha256: read[i]!.sha256,
        provenance: f.provenance,
      }));
      keepOther(target, from.command);
      writeWhole(target, resultJson(result, { files: about, ...(earlier ? { tunedBy: earlier.by } : {}) }, from));
      const [folder, key] = call.report === undefined ? [call.out, base] : [call.report, spec.key];
      written.push(...writeRows(folder, key, result, call.rows));
      runner.finish();
    }
  } finally {
    deaf();
    await threads.close();
  }
  if (call.report) {
    const { command: cmd, seed, commit, machine, date } = from;
    const facts = {
      command: cmd,
      seed,
      commit,
      machine,
      date,
      ...Object.fromEntries(
        read.map((r, i) => [
          `optimizer${read.length > 1 ? ` ${i + 1}` : ""}`,
          `${recordedPath(paths[i]!)}: ${originOf(r)}`,
        ]),
      ),
    };
    const meta = metaTrainingOfReference(results[0]!, learned, paths, files);
    written.push(...writeReport(call.report, experiment.title, experiment.words, results, meta, facts));
  }
  if (written.length > 0) call.say(`\n${written.join("\n")}`);
  return results;
}
