import { styleText } from "node:util";
import { type Summary, verdict } from "../evaluation/index.ts";
import { labelWithEvaluations } from "../figures/words.ts";

const number = (v: number): string => (Number.isFinite(v) ? v.toPrecision(4) : "diverged");

/** A summary as a table for a terminal, lowest mean first, and the sentence that follows from it. */
export function table(summary: Summary, rates: ReadonlyMap<string, number>): string {
  const head = ["optimizer", "learning rate", "mean", "95% interval", "median", "n"];
  const sorted = [...summary.rows].sort((a, b) => a.mean - b.mean);
  const body = sorted.map((r) => [
    labelWithEvaluations(r),
    rates.has(r.name) ? rates.get(r.name)!.toPrecision(3) : "–",
    number(r.mean),
    Number.isFinite(r.ci95[0]) ? `${number(r.ci95[0])} to ${number(r.ci95[1])}` : "–",
    number(r.median),
    String(r.n),
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...body.map((b) => b[i]!.length)));
  const line = (cells: string[]): string =>
    cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join("  ");
  const rows = body.map((cells, i) =>
    sorted[i]!.name === summary.reference ? styleText("bold", line(cells)) : line(cells),
  );
  return [line(head), ...rows, "", verdict(summary).sentence].join("\n");
}
