import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { examine } from "../../src/experiments/doctor.ts";
import { historyFindings } from "../../src/experiments/doctor-history.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork } from "../../src/learned/network.ts";
import { type MetaTrainOptions, metaTrainDefaults } from "../../src/meta/train.ts";
import { quadratics } from "../../src/problems/quadratic.ts";

it("says nothing of rounds that the record does not hold: a run stopped before its first report", () => {
  const findings = historyFindings([], { ...metaTrainDefaults, shape: defaultLstm });
  expect(findings.map((f) => f.about)).toEqual(["trajectories lost"]);
});

it("looks at the meta-gradient that the run took: its weights, and of an imitation none", async () => {
  const shape = { ...defaultLstm, hidden: 4 };
  const phi = initNetwork(shape, createRng(0));
  const provenance = { family: {}, horizon: 20, seed: 0, version: "0", training: {}, score: 1, select: "final" };
  const file = { shape, phi, provenance: { ...provenance, largestParameter: 1, largestGradient: 1 } };
  const of = async (change: Partial<MetaTrainOptions>) => {
    const options = { ...metaTrainDefaults, shape, steps: 20, unroll: 5, ...change };
    return examine({ file, options, family: quadratics() }, { seed: 0, trajectories: 2 });
  };
  const truncation = async (change: Partial<MetaTrainOptions>) =>
    (await of(change)).find((f) => f.about === "truncation")?.words;
  const all = await truncation({});
  expect(await truncation({ weights: new Array(21).fill(1) })).toBe(all);
  expect(await truncation({ weights: "last" })).not.toBe(all);
  expect(await truncation({ teacher: { name: "adam", learningRate: 0.01 } })).toBeUndefined();
});
