import { expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork, type NetworkShape, networkLayout, networkStateLength } from "../../src/learned/network.ts";
import { replay } from "../../src/meta/replay.ts";
import { addReplayParts, type ReplayPart, runReplayPart, splitReplay } from "../../src/meta/replay-parts.ts";

const two: NetworkShape = {
  kind: "several",
  groups: [
    { name: "matrices", rank: 2, net: { ...defaultLstm, hidden: 8 } },
    { name: "rest", net: { ...defaultLstm, hidden: 5, layers: 1 } },
  ],
};

it.each([
  ["one optimizer", defaultLstm, 1],
  ["several, a sample", two, 0.7],
])("parts of a replay, each run by itself, add up to the bytes of the whole: %s", (_, shape, fraction) => {
  const place = { layout: layout({ a: [61, 37], b: [1203], c: [5, 7] }), functions: 1, simd: "strict" as const };
  const rng = createRng(3);
  const vector = (length: number): Float32Array => Float32Array.from({ length }, () => rng.normal());
  const phi = initNetwork(shape, rng);
  const recorded = {
    gradients: Array.from({ length: 5 }, () => vector(place.layout.size)),
    state: vector(networkStateLength(shape, place)),
  };
  const weights = Float64Array.of(0, 1, 1, 0.5, 2);
  const run = (count: number): Float64Array => {
    const gradient = new Float64Array(networkLayout(shape).size);
    const parts: ReplayPart[] = [];
    replay(shape, place, phi, recorded, weights, fraction, createRng(1), gradient, "stratified", 0.9, (whole, own) => {
      parts.push(...splitReplay(whole, own.byteOffset / 8, count));
    });
    expect(parts.length).toBeGreaterThanOrEqual(count);
    addReplayParts(gradient, parts, parts.map(runReplayPart));
    return gradient;
  };
  const whole = new Float64Array(networkLayout(shape).size);
  replay(shape, place, phi, recorded, weights, fraction, createRng(1), whole, "stratified", 0.9);
  expect(whole.every((v) => v !== 0)).toBe(true);
  for (const count of [1, 2, 3]) expect(run(count)).toEqual(whole);
});
