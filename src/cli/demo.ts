import { join } from "node:path";
import { experimentByName } from "../experiments/registry.ts";
import { runTest } from "../experiments/run-test.ts";
import { bindLstm } from "../learned/lstm.ts";
import { loadImages } from "../node/images.ts";
import { writeWhole } from "../node/write.ts";
import { createProgress } from "./progress.ts";
import { table } from "./table.ts";
import { train } from "./train.ts";

/** The main job on its embedded default: meta-train, tune, test, table, files. */
export async function demo(seed: number, folder: string): Promise<void> {
  const experiment = experimentByName("demo");
  console.log(
    `${experiment.title}.\nAn LSTM learns the update rule itself; then it meets tuned Adam, NAG and the rest on functions nobody has seen.\n`,
  );
  const trained = await train({ ...experiment, options: { ...experiment.options, seed } }, { folder, resume: false });
  if (!trained.finished) return;
  const progress = createProgress("tune and test");
  const { shape, phi } = trained.file;
  const result = await runTest(experiment.tests[0]!, {
    images: loadImages,
    seed,
    learned: [{ name: "lstm", label: "LSTM (learned)", optimizer: bindLstm(shape, phi), role: "learned" }],
    now: () => performance.now(),
    onProgress: (done, of, words) => progress.update(done, of, words),
  });
  progress.end();
  for (const m of result.metrics) {
    console.log(
      `\n${m.metric === "final(100)" ? "Loss after 100 steps" : "Sum of the losses of steps 0–99"}, ${m.summary.rows[0]!.n} fresh functions`,
    );
    console.log(table(m.summary, new Map(m.tuned.map((t) => [t.name, t.tuned.learningRate]))));
  }
  const summary = join(folder, "summary.json");
  writeWhole(
    summary,
    `${JSON.stringify(
      result.metrics.map(({ comparison: _, ...m }) => m),
      null,
      2,
    )}\n`,
  );
  console.log(`\nOptimizer: ${trained.path}\nSummary:   ${summary}`);
}
