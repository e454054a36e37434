import type { PaperFigure } from "../experiments/paper-figures.ts";

type Ends = readonly [number | null, number | null];

/** A number with its interval; null where runs diverged. */
interface Estimate {
  readonly value: number | null;
  readonly ci95: Ends;
}

/** One line of a figure's table. */
export interface TableRow {
  readonly panel: string;
  readonly label: string;
  /** It makes more evaluations a step, or its rate falls to zero. */
  readonly apart: boolean;
  /** At which it was meta-trained, where rows differ in that. */
  readonly metaRate?: number;
  readonly at: string;
  readonly ours: number | null;
  readonly median: number | null;
  readonly ci95: Ends;
  /** This one minus the reference, paired; absent for the reference itself. */
  readonly difference?: Estimate;
  readonly paper?: number | undefined;
  /** Over the LSTM, where the paper's numbers have a unit of their own. */
  readonly ratio?: Estimate & { readonly paper: number };
}

const number = (v: number | null): string => (v === null ? "diverged" : v.toPrecision(4));
const signed = (v: number | null): string => (v !== null && v > 0 ? `+${number(v)}` : number(v));
const interval = ([low, high]: Ends, words = number): string =>
  low === null || high === null ? "–" : `${words(low)} to ${words(high)}`;
const above = (ours: number | null, paper: number | undefined): string =>
  paper === undefined || ours === null ? "" : `${ours > paper ? "+" : ""}${(ours - paper).toFixed(4)}`;

/** A column that has nothing in any row is left out. */
const columns: readonly (readonly [head: string, cell: (r: TableRow) => string])[] = [
  ["panel", (r) => r.panel],
  ["optimizer", (r) => `${r.label}${r.apart ? " (apart)" : ""}`],
  ["meta learning rate", ({ metaRate }) => (metaRate === undefined ? "" : String(metaRate))],
  ["at", (r) => r.at],
  ["ours (mean)", (r) => number(r.ours)],
  ["95% interval", (r) => interval(r.ci95)],
  ["median", (r) => number(r.median)],
  ["minus the reference", ({ difference: d }) => (d ? signed(d.value) : "the reference")],
  ["95% interval, paired", ({ difference: d }) => (d ? interval(d.ci95, signed) : "")],
  ["paper", ({ paper }) => (paper === undefined ? "" : number(paper))],
  ["difference", ({ ours, paper }) => above(ours, paper)],
  ["over the LSTM", ({ ratio }) => (ratio ? number(ratio.value) : "")],
  ["95% interval of that", ({ ratio }) => (ratio ? interval(ratio.ci95) : "")],
  ["paper's over its LSTM", ({ ratio }) => (ratio ? number(ratio.paper) : "")],
  ["difference", ({ ratio }) => (ratio ? above(ratio.value, ratio.paper) : "")],
];

const words =
  "Minus the reference: run by run on the same problems, so that its interval may leave out 0 where the others overlap. Intervals are over problems; seeds of meta-training may differ by more.";

const apartWords =
  "What stands apart is never the best baseline: it makes more evaluations a step, or its rate falls to zero at the end.";

/** A figure's table as Markdown. */
export function paperTable(figure: PaperFigure, rows: readonly TableRow[]): string {
  const kept = columns.filter(([, cell]) => rows.some((r) => cell(r) !== ""));
  const lines = [
    kept.map(([head]) => head),
    kept.map(() => "---"),
    ...rows.map((r) => kept.map(([, cell]) => cell(r))),
  ];
  const all = rows.some((r) => r.apart) ? `${words} ${apartWords}` : words;
  return `# ${figure.title}\n\n${all}\n\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}
