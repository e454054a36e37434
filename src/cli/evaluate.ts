import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import { experimentByName } from "../experiments/registry.ts";
import { type Learned, runTest, type TestResult } from "../experiments/run-test.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { partition } from "../learned/several.ts";
import { loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { journal } from "../node/journal.ts";
import { loadOwnFamily } from "../node/module.ts";
import { poolTaskRunner } from "../node/pool.ts";
import { checkFolder, writeWhole } from "../node/write.ts";
import { methodNames } from "../optimizers/registry.ts";
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

function experimentOf(file: OptimizerFile): string {
  const training = file.provenance.training as { experiment?: unknown } | undefined;
  return typeof training?.experiment === "string" ? training.experiment : UNKNOWN;
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

/** Files that the same experiment and seed made (with other options) stand in groups of their own, by their paths. */
function apart(learned: readonly Learned[], paths: readonly string[]): Learned[] {
  const seen = new Set<string>();
  return learned.map((l, i) => {
    const key = `${l.group} ${l.seed}`;
    if (!seen.has(key)) {
      seen.add(key);
      return l;
    }
    return { ...l, group: `${l.group}-${i + 1}`, label: `LSTM, ${paths[i]}` };
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

/** Several optimizers that find no tensors of theirs in a test's problems must be told before an hour of tuning. */
async function checkFit(experiment: Experiment, files: readonly OptimizerFile[]): Promise<void> {
  for (const { shape } of files) {
    if (!("kind" in shape) || shape.kind !== "several") continue;
    for (const { family } of experiment.tests) {
      const problem = (await createFamily(family, loadImages, loadArt, loadOwnFamily)).sample(createRng(0));
      partition(shape, problem.layout);
      problem.dispose?.();
    }
  }
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
  const learned = apart(
    files.map((f, i) => contestant(experiment, paths[i]!, f)),
    paths,
  );
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
  try {
    for (const test of experiment.tests) {
      const spec = call.trajectories ? { ...test, trajectories: call.trajectories } : test;
      const base = `${spec.key}${call.methods ? "-compare" : ""}`;
      const target = join(call.out, `${base}.json`);
      const runner = journal(threads, `${target}l`, code);
      if (runner.found > 0) console.error(`${target}l: going on after ${runner.found} runs of a test that was stopped`);
      const earlier = call.tunedBy === undefined ? undefined : earlierTuning(call.tunedBy, spec, from);
      if (call.tunedBy !== undefined) {
        const path = join(call.tunedBy, `${spec.key}.json`);
        const none = existsSync(path) ? "not the same test" : "not there";
        console.error(`${path}: ${earlier ? "no rate that it tried is run again" : `${none}, so rates are tuned`}`);
      }
      let progress = createProgress(`tune for ${spec.key}`);
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
      writeWhole(target, resultJson(result, { files: about, ...(earlier ? { tunedBy: earlier.by } : {}) }, from));
      const [folder, key] = call.report === undefined ? [call.out, base] : [call.report, spec.key];
      written.push(...writeRows(folder, key, result, call.rows));
      runner.finish();
    }
  } finally {
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
