import { styleText } from "node:util";
import type { Finding } from "../evaluation/finding.ts";

const MARKS = { good: ["✓", "green"], note: ["!", "yellow"], bad: ["✗", "red"] } as const;

/** Findings as lines for a terminal: what was looked at, what was seen, and below it what to do. */
export function findingLines(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((f) => f.about.length));
  return findings
    .map(({ about, verdict, words, advice }) => {
      const [mark, colour] = MARKS[verdict];
      const line = `${styleText(colour, mark)} ${about.padEnd(width)}  ${words}`;
      return advice ? `${line}\n  ${"".padEnd(width)}  → ${advice}` : line;
    })
    .join("\n");
}
