import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { type Contestant, comparisonToJson } from "../evaluation/index.ts";
import type { Experiment, TestSpec } from "../experiments/experiment.ts";
import { runTest, type TestResult } from "../experiments/run-test.ts";
import { decodeOptimizer } from "../learned/file.ts";
import { bindLstm } from "../learned/lstm.ts";
import { loadImages } from "../node/images.ts";
import { writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { table } from "./table.ts";
import { version } from "./version.ts";

/** Options of `evaluate`, as the command line gives them. */
export interface EvaluateCall {
  readonly seed: number;
  readonly trajectories?: number;
  readonly out: string;
  readonly json: boolean;
}

/** Which code ran: the commit, and whether the tree was clean. */
function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return (
      git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain", "--", "src", "assembly") ? "-dirty" : "")
    );
  } catch {
    return "unknown";
  }
}

/** What every committed result says about itself. */
export function provenance(command: string, seed: number): Record<string, unknown> {
  return {
    command,
    seed,
    commit: commit(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`,
    date: new Date().toISOString().slice(0, 10),
    version,
  };
}

/** Tests optimizer files on an experiment's test problems; prints tables, writes one JSON a test. */
export async function evaluateCommand(
  experiment: Experiment,
  files: readonly string[],
  call: EvaluateCall,
): Promise<TestResult[]> {
  const learned: Contestant[] = files.map((path, i) => {
    const { shape, phi } = decodeOptimizer(readFileSync(path));
    return {
      name: i === 0 ? "lstm" : `lstm-${i + 1}`,
      label: i === 0 ? "LSTM (learned)" : `LSTM, ${basename(path)}`,
      optimizer: bindLstm(shape, phi),
      role: "learned",
    };
  });
  const results: TestResult[] = [];
  for (const test of experiment.tests) {
    const spec: TestSpec = call.trajectories ? { ...test, trajectories: call.trajectories } : test;
    const progress = createProgress(`test ${spec.key}`);
    const result = await runTest(spec, {
      images: loadImages,
      seed: call.seed,
      learned,
      now: () => performance.now(),
      onProgress: (d, of, words) => progress.update(d, of, words),
    });
    progress.end();
    results.push(result);
    for (const m of result.metrics) {
      const rates = new Map(m.tuned.map((t) => [t.name, t.tuned.learningRate]));
      if (call.json) console.log(JSON.stringify({ key: spec.key, metric: m.metric, summary: m.summary }));
      else console.log(`\n${spec.key}, ${m.metric}\n${table(m.summary, rates)}`);
    }
    const path = join(call.out, `${spec.key}.json`);
    writeWhole(
      path,
      `${JSON.stringify({ ...provenance(`gradgrad evaluate ${files.join(" ")} --problem ${experiment.name} --seed ${call.seed}`, call.seed), spec, files, metrics: result.metrics.map((m) => ({ ...m, comparison: compact(m.comparison) })) })}\n`,
    );
  }
  return results;
}

/** The rows a result keeps: each trajectory's losses at every tenth step, to six digits. */
function compact(comparison: TestResult["metrics"][number]["comparison"]): unknown {
  const json = comparisonToJson(comparison);
  const every = (row: readonly (number | null)[]): (number | null)[] =>
    row.filter((_, t) => t % 10 === 0).map((v) => (v === null ? null : Number(v.toPrecision(6))));
  return { ...json, every: 10, entries: json.entries.map((e) => ({ ...e, losses: e.losses.map(every) })) };
}
