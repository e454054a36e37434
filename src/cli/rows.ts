import { join } from "node:path";
import { type Comparison, rows, toCsv } from "../evaluation/index.ts";
import type { TestResult } from "../experiments/run-test.ts";
import { writeWhole } from "../node/write.ts";

/** How every run's losses can be written, one tidy row a step. */
export const rowFormats = ["csv", "json"] as const;
export type RowFormat = (typeof rowFormats)[number];

/** The tidy rows as one JSON array, a row a line. JSON has no Infinity: the loss of a run that diverged is null. */
function toJson(comparison: Comparison): string {
  const lines = Array.from(rows(comparison), (r) =>
    JSON.stringify(r, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? null : v)),
  );
  return `[\n${lines.join(",\n")}\n]\n`;
}

/** Writes every run's losses of a test, baselines at the rates of its first metric, as KEY.csv and KEY-rows.json; returns the paths. */
export function writeRows(folder: string, key: string, result: TestResult, formats: readonly RowFormat[]): string[] {
  const { comparison } = result.metrics[0]!;
  return formats.map((format) => {
    // KEY.json is the result itself.
    const path = join(folder, format === "csv" ? `${key}.csv` : `${key}-rows.json`);
    writeWhole(path, format === "csv" ? toCsv(comparison) : toJson(comparison));
    return path;
  });
}
