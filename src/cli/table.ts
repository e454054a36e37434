import { styleText } from "node:util";
import { type Summary, type SummaryRow, verdict } from "../evaluation/index.ts";

/** Columns of a terminal that does not say how many it has. */
const WIDTH = 110;
const TARGET = "to target";

function number(x: number, digits = 4): string {
  if (Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const far = x !== 0 && Math.abs(x) < 1e-4; // plain decimals are walls of zeros
  return (far ? x.toExponential(digits - 1) : x.toPrecision(digits)).replaceAll("-", "−").replace("e+", "e");
}

const level = (x: number): string => (Number.isFinite(x) ? number(x) : "diverged");
const interval = ([low, high]: readonly [number, number]): string =>
  Number.isFinite(low) ? `${number(low, 3)} to ${number(high, 3)}` : "–";

interface Column {
  readonly head: string;
  readonly of: (row: SummaryRow) => string;
  /** Left out where lines would be wider than the terminal, the lowest first; one without it never is. */
  readonly spare?: number;
}

function columnsOf(summary: Summary, rates: ReadonlyMap<string, number>): Column[] {
  const timed = summary.rows.some((r) => r.secondsPerStep !== undefined);
  const milliseconds = (r: SummaryRow): string =>
    r.secondsPerStep === undefined ? "–" : `${number(1000 * r.secondsPerStep, 3)} ms`;
  return [
    { head: "optimizer", of: (r) => r.label },
    { head: "rate", of: (r) => (rates.has(r.name) ? rates.get(r.name)!.toPrecision(3) : "–"), spare: 5 },
    { head: "mean", of: (r) => level(r.mean) },
    { head: "95% interval", of: (r) => interval(r.ci95), spare: 1 },
    { head: "median", of: (r) => level(r.median), spare: 2 },
    { head: "difference", of: ({ reference: r }) => (r ? number(r.difference, 3) : "") },
    { head: "its 95% interval", of: ({ reference: r }) => (r ? interval(r.ci95) : "") },
    { head: "wins", of: ({ reference: r }) => (r ? `${(100 * r.winRate).toFixed(1)}%` : "") },
    { head: TARGET, of: (r) => (Number.isFinite(r.stepsToTarget) ? String(r.stepsToTarget) : "never"), spare: 4 },
    ...(timed ? [{ head: "a step", of: milliseconds, spare: 3 }] : []),
  ];
}

/** What the columns mean, in as few lines as it takes. */
function notes(summary: Summary, shown: readonly string[], leftOut: readonly string[], width: number): string[] {
  const us = summary.rows.find((r) => r.name === summary.reference)!.label;
  const evaluations = summary.rows
    .filter((r) => r.evaluationsPerStep !== undefined)
    .map((r) => `${r.label} computes ${r.evaluationsPerStep!.toFixed(1)} losses with gradients a step.`);
  return [
    `Difference: ${us} minus the row, run by run: below 0 it is better. Wins: the runs in which it is lower.`,
    ...(shown.includes(TARGET) ? [`To target: steps until the median is at most ${number(summary.target, 3)}.`] : []),
    ...evaluations,
    ...(leftOut.length > 0 ? [`Left out in ${width} columns: ${leftOut.join(", ")}.`] : []),
  ];
}

/** A summary as a table for a terminal of a width, lowest mean first, and the sentence that follows from it. */
export function table(
  summary: Summary,
  rates: ReadonlyMap<string, number>,
  width: number = process.stdout.columns ?? WIDTH,
): string {
  const sorted = [...summary.rows].sort((a, b) => a.mean - b.mean || 0);
  const all = columnsOf(summary, rates).map(({ head, of, spare }) => {
    const cells = [head, ...sorted.map(of)];
    return { head, cells, spare, wide: Math.max(...cells.map((c) => c.length)) };
  });
  const columns = [...all];
  for (const spare of all.filter((c) => c.spare !== undefined).sort((a, b) => a.spare! - b.spare!)) {
    if (columns.reduce((sum, c) => sum + c.wide + 2, -2) <= width) break;
    columns.splice(columns.indexOf(spare), 1);
  }
  const lines = ["", ...sorted.map((r) => r.name)].map((name, k) => {
    const text = columns
      .map((c, i) => (i === 0 ? c.cells[k]!.padEnd(c.wide) : c.cells[k]!.padStart(c.wide)))
      .join("  ");
    return name === summary.reference ? styleText("bold", text) : text;
  });
  const heads = columns.map((c) => c.head);
  const leftOut = all.filter((c) => !columns.includes(c)).map((c) => c.head);
  return [...lines, "", ...notes(summary, heads, leftOut, width), "", verdict(summary).sentence].join("\n");
}
