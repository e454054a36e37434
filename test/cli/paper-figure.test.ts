import { expect, it } from "vitest";
import { drawPaperFigure } from "../../src/cli/paper-figure.ts";
import { figuresByName } from "../../src/cli/reproduce.ts";
import { readResults } from "../../src/cli/summary.ts";
import { paperArtPoints, paperArtRatio } from "../../src/experiments/paper-art.ts";
import { paperLine, paperPoints } from "../../src/experiments/paper-curves.ts";
import { paperFigures } from "../../src/experiments/paper-figures.ts";
import { experimentByName } from "../../src/experiments/registry.ts";

it("the paper's curves count steps as we do: the LSTM's first point is after an update, the others' before", () => {
  expect(paperPoints("mnist", "lstm")![0]).toEqual({ step: 1, value: 2.301 });
  expect(paperPoints("mnist", "adam")![0]).toEqual({ step: 0, value: paperPoints("mnist", "adam")![1]!.value });
  expect(paperPoints("mnist", "lstm")!.at(-1)).toEqual({ step: 200, value: 0.2153 });
  expect(paperPoints("cifar10", "nag")![1]!.step).toBe(20);
  expect(paperPoints("mnist", "rprop")).toBeUndefined();
  const line = paperLine("cifar10", "lstm")!;
  expect(line).toHaveLength(1021);
  expect([line[9], line[10], line[1000]]).toEqual([NaN, 2.036, 0.823]);
  expect(paperLine("mnist", "rprop")).toBeUndefined();
});

it("Figure 8 of the paper: points between steps 6 and 128 in the order of steps, and last losses over its LSTM's", () => {
  for (const key of ["neural-art-64", "neural-art-128"])
    for (const name of ["lstm", "adam", "rmsprop", "nag", "sgd"]) {
      const steps = paperArtPoints(key, name)!.map((d) => d.step);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      expect([steps[0]! > 5, steps.at(-1)]).toEqual([true, name === "lstm" ? 128 : 127]);
      expect(steps.length).toBeGreaterThan(35);
    }
  expect(paperArtRatio("neural-art-64", "adam")).toBeCloseTo(1.054, 3);
  expect(paperArtRatio("neural-art-128", "sgd")).toBeCloseTo(1.823, 3);
  expect(paperArtPoints("cifar10", "adam")).toBeUndefined();
  expect(paperArtRatio("neural-art-64", "lbfgs")).toBeUndefined();
});

it("every figure's runs and panels name experiments and tests that exist", () => {
  for (const f of paperFigures) {
    const keys = f.runs.flatMap((r) => experimentByName(r.problem).tests.map((t) => t.key));
    for (const p of [...(f.panels ?? []), ...(f.units ?? [])]) expect(keys).toContain(p.key);
    for (const r of f.runs) for (const name of r.optimizers) expect(experimentByName(name).name).toBe(name);
  }
  expect(() => figuresByName("44")).toThrow(/figure: expected all, or one of 4, 5, 5-test, 6/);
});

it("figure 4 from the committed results: three panels with the paper's dots, and a table of differences", () => {
  const drawn = drawPaperFigure(figuresByName("4")[0]!, readResults("results"))!;
  expect(drawn.get(".svg")!.match(/<circle/g)!.length).toBeGreaterThan(1000);
  expect(drawn.get(".md")).toMatch(
    /\| Quadratics \| LSTM \(learned\) \| f\(θ\) at 100 \| 0\.0\d+ \| .* \| 0\.03868 \| [+-]0\.00/,
  );
  expect(drawPaperFigure(figuresByName("4")[0]!, new Map())).toBeUndefined();
});

/** The table of a figure of the committed results: rows by column. */
function tableOf(name: string): Record<string, string>[] {
  const text = drawPaperFigure(figuresByName(name)[0]!, readResults("results"))!.get(".md")!;
  const cells = text
    .split("\n")
    .filter((l) => l.startsWith("|"))
    .map((l) => l.slice(2, -2).split(" | "));
  const [head, , ...rows] = cells;
  return rows.map((row) => Object.fromEntries(head!.map((h, i) => [h, row[i]!])));
}

it("figure 7 shows the teacher apart, wherever its results have it", () => {
  const files = readResults("results");
  const svg = drawPaperFigure(figuresByName("7")[0]!, files)!.get(".svg")!;
  const keys = ["cifar10", "cifar5", "cifar2"];
  const taught = keys.filter((key) => "adam-linear" in files.get(`${key}.json`)!.metrics![0]!.curves);
  expect(taught).toContain("cifar10");
  expect(svg.match(/>Adam, linear decay</g)).toHaveLength(taught.length);
  const rows = tableOf("7").filter((r) => r.optimizer === "Adam, linear decay (apart)");
  expect(rows).toHaveLength(taught.length);
  for (const r of rows) expect([r.paper, r["minus the reference"]]).toEqual(["", expect.stringMatching(/^[+-]0/)]);
});

it("the ablations' table holds the rate of each variant's meta-training", () => {
  const rows = tableOf("ablations").filter((r) => r.panel!.startsWith("MNIST at half"));
  const rates = Object.fromEntries(rows.map((r) => [r.optimizer, r["meta learning rate"]]));
  const rateOf = (name: string): string => String(experimentByName(name).options.learningRate);
  expect(rates).toMatchObject({
    "the paper's choices": rateOf("ablation-mnist"),
    "only the last loss": rateOf("ablation-mnist-last"),
    Adam: "",
  });
});

it("a table holds each row's paired difference to the reference, and no column that is empty", () => {
  for (const name of ["ablations", "architectures"]) {
    const rows = tableOf(name);
    expect(rows[0]).not.toHaveProperty("paper");
    expect(rows[0]).not.toHaveProperty("difference");
    for (const panel of new Set(rows.map((r) => r.panel!))) {
      const [reference, ...others] = rows.filter((r) => r.panel === panel);
      expect(reference!["minus the reference"]).toBe("the reference");
      for (const r of others) {
        const [ours, theirs] = [r, reference!].map((row) => Number(row["ours (mean)"]));
        const apart = Number(r["minus the reference"]);
        expect(Math.abs(apart - (ours! - theirs!)), r.optimizer).toBeLessThan(1e-3 * (ours! + theirs!));
        const [low, high] = r["95% interval, paired"]!.split(" to ").map(Number);
        expect(low).toBeLessThan(apart);
        expect(high).toBeGreaterThan(apart);
      }
    }
  }
});

it("figure 8 holds the paper's points in our unit, and its ratios beside ours", () => {
  const files = readResults("results");
  const drawn = drawPaperFigure(figuresByName("8")[0]!, files)!;
  expect(drawn.get(".svg")!.match(/<circle/g)!.length).toBeGreaterThan(550);
  const rows = tableOf("8").filter((r) => r.panel!.startsWith("Training style"));
  const labels = rows.map((r) => r.optimizer);
  for (const name of ["LSTM (learned)", "Adam", "RMSprop", "NAG", "Gradient descent"]) expect(labels).toContain(name);
  const adam = rows.find((r) => r.optimizer === "Adam")!;
  const mean = (label: string): number => Number(rows.find((r) => r.optimizer === label)!["ours (mean)"]);
  expect(Number(adam["over the LSTM"])).toBeCloseTo(mean("Adam") / mean("LSTM (learned)"), 2);
  expect(adam["paper's over its LSTM"]).toBe("1.054");
});
