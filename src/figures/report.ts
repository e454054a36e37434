import type { Curve } from "../evaluation/compare.ts";
import { metricWords } from "../evaluation/metrics.ts";
import type { Summary, SummaryRow, Verdict } from "../evaluation/summary.ts";
import type { Tuned } from "../evaluation/tune.ts";
import { learningCurves } from "./learning-curves.ts";
import { type MetaPoint, metaProgress, type ProgressOptions } from "./meta-progress.ts";
import { reportStyle } from "./report-style.ts";
import { evaluationNotes, evaluationWords } from "./words.ts";

/** One comparison in a report: a horizon or a metric. */
export interface ReportSection {
  readonly title: string;
  /** What was run, in plain words. */
  readonly note?: string;
  readonly summary: Summary;
  readonly verdict: Verdict;
  readonly curves: readonly Curve[];
  readonly ylabel?: string;
}

/** What a report shows. */
export interface ReportInput {
  readonly title: string;
  /** The problem, in plain words. */
  readonly problem: string;
  readonly sections: readonly ReportSection[];
  readonly tuning?: readonly { readonly label: string; readonly metric: string; readonly tuned: Tuned }[];
  readonly meta?: { readonly points: readonly MetaPoint[]; readonly note?: string } & ProgressOptions;
  readonly provenance: Readonly<Record<string, string | number>>;
}

function escapeHtml(text: string | number): string {
  return String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

function show(x: number, digits = 4): string {
  if (Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x); // far from 1, plain decimals are walls of zeros
  const far = size >= 1e6 || (size > 0 && size < 1e-4);
  const text = far ? x.toExponential(digits - 1).replace("e+", "e") : String(Number(x.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

function interval([low, high]: readonly [number, number]): string {
  return Number.isNaN(low) ? "–" : `${show(low, 3)} to ${show(high, 3)}`;
}

function line(row: SummaryRow, summary: Summary): string {
  const pair = row.reference;
  const kind = row.role === "learned" ? "learned" : row.name === summary.bestBaseline ? "best" : "";
  const tag =
    row.name === summary.bestBaseline
      ? " <small>best baseline</small>"
      : row.role === "apart"
        ? ` <small>${evaluationWords(row) ?? "apart"}</small>`
        : "";
  const cells = [
    show(row.mean),
    interval(row.ci95),
    show(row.median),
    pair ? show(pair.difference, 3) : "",
    pair ? interval(pair.ci95) : "",
    pair ? `${(100 * pair.winRate).toFixed(1)}%` : "",
    Number.isFinite(row.stepsToTarget) ? row.stepsToTarget : "not reached",
    row.secondsPerStep === undefined ? "–" : `${show(row.secondsPerStep * 1000, 3)} ms`,
    ...(summary.rows.some((r) => r.diverged) ? [row.diverged] : []),
  ];
  return `<tr class="${kind}"><th scope="row">${escapeHtml(row.label)}${tag}</th>${cells.map((c) => `<td>${c}</td>`).join("")}</tr>`;
}

function section(s: ReportSection): string {
  const { summary } = s;
  const us = summary.rows.find((r) => r.name === summary.reference)!;
  const heads = [
    "optimizer",
    "mean",
    "95% interval",
    "median",
    "difference",
    "95% interval",
    "wins",
    "steps to target",
    "a step",
    ...(summary.rows.some((r) => r.diverged) ? ["diverged"] : []),
  ];
  const table = [...summary.rows].sort((a, b) => a.mean - b.mean || 0).map((r) => line(r, summary));
  return `<section><h2>${escapeHtml(s.title)}</h2>
<p class="verdict ${s.verdict.outcome.split(" ")[0]}">${escapeHtml(s.verdict.sentence)}</p>
${s.note ? `<p>${escapeHtml(s.note)}</p>` : ""}
<figure>${learningCurves(s.curves, { title: s.title, notes: evaluationNotes(summary.rows), ...(s.ylabel ? { ylabel: s.ylabel } : {}) })}
<figcaption>Lower is better. Each line is one optimizer's median over the runs; the shaded band holds the middle 80% of the runs of ${escapeHtml(us.label)}.</figcaption></figure>
<div class="scroll"><table><thead><tr>${heads.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead><tbody>
${table.join("\n")}
</tbody></table></div>
<p class="note">Measured: ${escapeHtml(metricWords(summary.metric).toLowerCase())}, over ${us.n.toLocaleString("en")} runs that are the same for every optimizer. Difference: ${escapeHtml(us.label)} minus the row's optimizer, run by run, so below zero is better for ${escapeHtml(us.label)}; wins: the share of runs in which it was lower. Steps to target: when the median first reaches ${show(summary.target, 3)}. Intervals: bootstrap over runs.</p></section>`;
}

function tuning(rows: NonNullable<ReportInput["tuning"]>): string {
  const body = rows.map(({ label, metric, tuned }) => {
    const tried = tuned.tried.map((t) => {
      const text = `${show(t.learningRate, 3)}: ${show(t.score, 3)}`;
      return t.learningRate === tuned.learningRate ? `<b>${text}</b>` : text;
    });
    const edge = tuned.onEdge ? " <small>on the edge of the search</small>" : "";
    return `<tr><th scope="row">${escapeHtml(label)}</th><td>${show(tuned.learningRate, 3)}${edge}</td><td>${escapeHtml(metric)}</td><td class="tried">${tried.join(" · ")}</td></tr>`;
  });
  return `<section><h2>How each learning rate was chosen</h2>
<p>Every hand-designed optimizer has a learning rate, and a badly chosen one would make it an easy opponent. Each was searched by the same rule and with the same budget, on problems kept apart from the test: a grid, widened while its best lay on an edge, then refined around the best. Below: each rate tried, with its score (lower is better).</p>
<div class="scroll"><table><thead><tr><th scope="col">optimizer</th><th scope="col">chosen</th><th scope="col">score</th><th scope="col" class="tried">tried</th></tr></thead><tbody>
${body.join("\n")}
</tbody></table></div></section>`;
}

/** One self-contained HTML page: no script, no font and no picture from elsewhere. */
export function renderReport(input: ReportInput): string {
  const { meta } = input;
  const progress = meta
    ? `<section><h2>How the optimizer was trained</h2>${meta.note ? `<p>${escapeHtml(meta.note)}</p>` : ""}
<figure>${metaProgress(meta.points, { ...meta, title: meta.title ?? "Meta-training" })}
<figcaption>The optimizer practises on training problems (grey). Now and then it is scored on validation problems that it never practises on (blue); the version with the best such score is kept.</figcaption></figure></section>`
    : "";
  const facts = Object.entries(input.provenance).map(([k, v]) => `<dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(input.title)}</title><style>${reportStyle}</style></head><body><main>
<h1>${escapeHtml(input.title)}</h1>
<p class="lead">${escapeHtml(input.sections[0]?.verdict.sentence ?? "")}</p>
<section><h2>What this is about</h2>
<p>Training a model means lowering a number, the <i>loss</i>, by many small steps. The rule that picks each step is the <i>optimizer</i>. People design these rules by hand; well-known ones are Adam and momentum. Here one of them was not designed but <i>learned</i>: a small neural network that sees how steep the loss is and decides the step. It was trained on many practice problems so that the loss falls quickly, and is then compared with the hand-designed ones on new problems that none of them has seen.</p>
<p>${escapeHtml(input.problem)}</p></section>
${input.sections.map(section).join("\n")}
${input.tuning?.length ? tuning(input.tuning) : ""}
${progress}
<section><h2>Where these numbers come from</h2><dl>${facts.join("")}</dl>
<p class="note">The learned optimizer follows Andrychowicz et al., <i>Learning to learn by gradient descent by gradient descent</i>, NeurIPS 2016.</p></section>
</main></body></html>
`;
}
