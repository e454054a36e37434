import { join } from "node:path";
import { verdict } from "../evaluation/index.ts";
import { experimentByName } from "../experiments/registry.ts";
import { runTest } from "../experiments/run-test.ts";
import { poolTaskRunner } from "../node/pool.ts";
import { writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { provenance } from "./provenance.ts";
import { metaPoints, printTest, resultJson, writeReport } from "./results.ts";
import { sayer } from "./say.ts";
import { train } from "./train.ts";

/** The main job on its embedded default: meta-train, tune, test, table, report, files. */
export async function demo(seed: number, folder: string, json = false, resume = false): Promise<void> {
  const started = performance.now();
  const experiment = experimentByName("demo");
  const say = sayer(json);
  say(
    `${experiment.title}.\nAn LSTM learns the update rule itself; then it meets tuned Adam, NAG and the rest on functions nobody has seen.\n`,
  );
  const trained = await train({ ...experiment, options: { ...experiment.options, seed } }, { folder, resume });
  if (trained.interrupted) process.exitCode = 130;
  if (!trained.finished) return;
  const progress = createProgress("tune and test");
  const { shape, phi } = trained.file;
  const runner = poolTaskRunner();
  const result = await runTest(experiment.tests[0]!, {
    runner,
    seed,
    learned: [{ group: "lstm", label: "LSTM (learned)", seed, optimizer: { kind: "learned", shape, phi } }],
    onProgress: (done, of, words) => progress.update(done, of, words),
  }).finally(() => runner.close());
  progress.end();
  if (json)
    console.log(
      JSON.stringify(
        result.metrics.map((m) => ({ metric: m.metric, summary: m.summary, verdict: verdict(m.summary) })),
      ),
    );
  else console.log(printTest(result));
  const from = provenance(`gradgrad demo --seed ${seed}`, seed);
  const path = join(folder, "demo.json");
  writeWhole(path, resultJson(result, { minutes: trained.seconds / 60 }, from));
  const { command, commit, machine, date, version } = from;
  const seconds = Math.round((performance.now() - started) / 1000);
  const written = writeReport(
    folder,
    "A learned optimizer against tuned hand-designed ones",
    experiment.words,
    [result],
    { points: metaPoints(trained.checkpoint.history), select: experiment.options.select, imitation: false },
    { command, seed, commit, machine, date, version, seconds },
  );
  say(`\nIn ${folder}, after ${seconds} s:`);
  for (const p of [trained.path, path, ...written]) say(`  ${p}`);
}
