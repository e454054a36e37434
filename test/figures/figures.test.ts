import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { Curve } from "../../src/evaluation/compare.ts";
import type { Summary } from "../../src/evaluation/summary.ts";
import { learningCurves, metaProgress, renderReport } from "../../src/figures/index.ts";
import { toPng } from "../../src/figures/png.ts";
import { logTicks, spread, ticksAroundZero } from "../../src/figures/ticks.ts";
import { updatesByGradient } from "../../src/figures/updates.ts";

const curve = (name: string, rate: number, role: Curve["role"] = "baseline"): Curve => ({
  name,
  label: name,
  role,
  line: Float64Array.from({ length: 21 }, (_, t) => 10 * rate ** t),
});
const series = [
  {
    ...curve("Learned & own", 0.7, "learned"),
    low: new Float64Array(21).fill(0.1),
    high: new Float64Array(21).fill(9),
  },
  ...["SGD", "NAG", "Adam", "Adagrad", "RMSprop"].map((n, i) => curve(n, 0.8 + i * 0.0001)),
  { ...curve("Wild", 1e6), line: Float64Array.from({ length: 21 }, (_, t) => (t < 9 ? 10 ** (4 * t) : Infinity)) },
];
const parse = (svg: string) => parseHTML(`<html><body>${svg}</body></html>`).document;

test("every curve is drawn and labelled, no two labels closer than a line of text", () => {
  const document = parse(learningCurves(series, { title: "T" }));
  const labels = [...document.querySelectorAll(".curve-label")];
  expect(labels.map((l) => l.textContent).sort()).toEqual(
    ["Adagrad", "Adam", "Learned & own", "NAG", "RMSprop", "SGD", "Wild"].sort(),
  );
  expect(document.documentElement.textContent).toContain("diverged"); // below its label
  const y = labels.map((l) => Number(l.getAttribute("y"))).sort((a, b) => a - b);
  for (let i = 1; i < y.length; i++) expect(y[i]! - y[i - 1]!).toBeGreaterThanOrEqual(15.9);
  expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(7);
  expect(document.querySelectorAll('[aria-label="area"] path')).toHaveLength(1);
  for (const path of document.querySelectorAll("path")) expect(path.getAttribute("d")).not.toMatch(/NaN|Infinity/);
});

test("a note stands below its label, and no other text between or upon them", () => {
  const notes = new Map([
    ["NAG", "2.0 evaluations a step"],
    ["Wild", "3.0 evaluations a step"],
  ]);
  const document = parse(learningCurves(series, { title: "T", notes }));
  const texts = [...document.querySelectorAll(`text[x="${document.querySelector(".curve-label")!.getAttribute("x")}"]`)]
    .map((t) => ({ words: t.textContent, y: Number(t.getAttribute("y")) }))
    .sort((a, b) => a.y - b.y);
  expect(texts).toHaveLength(series.length + 2);
  for (const [name, note] of notes) {
    const at = texts.findIndex((t) => t.words!.startsWith(name));
    expect(texts[at + 1]!.words).toBe(name === "Wild" ? `diverged, ${note}` : note);
  }
  for (let i = 1; i < texts.length; i++) expect(texts[i]!.y - texts[i - 1]!.y).toBeGreaterThan(14);
});

test("a line that starts above the axis is drawn from where it comes onto it", () => {
  const fell = {
    ...curve("fell", 1, "apart"),
    line: Float64Array.from({ length: 21 }, (_, t) => (t < 10 ? 1000 : 5 - t / 10)),
  };
  const document = parse(learningCurves([curve("slow", 0.9), fell], { title: "T" }));
  const lines = [...document.querySelectorAll('[aria-label="line"] path')].map((p) => p.getAttribute("d")!);
  expect(lines.map((d) => d.split("L").length).sort()).toEqual([12, 21]);
});

test("every mark of the axis has its number", () => {
  const low = { ...curve("low", 1), line: Float64Array.from({ length: 21 }, (_, t) => 4 * 0.745 ** t) };
  const document = parse(learningCurves([low], { title: "T" }));
  const numbers = [...document.querySelectorAll('[aria-label="y-axis tick label"] text')].map((t) => t.textContent);
  expect(numbers).toEqual(["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
});

test("a label too long for the figure is shortened, so that its end is not cut off", () => {
  const long = { ...curve("l", 0.7, "learned"), label: "LSTM, some-very-long-file-name-of-an-optimizer.safetensors" };
  const label = parse(learningCurves([long, series[1]!], { title: "T" })).querySelector(".curve-label[font-weight]")!;
  expect(label.textContent).toMatch(/^LSTM, some-very-long.*…$/);
  expect(Number(label.getAttribute("x")) + 7.4 * label.textContent!.length).toBeLessThanOrEqual(760);
});

test("a geometric curve is a straight line on the log axis, and the same input gives the same text", () => {
  const svg = learningCurves([curve("g", 0.8)], { title: "T" });
  const d = parse(svg).querySelector('[aria-label="line"] path')!.getAttribute("d")!;
  const y = d
    .slice(1)
    .split("L")
    .map((p) => Number(p.split(",")[1]));
  for (let i = 2; i < y.length; i++) expect(y[i]! - y[i - 1]!).toBeCloseTo(y[1]! - y[0]!, 1);
  expect(learningCurves([curve("g", 0.8)], { title: "T" })).toBe(svg);
});

test("labels spread no further than needed and stay inside", () => {
  expect(spread([10, 50], 16, 0, 100)).toEqual([10, 50]);
  expect(spread([50, 50, 50], 16, 0, 100)).toEqual([34, 50, 66]);
  expect(spread([100, 99], 16, 0, 100)).toEqual([100, 84]);
});

test("a PNG has text and lines in it", () => {
  const png = toPng(learningCurves(series, { title: "T" }), { scale: 1 });
  expect([...png.subarray(1, 4)]).toEqual([...Buffer.from("PNG")]);
  const bare = toPng(learningCurves(series, { title: "T" }).replace(/<text[\s\S]*?<\/text>/g, ""), { scale: 1 });
  expect(png.length).toBeGreaterThan(bare.length + 1000);
});

test("the report is self-contained, escaped, and says the verdict", () => {
  const row = {
    role: "baseline" as const,
    median: 1,
    ci95: [0.9, 1.1] as const,
    n: 9,
    diverged: 0,
    stepsToTarget: Infinity,
  };
  const reference = { difference: -0.5, ci95: [-0.6, -0.4] as const, winRate: 0.9, n: 9 };
  const summary: Summary = {
    metric: "final(20)",
    reference: "l",
    bestBaseline: "b",
    target: 1,
    rows: [
      { ...row, role: "learned", name: "l", label: "L<1>", mean: 0.5 },
      { ...row, name: "b", label: "Base", mean: 1, reference },
    ],
  };
  const tuned = {
    learningRate: 0.1,
    score: 1,
    tried: [
      { learningRate: 0.1, score: 1 },
      { learningRate: 1, score: Infinity },
    ],
    onEdge: false,
  };
  const html = renderReport({
    title: "A & B",
    problem: "Bowls.",
    provenance: { seed: 7 },
    meta: { points: [{ at: 0, training: 3, validation: 2 }] },
    sections: [{ title: "S", summary, verdict: { outcome: "wins", sentence: "L wins." }, curves: series }],
    tuning: [{ label: "Base", metric: "final(20)", tuned }],
  });
  const { document } = parseHTML(html);
  expect(document.querySelectorAll("svg")).toHaveLength(2);
  expect(html).not.toMatch(/<script|<img|<link|url\(|src=/);
  expect(html).toContain("L&lt;1&gt;");
  expect(html).toContain("prefers-color-scheme:dark");
  expect(html).toContain("@media print");
  for (const text of ["L wins.", "−0.6 to −0.4", "90.0%", "not reached", "1: ∞"]) expect(html).toContain(text);
  expect(document.querySelector("dl")!.textContent).toBe("seed7");
});

test("meta-progress marks the best validation score", () => {
  const svg = metaProgress([
    { at: 0, validation: 5 },
    { at: 1, validation: 2 },
    { at: 2, validation: 3 },
    { at: 3, training: Infinity },
  ]);
  expect(svg).toContain("kept: 2");
});

test("a log axis has marks whatever its interval", () => {
  expect(logTicks(0.0005, 20)).toEqual([0.001, 0.01, 0.1, 1, 10]);
  expect(logTicks(0.5, 20)).toEqual([0.5, 1, 2, 5, 10, 20]);
  expect(logTicks(2.1, 2.45)).toEqual([2.1, 2.15, 2.2, 2.25, 2.3, 2.35, 2.4, 2.45]);
  expect(logTicks(3, 45)).toEqual([3, 5, 7, 10, 20, 30]);
  expect(logTicks(0.45, 2.4)).toEqual([0.5, 0.7, 1, 2]);
  expect(logTicks(11, 19)).toEqual([12, 14, 16, 18]);
  expect(logTicks(0.0122, 4.9)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]);
});

test.each([
  [4.1e-4, ["−3e−4", "0", "3e−4"]],
  [0.0515, ["−0.03", "0", "0.03"]],
  [400, ["−300", "0", "300"]],
])("marks of small panels side by side stay apart: gradients up to %d", (reach, words) => {
  const asked = [-reach, 0, reach];
  const lines = [{ name: "lstm", label: "LSTM", learned: true }];
  const steps = Array.from({ length: 32 }, () => [1, 0, -1]);
  const document = parse(updatesByGradient(asked, { lstm: steps }, lines, "T"));
  const labels = [...document.querySelectorAll('[aria-label="x-axis tick label"] text')].map((t) => t.textContent);
  expect(labels).toHaveLength(24);
  expect(labels.slice(0, 3)).toEqual(words);
  for (let r = reach; r < 10 * reach; r *= 1.1) {
    const [, , tick] = ticksAroundZero(r);
    expect(tick! / r).toBeGreaterThanOrEqual(0.375);
    expect(tick! / r).toBeLessThanOrEqual(0.75);
  }
  expect(ticksAroundZero(0)).toEqual([0]);
});
