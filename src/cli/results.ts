import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { band, curves, metric, metricWords, verdict } from "../evaluation/index.ts";
import type { FamilySpec } from "../experiments/families.ts";
import type { TestResult } from "../experiments/run-test.ts";
import { learningCurves, type MetaPoint, metaProgress, renderReport } from "../figures/index.ts";
import { toPng } from "../figures/png.ts";
import { evaluationNotes } from "../figures/words.ts";
import type { Checkpoint } from "../meta/train.ts";
import { pictureFiles, vgg19Path } from "../node/art.ts";
import { cifarRecordSums, cifarSums } from "../node/cifar.ts";
import { mnistFiles } from "../node/datasets.ts";
import { writeWhole } from "../node/write.ts";
import type { ResultProvenance } from "./provenance.ts";
import { rederived } from "./rederive.ts";
import { table } from "./table.ts";

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Checksums of the data that a family reads; rules need none. */
export function dataChecksums(family: FamilySpec): Record<string, string> {
  if (family.kind === "quadratic") return {};
  if (family.kind === "art") return artChecksums(family);
  if (family.kind === "module") return { [basename(family.path)]: family.sha256 };
  if (family.images === "cifar-records") return { ...cifarSums(), ...cifarRecordSums() };
  return family.images.startsWith("mnist") ? { ...mnistFiles } : family.images.startsWith("cifar") ? cifarSums() : {};
}

/** SHA-256 of the feature network and the painting, where they are files. */
function artChecksums(family: FamilySpec & { kind: "art" }): Record<string, string> {
  const sums: Record<string, string> = {};
  const add = (path: string): void => {
    sums[basename(path)] = sha256(readFileSync(path));
  };
  if (family.features === "vgg19") add(vgg19Path());
  if (family.contents.startsWith("photographs")) for (const path of pictureFiles("content")) add(path);
  const painting = pictureFiles("style").find((p) => basename(p).startsWith(family.style));
  if (painting) add(painting);
  return sums;
}

const short = (v: number): number | null => (Number.isFinite(v) ? Number(v.toPrecision(6)) : null);

/**
 * A test as the JSON that is kept: tables, how rates were chosen, one value a trajectory, curves by step. Intervals and verdicts are
 * those of the values as they are kept, so that what is derived anew from the file is the same.
 */
export function resultJson(result: TestResult, more: Record<string, unknown>, from: ResultProvenance): string {
  const { spec, headline } = result;
  const metrics = result.metrics.map(({ comparison, ...m }) => {
    const values = Object.fromEntries(
      comparison.entries.map((e) => [e.name, e.trajectories.map((t) => short(metric(m.summary.metric).of(t.losses)))]),
    );
    const derived = rederived(spec.key, from.seed, { ...m, values });
    const lines = comparison.entries.map((e) => {
      const b = band(e);
      const middle = { mean: Array.from(b.mean, short), median: Array.from(b.median, short) };
      const edges = { low: Array.from(b.low, short), high: Array.from(b.high, short) };
      return [e.name, e.role === "learned" ? { ...middle, ...edges } : middle];
    });
    return {
      ...m,
      summary: { ...m.summary, rows: derived.rows },
      verdict: derived.verdict,
      values,
      curves: Object.fromEntries(lines),
    };
  });
  return `${JSON.stringify({ ...from, data: dataChecksums(spec.family), ...more, spec, headline, metrics }, replaceInfinity)}\n`;
}

/** JSON has no Infinity: a diverged mean is written as null. */
function replaceInfinity(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

/** The tables and sentences of a test, for a terminal. */
export function printTest(result: TestResult): string {
  return result.metrics
    .map((m) => {
      const rates = new Map(m.tuned.map((t) => [t.name, t.tuned.learningRate]));
      const edge = m.tuned.filter((t) => t.tuned.onEdge).map((t) => t.label);
      const warning = edge.length
        ? `\nThe best learning rate of ${edge.join(", ")} is the lowest or highest tried: a better one may lie beyond.`
        : "";
      return `\n${result.spec.key}: ${metricWords(m.metric)}, ${m.summary.rows[0]!.n} fresh runs\n${table(m.summary, rates)}${warning}`;
    })
    .join("\n");
}

/** The summaries and verdicts of every test and metric, as one JSON array. */
export function summariesJson(results: readonly TestResult[]): string {
  return JSON.stringify(
    results.flatMap(({ spec: { key }, metrics }) =>
      metrics.map(({ metric, summary }) => ({ key, metric, summary, verdict: verdict(summary) })),
    ),
  );
}

/** What a figure of learning curves says below its title; `banded` is the label of the curve that has a band. */
export function curvesWords(runs: number, statistic: "median" | "mean", banded?: string): string {
  const words = `${statistic === "mean" ? "Mean" : "Median"} of ${runs.toLocaleString("en")} fresh runs; every learning rate tuned.`;
  return banded === undefined ? words : `${words} Band: the middle 80% of ${banded}.`;
}

/** A meta-training as a report draws it. */
export interface MetaTraining {
  readonly points: readonly MetaPoint[];
  /** What a validation's score is. */
  readonly select: "final" | "sum";
  /** It learned a teacher's steps: the losses of its rounds are those of imitation. */
  readonly imitation: boolean;
  /** Whose it is, where others stand beside it. */
  readonly of?: string;
}

/** The points of a run's history that its figure draws. */
export function metaPoints(history: Checkpoint["history"]): MetaPoint[] {
  const every = Math.max(1, Math.floor(history.length / 200));
  const points: MetaPoint[] = [];
  let sum = 0;
  let count = 0;
  for (const r of history) {
    if (Number.isFinite(r.metaLoss)) {
      sum += r.metaLoss;
      count++;
    }
    if (r.validation === undefined && r.iteration % every !== 0) continue;
    points.push({
      at: r.iteration,
      ...(count ? { training: sum / count } : {}),
      ...(r.validation === undefined ? {} : { validation: r.validation }),
    });
    sum = 0;
    count = 0;
  }
  return points;
}

/** Writes report.html and its figures as SVG and PNG; returns the paths. */
export function writeReport(
  folder: string,
  title: string,
  problem: string,
  results: readonly TestResult[],
  meta: MetaTraining | undefined,
  facts: Readonly<Record<string, string | number>>,
): string[] {
  const paths: string[] = [];
  const write = (name: string, data: string | Uint8Array): void => {
    writeWhole(join(folder, name), data);
    paths.push(join(folder, name));
  };
  const figure = (name: string, svg: string): void => {
    write(`${name}.svg`, svg);
    write(`${name}.png`, toPng(svg));
  };
  const sections = results.flatMap((r) =>
    r.metrics.map((m) => ({
      title: `${results.length > 1 ? `${r.spec.key}: ` : ""}${metricWords(m.metric)}`,
      summary: m.summary,
      verdict: verdict(m.summary),
      curves: curves(m.comparison, m.summary.reference),
    })),
  );
  const tuning = results.flatMap((r) =>
    r.metrics.flatMap((m) =>
      m.tuned.map((t) => ({
        label: results.length > 1 ? `${t.label}, ${r.spec.key}` : t.label,
        metric: metricWords(m.tunedFor),
        tuned: t.tuned,
      })),
    ),
  );
  const measured = meta?.select === "sum" ? "all steps" : "the last ten steps";
  const practised = meta?.imitation ? "error of a round's imitated steps" : "mean loss over all steps of a round";
  // One validation, as short last stages have it, shows no progress.
  const progress =
    meta && meta.points.length > 1
      ? {
          points: meta.points,
          title: meta.of === undefined ? "Meta-training" : `Meta-training of ${meta.of}`,
          subtitle: `Training: ${practised}. Validation: mean loss over ${measured}.`,
          xlabel: "round",
          ylabel: "loss",
        }
      : undefined;
  write(
    "report.html",
    renderReport({ title, problem, sections, tuning, provenance: facts, ...(progress ? { meta: progress } : {}) }),
  );
  for (const r of results) {
    const m = r.metrics[0]!;
    const { reference, rows } = m.summary;
    const svg = learningCurves(curves(m.comparison, reference), {
      title: r.spec.title ?? title,
      subtitle: curvesWords(rows[0]!.n, "median", rows.find((row) => row.name === reference)?.label),
      notes: evaluationNotes(rows),
    });
    figure(r.spec.key, svg);
  }
  if (progress) figure("meta-training", metaProgress(progress.points, progress));
  return paths;
}
