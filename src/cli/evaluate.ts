import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Experiment } from "../experiments/experiment.ts";
import { experimentByName } from "../experiments/registry.ts";
import { type Learned, runTest, type TestResult } from "../experiments/run-test.ts";
import { decodeOptimizer, type OptimizerFile } from "../learned/file.ts";
import { poolTaskRunner } from "../node/pool.ts";
import { writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { provenance } from "./provenance.ts";
import { printTest, resultJson, sha256, writeReport } from "./results.ts";

/** Options of `evaluate`, as the command line gives them. */
export interface EvaluateCall {
  readonly seed: number;
  readonly trajectories?: number;
  readonly threads?: number;
  readonly out: string;
  /** Where report and figures go; none without it. */
  readonly report?: string;
  readonly csv: boolean;
  readonly json: boolean;
  /** Hand-designed methods to compare with; all by default. */
  readonly methods?: readonly string[];
}

function experimentOf(file: OptimizerFile): string {
  const training = file.provenance.training as { experiment?: unknown } | undefined;
  return typeof training?.experiment === "string" ? training.experiment : "unknown";
}

/** Which row a file stands in: "lstm" for this experiment's own optimizer, else by the recipe that trained it. */
function contestant(experiment: Experiment, path: string, file: OptimizerFile): Learned {
  const name = experimentOf(file);
  const own = name === experiment.name;
  const recipe = own ? undefined : recipeOf(name);
  return {
    group: own ? "lstm" : `lstm-${recipe ?? name}`,
    label: own ? "LSTM (learned)" : `LSTM, ${recipe?.replaceAll("-", " ") ?? basename(path)}`,
    seed: file.provenance.seed,
    optimizer: { kind: "learned", shape: file.shape, phi: file.phi },
  };
}

function recipeOf(name: string): string | undefined {
  try {
    return experimentByName(name).recipe;
  } catch {
    return undefined;
  }
}

/** Tests optimizer files on an experiment's test problems; prints tables, writes one JSON a test, and a report. */
export async function evaluateCommand(
  experiment: Experiment,
  paths: readonly string[],
  call: EvaluateCall,
): Promise<TestResult[]> {
  const bytes = paths.map((p) => readFileSync(p));
  const files = bytes.map(decodeOptimizer);
  const learned = files.map((f, i) => contestant(experiment, paths[i]!, f));
  const results: TestResult[] = [];
  const command = [
    `gradgrad ${call.methods ? "compare" : "evaluate"} ${[...(call.methods ?? []), ...paths].join(" ")} --problem ${experiment.name} --seed ${call.seed}`,
    ...(call.trajectories ? [`--trajectories ${call.trajectories}`] : []),
  ].join(" ");
  const from = provenance(command, call.seed);
  const runner = poolTaskRunner(call.threads);
  try {
    for (const test of experiment.tests) {
      const spec = call.trajectories ? { ...test, trajectories: call.trajectories } : test;
      let progress = createProgress(`tune for ${spec.key}`);
      let words = "";
      const result = await runTest(spec, {
        runner,
        seed: call.seed,
        learned,
        ...(call.methods ? { methods: call.methods } : {}),
        onProgress: (d, of, w) => {
          if (w === "fresh problems" && words !== w) {
            progress.end();
            progress = createProgress(`test ${spec.key}`);
          }
          words = w;
          progress.update(d, of, w);
        },
      });
      progress.end();
      results.push(result);
      if (call.json)
        for (const m of result.metrics)
          console.log(JSON.stringify({ key: spec.key, metric: m.metric, summary: m.summary }));
      else console.log(printTest(result));
      const about = files.map((f, i) => ({ path: paths[i]!, sha256: sha256(bytes[i]!), provenance: f.provenance }));
      writeWhole(join(call.out, `${spec.key}.json`), resultJson(result, { files: about }, from));
    }
  } finally {
    await runner.close();
  }
  if (call.report) {
    const { command: cmd, seed, commit, machine, date } = from;
    const facts = {
      command: cmd,
      seed,
      commit,
      machine,
      date,
      "optimizer files": paths.map((p) => basename(p)).join(", "),
    };
    const written = writeReport(call.report, experiment.title, experiment.words, results, undefined, facts, call.csv);
    if (!call.json) console.log(`\n${written.join("\n")}`);
  }
  return results;
}
