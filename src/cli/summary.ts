import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../core/check.ts";
import type { Curve, Role, Verdict } from "../evaluation/index.ts";
import type { TestSpec } from "../experiments/experiment.ts";
import { paperLine } from "../experiments/paper-curves.ts";
import { paperFigures } from "../experiments/paper-figures.ts";
import { experiments } from "../experiments/registry.ts";
import type { Beside, CoordinateUpdates } from "../experiments/updates.ts";
import { learningCurves } from "../figures/index.ts";
import { evaluationNotes } from "../figures/words.ts";
import { writeWhole } from "../node/write.ts";
import { drawPaperFigure, overReference, smooth } from "./paper-figure.ts";
import { curvesWords } from "./results.ts";

/** Values by step; null from where a run diverged. */
export type Line = readonly (number | null)[];

/** One number with where it comes from. */
export interface SummaryValue {
  readonly value: number | null;
  readonly ci95?: readonly [number | null, number | null];
  readonly n: number;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly date: string;
  readonly source: string;
}

/** One metric of a test. */
export interface MetricFile {
  readonly name: string;
  /** The rates at which hand-designed methods were tested. */
  readonly tuned: readonly {
    readonly name: string;
    readonly label: string;
    readonly tuned: { readonly learningRate: number };
  }[];
  readonly summary: {
    readonly reference: string;
    readonly bestBaseline?: string;
    readonly rows: readonly {
      readonly name: string;
      readonly label: string;
      readonly role: Role;
      readonly mean: number | null;
      readonly median: number | null;
      readonly ci95: readonly [number | null, number | null];
      /** The reference minus this one. */
      readonly reference?: {
        readonly difference: number | null;
        readonly ci95: readonly [number | null, number | null];
      };
      readonly n: number;
      readonly evaluationsPerStep?: number;
      readonly secondsPerStep?: number;
    }[];
  };
  readonly verdict?: Verdict;
  /** One value a trajectory, by row. */
  readonly values: Readonly<Record<string, Line>>;
  readonly curves: Readonly<
    Record<string, Readonly<Record<"median" | "mean", Line>> & Readonly<Partial<Record<"low" | "high", Line>>>>
  >;
}

/** A JSON file of the results folder. */
export interface ResultFile {
  readonly command: string;
  readonly seed: number;
  readonly commit: string;
  readonly machine: string;
  readonly date: string;
  readonly spec?: Pick<TestSpec, "key" | "ratioOf" | "title" | "metrics"> & {
    readonly family?: { readonly kind: string };
  };
  readonly metrics?: readonly MetricFile[];
  /** Of a training record: how long one seed took. */
  readonly experiment?: string;
  readonly minutes?: number;
  /** Single coordinates' updates: Figures 10 to 13. */
  readonly updates?: {
    readonly beside: readonly Beside[];
    readonly coordinates: readonly CoordinateUpdates[];
  };
  /** Other results: key → value. */
  readonly values?: Readonly<Record<string, { readonly value: number; readonly n: number }>>;
}

/** Derives the flat summary from the results: every number keeps the command, commit and machine of its own file. */
export function deriveSummary(files: ReadonlyMap<string, ResultFile>): Record<string, SummaryValue> {
  const out: Record<string, SummaryValue> = {};
  for (const [source, file] of files) {
    const { command, commit, machine, date } = file;
    const put = (key: string, value: Pick<SummaryValue, "value" | "n" | "ci95">): void => {
      check(!(key in out), `${source}: ${key}`, "a key that no other result has", key);
      out[key] = { ...value, command, commit, machine, date, source };
    };
    for (const [key, { value, n }] of Object.entries(file.values ?? {})) put(key, { value, n });
    for (const { name, summary } of file.metrics ?? [])
      for (const { name: who, mean, ci95, n } of summary.rows) {
        const key = file.spec!.key;
        put(`${key}/${who}/${name}`, { value: mean, ci95, n });
        if (who === summary.bestBaseline) put(`${key}/best-baseline/${name}`, { value: mean, ci95, n });
      }
    const first = file.metrics?.[0];
    for (const { name: who, median, evaluationsPerStep, n } of first?.summary.rows ?? []) {
      const key = `${file.spec!.key}/${who}`;
      // A few hard functions make up most of a mean: it and the median may disagree about who is lower.
      if (first!.name === "final") put(`${key}/final-median`, { value: median, n });
      if (evaluationsPerStep !== undefined) put(`${key}/evaluations-per-step`, { value: evaluationsPerStep, n });
    }
    if (first && file.spec?.ratioOf) {
      const { key, ratioOf } = file.spec;
      const { ratio, ci95, n } = overReference(key, first, ratioOf);
      put(`${key}/${ratioOf}-over-${first.summary.reference}`, { value: ratio, ci95, n });
    }
    if (first && file.spec?.family?.kind === "module") {
      const { key } = file.spec;
      for (const [name, value] of besideBaselines(key, first)) put(`example/${key}/${name}`, value);
    }
  }
  // The slowest seed stands for an experiment's meta-training.
  for (const name of new Set([...files.values()].map((f) => f.experiment).filter((e) => e !== undefined))) {
    const runs = [...files].filter(([, f]) => f.experiment === name);
    const [source, slowest] = runs.reduce((a, b) => (b[1].minutes! > a[1].minutes! ? b : a));
    const { command, commit, machine, date } = slowest;
    const value = { value: slowest.minutes!, n: runs.length };
    out[`${name}/lstm/meta-train-minutes`] = { ...value, command, commit, machine, date, source };
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A worked example: the learned optimizer's mean loss over tuned Adam's, which most would take, and over the best tuned baseline's;
 * and its seconds a step over Adam's. Below 1 it is better.
 */
function besideBaselines(key: string, m: MetricFile): [string, Pick<SummaryValue, "value" | "n" | "ci95">][] {
  const { reference, bestBaseline, rows } = m.summary;
  const over = (name: string): Pick<SummaryValue, "value" | "n" | "ci95"> => {
    const { ratio, ci95, n } = overReference(key, m, name);
    return { value: 1 / ratio, ci95: [1 / ci95[1], 1 / ci95[0]], n };
  };
  const [ours, adam] = [reference, "adam"].map((name) => rows.find((r) => r.name === name));
  return [
    ["loss-vs-adam", over("adam")],
    ["loss-vs-best", over(bestBaseline!)],
    ["seconds-vs-adam", { value: ours!.secondsPerStep! / adam!.secondsPerStep!, n: ours!.n }],
  ];
}

/** The result of one test. */
export function readResult(folder: string, key: string): ResultFile {
  const path = join(folder, `${key}.json`);
  check(existsSync(path), "result", "a file", path);
  return JSON.parse(readFileSync(path, "utf8")) as ResultFile;
}

/** Reads every result in the folder; rows of losses beside them are none. */
export function readResults(folder: string): Map<string, ResultFile> {
  check(existsSync(folder), "results", "a folder", folder);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((n) => n.replaceAll("\\", "/"))
    .filter((n) => n.endsWith(".json") && n !== "summary.json" && !n.endsWith("-rows.json"))
    .sort();
  return new Map(names.map((n) => [n, JSON.parse(readFileSync(join(folder, n), "utf8")) as ResultFile]));
}

/** The summary's text, as it is committed. */
export const summaryText = (folder: string): string =>
  `${JSON.stringify(deriveSummary(readResults(folder)), null, 1)}\n`;

/** The learned rows that a figure shows: the headline seed, and other recipes and networks for the same problem. */
const drawn = new Set(["lstm", ...experiments.flatMap((e) => (e.row ? [e.row.name] : []))]);

/** Tests that are points of one figure together have none of their own. */
const inUnits = new Set(paperFigures.flatMap((f) => f.units?.map((u) => u.key) ?? []));

/** The figure of each test in the results, and the paper's figures whose results are all there. */
export function resultFigures(files: ReadonlyMap<string, ResultFile>): Map<string, string> {
  const figures = new Map<string, string>();
  const line = (values: Line): Float64Array => Float64Array.from(values, (v) => v ?? Number.POSITIVE_INFINITY);
  for (const { spec, metrics } of files.values()) {
    const m = metrics?.[0];
    if (!spec || !m) continue;
    // The paper drew means; where it did not draw, the median is the steadier line.
    const paper = paperLine(spec.key, "lstm");
    const statistic = paper ? "mean" : "median";
    // A minibatch's loss is noise: over a long run the lines are means of as many steps as the number is.
    const number = spec.metrics[0]!;
    const window = number.kind === "mean" ? number.step - number.from + 1 : 1;
    const curves: Curve[] = m.summary.rows
      .filter((r) => r.role !== "learned" || drawn.has(r.name))
      .map(({ name, label, role }) => {
        const { [statistic]: values, low, high } = m.curves[name]!;
        const drawn = (values: Line): Float64Array => smooth(line(values), window);
        const band = low && high && name === m.summary.reference ? { low: drawn(low), high: drawn(high) } : {};
        return { name, label: label.replace(/, seed \d+$/, ""), role, line: drawn(values), ...band };
      });
    if (paper)
      curves.push({
        name: "paper",
        label: "the paper's LSTM",
        role: "baseline",
        line: paper.subarray(0, curves[0]!.line.length),
      });
    const found = experiments.flatMap((e) => e.tests.map((t) => ({ key: t.key, title: t.title ?? e.title })));
    const { title } = found.find((t) => t.key === spec.key) ?? { title: spec.title ?? spec.key };
    const banded = curves.find((c) => c.low !== undefined)?.label;
    const words = curvesWords(m.summary.rows[0]!.n, statistic, banded);
    const subtitle = window > 1 ? `${words} Lines: means of ${window} steps.` : words;
    if (inUnits.has(spec.key)) continue;
    const notes = evaluationNotes(m.summary.rows);
    figures.set(`figures/${spec.key}.svg`, learningCurves(curves, { title, subtitle, notes }));
  }
  for (const figure of paperFigures) {
    const drawn = drawPaperFigure(figure, files);
    for (const [ending, text] of drawn ?? []) figures.set(`figures/figure-${figure.name}${ending}`, text);
  }
  return figures;
}

/** Writes summary.json and the figures beside the results; returns the paths. */
export function summaryCommand(folder: string): string[] {
  const written = new Map([["summary.json", summaryText(folder)], ...resultFigures(readResults(folder))]);
  for (const [name, text] of written) writeWhole(join(folder, name), text);
  return [...written.keys()].map((name) => join(folder, name));
}
