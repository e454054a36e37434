import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { rederived } from "../../src/cli/rederive.ts";
import {
  deriveSummary,
  type MetricFile,
  readResults,
  resultFigures,
  type SummaryValue,
  summaryText,
} from "../../src/cli/summary.ts";
import { experimentByName, experiments } from "../../src/experiments/registry.ts";
import { decodeOptimizer } from "../../src/learned/file.ts";
import { methods } from "../../src/optimizers/registry.ts";

const folder = fileURLToPath(new URL("../../results", import.meta.url));
const summary = JSON.parse(readFileSync(`${folder}/summary.json`, "utf8")) as Record<string, SummaryValue>;

it("results/summary.json is derived from the results beside it: `npm run summary`", () => {
  expect(readFileSync(`${folder}/summary.json`, "utf8")).toBe(summaryText(folder));
});

it("the figures are drawn from the results beside them", () => {
  const figures = resultFigures(readResults(folder));
  for (const [name, text] of figures) expect(readFileSync(`${folder}/${name}`, "utf8"), name).toBe(text);
  const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
  for (const [, path] of readme.matchAll(/\]\(results\/([^)]+)\)/g)) {
    const pictures = path === "figures/figure-9.svg"; // made by runs of a minute each, not from numbers
    expect(pictures ? existsSync(`${folder}/${path}`) : figures.has(path!), path).toBe(true);
  }
});

it("every committed optimizer was trained by its experiment's present recipe: its command makes it again", () => {
  for (const name of readdirSync(`${folder}/optimizers`).filter((n) => n.endsWith(".safetensors"))) {
    const { provenance } = decodeOptimizer(readFileSync(`${folder}/optimizers/${name}`));
    const { experiment, iterationsDone, start, ...options } = provenance.training as Record<string, unknown>;
    const e = experimentByName(experiment as string);
    expect(options, name).toEqual({ ...e.options, seed: provenance.seed });
    expect(provenance.family, name).toEqual(e.train);
    const { command } = JSON.parse(
      readFileSync(`${folder}/optimizers/${name.replace(".safetensors", ".json")}`, "utf8"),
    );
    const stages = [experimentByName(/^gradgrad train (\S+)/.exec(command)![1]!)];
    while (stages[0]!.startFrom) stages.unshift(stages[0]!.startFrom);
    expect(
      stages.map((s) => s.name),
      name,
    ).toContain(experiment);
    expect(Number(/--seed (\d+)/.exec(command)?.[1] ?? 0), name).toBe(provenance.seed);
    if (iterationsDone !== e.options.iterations) expect(command, name).toContain(`--rounds ${iterationsDone}`);
    expect(Boolean(start), name).toBe(Boolean(e.startFrom));
  }
});

it("every test is of its present description, so that reproduce takes it as done", () => {
  for (const { tests } of experiments)
    for (const t of tests) {
      const path = `${folder}/${t.key}.json`;
      if (existsSync(path))
        expect(JSON.parse(readFileSync(path, "utf8")).spec, t.key).toEqual(JSON.parse(JSON.stringify(t)));
    }
});

it("every test names the committed optimizers by their place and bytes, and no machine's folders", () => {
  for (const name of readdirSync(folder).filter((n) => n.endsWith(".json"))) {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    expect(text, name).not.toMatch(/["= ]\/[\w.]+\//);
    for (const { path, sha256 } of JSON.parse(text).files ?? []) {
      expect(path, name).toMatch(/^results\/optimizers\//);
      const bytes = readFileSync(`${folder}/${path.slice("results/".length)}`);
      expect(createHash("sha256").update(bytes).digest("hex"), `${name}: ${path}`).toBe(sha256);
    }
  }
});

/** Those of hundreds of runs take long: the two main ones stand for them. */
const LARGE = ["quadratic-uniform.json", "mnist.json"];
const LEAST_OF_LARGE = 50;

/** Values are kept to six digits. */
function hold(kept: readonly (number | null)[], derived: readonly number[], scale: number, about: string): void {
  derived.forEach((end, k) => {
    const had = kept[k] ?? Number.NaN;
    if (Number.isFinite(end)) expect(Math.abs(had - end), about).toBeLessThan(1e-5 * scale + 1e-12);
    else expect(Number.isFinite(had), about).toBe(false);
  });
}

it("intervals and verdicts are what today's code derives from the values beside them: `npm run rederive`", () => {
  let compared = 0;
  for (const [source, { spec, seed, metrics }] of readResults(folder))
    for (const m of (spec && Array.isArray(metrics) ? metrics : []) as readonly MetricFile[]) {
      const { rows } = m.summary;
      if (rows[0]!.n > LEAST_OF_LARGE && !LARGE.includes(source)) continue;
      const derived = rederived(spec!.key, seed, m);
      expect(m.verdict, `${source} ${m.name}`).toEqual(derived.verdict);
      rows.forEach((r, i) => {
        compared++;
        const scale = Math.abs(r.mean!);
        const about = `${source} ${r.name}`;
        const now = derived.rows[i]!;
        hold(r.ci95, now.ci95, scale, about);
        if (now.reference) hold(r.reference!.ci95, now.reference.ci95, scale, about);
      });
    }
  expect(compared).toBeGreaterThan(100);
});

it("no baseline was tested at a learning rate on the edge of those tried", () => {
  for (const [source, { metrics }] of readResults(folder))
    for (const { name, tuned } of Array.isArray(metrics) ? metrics : [])
      for (const t of tuned) expect(t.tuned, `${source} ${name} ${t.name}`).not.toMatchObject({ onEdge: true });
});

it("every number names clean code, a machine, a date and a source that is there", () => {
  for (const [key, v] of Object.entries(summary)) {
    expect(v.commit, key).toMatch(/^[0-9a-f]{12}$/);
    expect(v.machine, key).toContain("Node v");
    expect(v.date, key).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(existsSync(`${folder}/${v.source}`), key).toBe(true);
    expect(v.n, key).toBeGreaterThan(0);
  }
});

it("the best baseline is the lowest of the first-order ones, curvature methods apart", () => {
  for (const key of Object.keys(summary).filter((k) => k.includes("/best-baseline/"))) {
    const { source } = summary[key]!;
    const { spec } = JSON.parse(readFileSync(`${folder}/${source}`, "utf8")) as { spec: { methods?: string[] } };
    const took = methods.map((m) => m.name).filter((m) => spec.methods?.includes(m) ?? true);
    const values = took.map((m) => summary[key.replace("best-baseline", m)]!.value ?? Number.POSITIVE_INFINITY);
    expect(summary[key]!.value, key).toBe(Math.min(...values));
  }
});

it("the numbers of README and the guides are those of results/: `npm run summary`", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const ran = spawnSync(process.execPath, ["scripts/readme-numbers.mjs", "--check"], { cwd: root, encoding: "utf8" });
  expect(`${ran.stdout}${ran.stderr}`).toBe("");
  expect(ran.status).toBe(0);
});

it("the summary holds medians of last losses, and what a curvature method's step costs", () => {
  const files = readResults(folder);
  const derived = deriveSummary(files);
  for (const { name, median } of files.get("quadratic-gaussian.json")!.metrics![0]!.summary.rows)
    expect(derived[`quadratic-gaussian/${name}/final-median`]!.value).toBe(median);
  for (const who of ["lbfgs", "newton-cg"])
    expect(derived[`quadratic-10/${who}/evaluations-per-step`]!.value).toBeGreaterThan(1);
  expect(derived).not.toHaveProperty(["quadratic-10/adam/evaluations-per-step"]);
});

it("two results may not claim one key", () => {
  const one = { command: "c", seed: 0, commit: "0", machine: "m", date: "d", values: { k: { value: 1, n: 1 } } };
  expect(() =>
    deriveSummary(
      new Map([
        ["a.json", one],
        ["b.json", one],
      ]),
    ),
  ).toThrow("b.json: k: expected a key that no other result has");
  expect(() => readResults("/nowhere")).toThrow("results: expected a folder");
});
