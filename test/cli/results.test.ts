import { expect, it } from "vitest";
import { rederived } from "../../src/cli/rederive.ts";
import { resultJson } from "../../src/cli/results.ts";
import type { MetricFile } from "../../src/cli/summary.ts";
import { runTask } from "../../src/experiments/run-task.ts";
import { runTest } from "../../src/experiments/run-test.ts";
import { quadraticDefaults, quadratics } from "../../src/index.ts";

it("keeps intervals that its kept values give, of losses a millionth of those beside them too", async () => {
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
