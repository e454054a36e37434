import { createRng } from "../core/rng.ts";
import { type Curve, ratioOfMeans } from "../evaluation/index.ts";
import { paperArtPoints, paperArtRatio } from "../experiments/paper-art.ts";
import { paperCurves, paperPoints } from "../experiments/paper-curves.ts";
import { type FigurePanel, type PaperFigure, paperUnits } from "../experiments/paper-figures.ts";
import { experimentByName, experiments } from "../experiments/registry.ts";
import { type Dot, learningCurves } from "../figures/learning-curves.ts";
import { panels } from "../figures/panels.ts";
import { updatesByGradient, updatesThroughTime } from "../figures/updates.ts";
import { evaluationNotes, labelWithEvaluations } from "../figures/words.ts";
import { paperTable, type TableRow } from "./paper-table.ts";
import type { Line, MetricFile, ResultFile } from "./summary.ts";

/** Files of a figure of the paper, by the end of their names: pictures with our curves and its points, and a table. */
export type DrawnFigure = ReadonlyMap<string, string>;

const line = (values: Line): Float64Array => Float64Array.from(values, (v) => v ?? Number.POSITIVE_INFINITY);

/** Means over the last `window` steps, or as many as there are. */
export function smooth(values: Float64Array, window = 1): Float64Array {
  return values.map((_, t) => {
    const part = values.subarray(Math.max(0, t - window + 1), t + 1);
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
}

const rowsOfOurs = new Set(["lstm", ...experiments.flatMap((e) => (e.row ? [e.row.name] : []))]);
const paperMethods = ["adam", "rmsprop", "sgd", "nag"];
const plainLabel = (label: string): string => label.replace(/, seed \d+$/, "");
const labelIn = (p: FigurePanel, { name, label }: { name: string; label: string }): string =>
  name === "lstm" && p.ours ? p.ours : plainLabel(label);

/** Our rows that a panel shows: every learned one, the best baseline, the methods that the paper drew, and all that stand apart. */
function shown(m: MetricFile, drawn: readonly string[] | undefined): MetricFile["summary"]["rows"] {
  return m.summary.rows.filter(({ name, role }) =>
    role === "learned"
      ? rowsOfOurs.has(name)
      : name === m.summary.bestBaseline || role === "apart" || (drawn ?? ["adam", "nag"]).includes(name),
  );
}

/** Mean of one method over the mean of the reference, paired. */
export function overReference(
  key: string,
  m: MetricFile,
  name: string,
): ReturnType<typeof ratioOfMeans> & { n: number } {
  const [theirs, ours] = [name, m.summary.reference].map((who) => line(m.values[who]!));
  return { ...ratioOfMeans(theirs!, ours!, { rng: createRng(`ratio ${key} ${name}`) }), n: ours!.length };
}

type SummaryRow = MetricFile["summary"]["rows"][number];

/** What the table says of every row: its numbers, and by how much they are above the reference's on the same problems. */
function numbers({ role, mean, median, ci95, reference: r }: SummaryRow): Omit<TableRow, "panel" | "label" | "at"> {
  const minus = (v: number | null): number | null => (v === null ? null : -v);
  const difference = r && { value: minus(r.difference), ci95: [minus(r.ci95[1]), minus(r.ci95[0])] as const };
  return { apart: role === "apart", ours: mean, median, ci95, ...(difference ? { difference } : {}) };
}

/** The rates at which a panel's learned rows were meta-trained, by row. */
function metaRates(figure: PaperFigure, { key }: FigurePanel): Map<string, number> {
  const run = figure.runs.find((r) => experimentByName(r.problem).tests.some((t) => t.key === key))!;
  const trained = run.optimizers.map((name) => experimentByName(name));
  return new Map(trained.map(({ row, options }) => [row?.name ?? "lstm", options.learningRate]));
}

const inPaper = ({ key }: FigurePanel): boolean => key in paperCurves || paperArtPoints(key, "lstm") !== undefined;

/** The paper's points of a method; those whose unit is not known times one factor a panel, which ends its LSTM where ours ends. */
function pointsOf({ key, to }: FigurePanel, m: MetricFile, name: string): readonly Dot[] | undefined {
  const known = paperPoints(key, name);
  if (known) return known.filter((d) => d.step <= to);
  const ours = m.curves.lstm?.mean[to]; // a quick run is shorter
  const theirs = paperArtPoints(key, "lstm")?.at(-1)?.value;
  if (!ours || !theirs) return undefined;
  return paperArtPoints(key, name)?.map(({ step, value }) => ({ step, value: (value * ours) / theirs }));
}

function drawPanel(
  figure: PaperFigure,
  p: FigurePanel,
  m: MetricFile,
  learned: readonly string[],
): { svg: string; rows: TableRow[] } {
  const paper = paperCurves[p.key];
  const rows = shown(m, inPaper(p) ? paperMethods : undefined);
  const dots = new Map<string, readonly Dot[]>();
  const curves = rows.map(({ name, label, role }): Curve => {
    const values = m.curves[name]!.mean;
    const points = pointsOf(p, m, name);
    if (points) dots.set(name, points);
    const drawn = smooth(line(values.slice(0, p.to + 1)), p.window ?? p.smooth);
    return { name, label: labelIn(p, { name, label }), role, line: drawn };
  });
  const at = p.window ? `mean of steps ${p.to - p.window + 1} to ${p.to}` : `f(θ) at ${p.to}`;
  const overLstm = (name: string): Pick<TableRow, "ratio"> => {
    const ratio = paperArtRatio(p.key, name);
    if (ratio === undefined || name === m.summary.reference) return {};
    const ours = overReference(p.key, m, name);
    const known = (v: number): number | null => (Number.isFinite(v) ? v : null); // runs may have diverged
    return { ratio: { value: known(ours.ratio), ci95: [known(ours.ci95[0]), known(ours.ci95[1])], paper: ratio } };
  };
  const size = { width: 560, height: 400 };
  const notes = evaluationNotes(rows);
  const svg = learningCurves(curves, { title: p.title, ...size, from: p.from, dots, learned, notes });
  const rates = figure.metaRates ? metaRates(figure, p) : undefined;
  const finals = rows.map((r) => ({
    panel: p.title,
    label: labelWithEvaluations({ ...r, label: labelIn(p, r) }),
    ...(rates?.has(r.name) ? { metaRate: rates.get(r.name)! } : {}),
    at,
    ...numbers(r),
    ...overLstm(r.name),
    // The figure's point at x = `to`: of the baselines, which it draws before the update, that is the step before.
    paper: paper?.curves[r.name]?.[p.to / paper.every - 1],
  }));
  return { svg, rows: finals };
}

function drawUnits(figure: PaperFigure, files: ReadonlyMap<string, ResultFile>): { svgs: string[]; rows: TableRow[] } {
  const rows: TableRow[] = [];
  const svgs = ([1, 2] as const).map((layers) => {
    const sizes = figure.units!.filter((u) => u.hidden.length === layers);
    const tests = sizes.map((u) => ({ units: u.hidden[0]!, m: files.get(`${u.key}.json`)!.metrics![0]! }));
    const dots = new Map<string, readonly Dot[]>();
    const paperOf = (name: string, units: number): number | undefined => paperUnits[layers][name]?.[units / 5 - 1];
    const curves = shown(tests[0]!.m, paperMethods).map(({ name, label, role }): Curve => {
      const values = new Float64Array(tests.at(-1)!.units + 1).fill(Number.NaN);
      for (const { units, m } of tests) {
        const own = m.summary.rows.find((r) => r.name === name)!;
        const paper = paperOf(name, units);
        values[units] = own.mean ?? Number.POSITIVE_INFINITY;
        const at = `${units} units`;
        rows.push({ panel: `${layers}-layer`, label: plainLabel(label), at, ...numbers(own), paper });
      }
      dots.set(
        name,
        tests.flatMap(({ units }) => {
          const value = paperOf(name, units);
          return value === undefined ? [] : [{ step: units, value }];
        }),
      );
      return { name, label: plainLabel(label), role, line: values };
    });
    const title = layers === 1 ? "One hidden layer" : "Two hidden layers";
    const words = { xlabel: "hidden units", ylabel: "loss f(θ₁₀₀)" };
    return learningCurves(curves, { title, width: 560, height: 400, from: 5, dots, ...words });
  });
  return { svgs, rows };
}

/** Draws a figure from the results that are there; undefined where none is, or one of a figure of points. */
export function drawPaperFigure(figure: PaperFigure, files: ReadonlyMap<string, ResultFile>): DrawnFigure | undefined {
  const subtitle = "Lines: our means, every learning rate tuned. Dots: the paper's own points, read from its figure.";
  const scaled =
    "Lines: our means, every learning rate tuned. Dots: the paper's points times one factor a panel, as their unit is unknown: its LSTM ends where ours does.";
  const drawn = (svgs: string[], across: number, words: string, rows: readonly TableRow[]): DrawnFigure =>
    new Map([
      [".svg", panels(svgs, across, figure.title, words)],
      [".md", paperTable(figure, rows)],
    ]);
  if (figure.updates) return drawUpdates(figure, files);
  if (figure.pictures) return undefined; // drawn when they are made: no result keeps pictures
  if (figure.units) {
    if (!figure.units.every((u) => files.has(`${u.key}.json`))) return undefined;
    const { svgs, rows } = drawUnits(figure, files);
    return drawn(svgs, 2, subtitle, rows);
  }
  const found = figure.panels!.flatMap((p) => {
    const m = files.get(`${p.key}.json`)?.metrics?.find((x) => x.name === p.metric);
    return m ? [{ p, m }] : [];
  });
  if (found.length === 0) return undefined;
  const rows = found.flatMap(({ m }) => shown(m, paperMethods).filter((r) => r.role === "learned"));
  const learned = [...new Set(rows.map((r) => r.name))];
  const parts = found.map(({ p, m }) => drawPanel(figure, p, m, learned));
  const window = figure.panels!.find((p) => p.window)?.window;
  const smoothed = figure.panels!.find((p) => p.smooth);
  const ofPaper = figure.panels!.find(inPaper);
  const words = ofPaper
    ? `${ofPaper.key in paperCurves ? subtitle : scaled}${window ? ` Lines are means of the last ${window} steps too.` : ""}`
    : `Lines: means of fresh runs, every learning rate tuned.${smoothed ? ` From “${smoothed.title}” on, of the last ${smoothed.smooth} steps too.` : ""}`;
  return drawn(
    parts.map((d) => d.svg),
    2,
    words,
    parts.flatMap((d) => d.rows),
  );
}

/** Figures 10 to 13: what the optimizers do on single coordinates. */
function drawUpdates(figure: PaperFigure, files: ReadonlyMap<string, ResultFile>): DrawnFigure | undefined {
  const result = files.get(`updates-${figure.updates!.problem}.json`)?.updates;
  if (!result) return undefined;
  const lines = [
    { name: "lstm", label: "LSTM (learned)", learned: true },
    ...result.beside.map(({ name, label, learningRate }) => ({
      name,
      label: `${label}, rate ${Number(learningRate.toPrecision(3))}`,
      learned: false,
    })),
  ];
  const through = result.coordinates.map((c) =>
    updatesThroughTime(c.updates, lines, `${c.tensor}[${c.index}]: updates along the LSTM's trajectory`),
  );
  const out = new Map([[".svg", panels(through, 2, figure.title, "All see the same gradients.")]]);
  const seen = new Map<string, number>();
  for (const c of result.coordinates) {
    const times = (seen.get(c.tensor) ?? 0) + 1;
    seen.set(c.tensor, times);
    out.set(
      `-${c.tensor}${times > 1 ? `-${times}` : ""}.svg`,
      updatesByGradient(
        c.asked,
        c.responses,
        lines,
        `${c.tensor}[${c.index}]: the update for each gradient, had the gradients before been what they were`,
      ),
    );
  }
  return out;
}
