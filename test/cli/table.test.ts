import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { table } from "../../src/cli/table.ts";
import type { Summary } from "../../src/evaluation/summary.ts";

const row = { role: "baseline", median: 2, ci95: [0.9, 1.1], n: 9, diverged: 0, secondsPerStep: 0.00125 } as const;
const reference = { difference: -0.512, ci95: [-0.61, -0.4], winRate: 0.9, n: 9 } as const;
const summary: Summary = {
  metric: "final(20)",
  reference: "lstm",
  bestBaseline: "adam",
  target: 0.75,
  rows: [
    { ...row, name: "adam", label: "Adam", mean: 1, reference, stepsToTarget: Infinity },
    { ...row, role: "learned", name: "lstm", label: "LSTM (learned)", mean: 0.000012345, stepsToTarget: 14 },
    {
      ...row,
      role: "apart",
      name: "lbfgs",
      label: "L-BFGS",
      mean: Infinity,
      evaluationsPerStep: 1.44,
      stepsToTarget: 3,
    },
  ],
};
const rates = new Map([["adam", 0.01]]);
const lines = (width: number): string[] => stripVTControlCharacters(table(summary, rates, width)).split("\n");
const words = (line: string): string => line.trim().replace(/ {2,}/g, " | ");

it("shows what the report's table does, lowest mean first", () => {
  const [head, ...rows] = lines(150);
  expect(words(head!)).toBe(
    "optimizer | rate | mean | 95% interval | median | difference | its 95% interval | wins | to target | a step",
  );
  expect(words(rows[0]!)).toBe("LSTM (learned) | – | 1.234e−5 | 0.900 to 1.10 | 2.000 | 14 | 1.25 ms");
  expect(words(rows[1]!)).toBe(
    "Adam | 0.0100 | 1.000 | 0.900 to 1.10 | 2.000 | −0.512 | −0.610 to −0.400 | 90.0% | never | 1.25 ms",
  );
  expect(rows[2]).toContain("diverged");
  const rest = rows.slice(3).join("\n");
  expect(rest).toContain("Difference: LSTM (learned) minus the row");
  expect(rest).toContain("To target: steps until the median is at most 0.750.");
  expect(rest).toContain("L-BFGS computes 1.4 losses with gradients a step.");
  expect(rest).not.toContain("Left out");
});

it("on a narrow terminal leaves columns out and says which, but never the difference, its interval or the wins", () => {
  for (const width of [20, 60, 70, 80, 90, 100, 110, 120]) {
    const shown = lines(width);
    const table = shown.slice(0, 4);
    expect(new Set(table.map((l) => l.length)).size, "one width").toBe(1);
    expect(table[0]!.length).toBeLessThanOrEqual(Math.max(width, 63));
    for (const head of ["optimizer", "mean", "difference", "its 95% interval", "wins"])
      expect(table[0]).toContain(head);
    const out = /^Left out in \d+ columns: (.*)\.$/m.exec(shown.join("\n"))?.[1]?.split(", ") ?? [];
    expect(words(table[0]!).split(" | ")).toHaveLength(10 - out.length);
  }
  expect(lines(20).join("\n")).toContain("Left out in 20 columns: rate, 95% interval, median, to target, a step.");
  expect(lines(20).join("\n")).not.toContain("To target:");
});
