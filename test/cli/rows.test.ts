import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeRows } from "../../src/cli/rows.ts";
import type { TestResult } from "../../src/experiments/run-test.ts";

it("the rows as JSON are those of the CSV, but for a loss that is not finite: null", () => {
  const losses = Float64Array.of(2.5, Infinity);
  const entries = [{ name: "adam", trajectories: [{ losses }, { losses: Float64Array.of(1, 0.125) }] }];
  const result = { metrics: [{ comparison: { entries } }] } as unknown as TestResult;
  const folder = mkdtempSync(join(tmpdir(), "gradgrad-rows-"));
  const [csv, json] = writeRows(folder, "k", result, ["csv", "json"]);
  expect([csv, json]).toEqual([join(folder, "k.csv"), join(folder, "k-rows.json")]);
  const rows = JSON.parse(readFileSync(json!, "utf8")) as object[];
  expect(rows[1]).toEqual({ optimizer: "adam", trajectory: 0, step: 1, loss: null });
  const lines = rows.map((r) =>
    Object.values(r)
      .map((v) => v ?? "Infinity")
      .join(),
  );
  expect(readFileSync(csv!, "utf8")).toBe(`optimizer,trajectory,step,loss\n${lines.join("\n")}\n`);
  rmSync(folder, { recursive: true });
});
