import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rederived } from "../../src/cli/rederive.ts";
import { resultJson, writeReport } from "../../src/cli/results.ts";
import type { MetricFile } from "../../src/cli/summary.ts";
import { runTask } from "../../src/experiments/run-task.ts";
import { runTest } from "../../src/experiments/run-test.ts";
import { quadraticDefaults, quadratics } from "../../src/index.ts";

const family = { kind: "quadratic", ...quadraticDefaults, functions: 4 } as const;
const spec = {
  key: "kept",
  family,
  steps: 100,
  trajectories: 3,
  tuningTrajectories: 1,
  metrics: [{ name: "final", kind: "final", step: 100 }],
} as const;
const runner = {
  run: (tasks: readonly Parameters<typeof runTask>[1][]) =>
    Promise.all(tasks.map((t) => runTask(quadratics(family), t))),
  close: () => Promise.resolve(),
};
const result = await runTest(spec, { runner, seed: 3, learned: [], methods: ["momentum", "lbfgs"] });

it("keeps intervals that its kept values give, of losses a millionth of those beside them too", () => {
  const from = { command: "", seed: 3, commit: "", machine: "", date: "", version: "" };
  const { metrics } = JSON.parse(resultJson(result, {}, from)) as { metrics: [MetricFile] };
  const [momentum, lbfgs] = metrics[0].summary.rows;
  expect(lbfgs!.mean! / momentum!.mean!).toBeLessThan(1e-3);
  const derived = rederived("kept", 3, metrics[0]);
  expect(derived.verdict).toEqual(metrics[0].verdict);
  derived.rows.forEach((row, i) => {
    const kept = metrics[0].summary.rows[i]!;
    expect(kept.ci95).toEqual(row.ci95);
    expect(kept.reference?.ci95).toEqual(row.reference?.ci95);
  });
});

it("writes every figure of a report as SVG and as PNG, the one of meta-training too", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradgrad-report-"));
  const points = [
    { at: 10, training: 3, validation: 2 },
    { at: 20, training: 2, validation: 1 },
  ];
  const meta = { points, select: "final", imitation: false } as const;
  const written = writeReport(folder, "T", "Bowls.", [result], meta, { seed: 3 });
  const figures = ["kept", "meta-training"].flatMap((name) => [`${name}.svg`, `${name}.png`]);
  expect(readdirSync(folder).sort()).toEqual([...figures, "report.html"].sort());
  expect(written.sort()).toEqual([...figures, "report.html"].map((f) => join(folder, f)).sort());
  expect([...readFileSync(join(folder, "meta-training.png")).subarray(1, 4)]).toEqual([...Buffer.from("PNG")]);
  rmSync(folder, { recursive: true });
});
