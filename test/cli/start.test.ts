import { expect, it } from "vitest";
import { firstExperiment, startingPhi } from "../../src/cli/start.ts";
import { createRng } from "../../src/core/rng.ts";
import { experimentByName } from "../../src/experiments/registry.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork, networkLayout } from "../../src/learned/network.ts";
import type { SeveralShape } from "../../src/learned/several.ts";

const two: SeveralShape = {
  kind: "several",
  groups: [
    { name: "conv", rank: 4, net: defaultLstm },
    { name: "rest", net: { ...defaultLstm, outputScale: 0.5 } },
  ],
};
const phi = initNetwork(defaultLstm, createRng(1));

it("each of several networks starts from the φ of one", () => {
  const start = startingPhi({ phi, seconds: 0, provenance: {} }, two);
  expect(start.length).toBe(networkLayout(two).size);
  expect(start.subarray(0, phi.length)).toEqual(phi);
  expect(start.subarray(phi.length)).toEqual(phi);
  expect(startingPhi({ phi, seconds: 0, provenance: {} }, defaultLstm)).toBe(phi);
  const half = { phi: phi.subarray(1), seconds: 0, provenance: {} };
  expect(() => startingPhi(half, two)).toThrow("start: expected 10282 numbers φ, or 5141 for each network");
});

it("an experiment of several networks trains the one that it starts from as it is, others with their own network", () => {
  const demo = experimentByName("demo");
  const changed = { ...defaultLstm, hidden: 10 };
  const from = (shape: typeof changed | SeveralShape) =>
    firstExperiment({ ...demo, startFrom: demo, options: { ...demo.options, seed: 7, shape } })!.options;
  expect(from(changed)).toMatchObject({ seed: 7, shape: changed });
  expect(from(two)).toEqual({ ...demo.options, seed: 7 });
});
