import { expect, it } from "vitest";
import { firstExperiment } from "../../src/cli/start.ts";
import { configure, merge, parseSetting } from "../../src/experiments/config.ts";
import type { Experiment } from "../../src/experiments/experiment.ts";
import { ownExperiment } from "../../src/experiments/own.ts";
import { experimentByName, experiments } from "../../src/experiments/registry.ts";
import type { LstmShape } from "../../src/kernels/lstm-shape.ts";
import {
  averagingDefaults,
  type CoupledShape,
  coupledStateSize,
  memoryDefaults,
} from "../../src/learned/coupled-shape.ts";
import { checkOptions } from "../../src/meta/train.ts";
import { problemFamily } from "../../src/problems/family.ts";

const { options } = experiments[0]!;

it("every experiment's own options pass its own checks", () => {
  for (const e of experiments) {
    checkOptions(e.options);
    const { seed: _, ...changeable } = e.options; // the seed is the call's
    expect(configure(e.options, changeable)).toEqual(e.options);
  }
});

it("lays changes over the defaults, nested ones too", () => {
  const changes = ["iterations=7", "shape.hidden=10", "schedule=constant"].map(parseSetting).reduce(merge);
  expect(configure(options, changes)).toEqual({
    ...options,
    iterations: 7,
    schedule: "constant",
    shape: { ...options.shape, hidden: 10 },
  });
});

it.each([
  ["learningrate=1", 'unknown key "learningrate". Did you mean learningRate?'],
  ["shape.hiden=1", 'unknown key "shape.hiden". Did you mean hidden?'],
  ["shape.averaging.cells=2", 'unknown key "shape.averaging". Known: layers, '],
  ["shape.hidden=ten", 'shape hidden: expected number, got "ten"'],
  ["shape.hidden=0", "hidden: expected a whole number >= 1, got 0"],
  ["shape=5", "configuration shape: expected Object, got 5"],
  ["zzz=1", 'unknown key "zzz". Known: steps, '],
  ["iterations=many", 'configuration iterations: expected number, got "many"'],
  ["iterations=1.5", "configuration iterations: expected"],
  ["schedule=linear", 'configuration schedule: expected ("constant" | "cosine"), got "linear"'],
  ["patience=0", "configuration patience: expected >=1, got 0"],
  ["clip=-1", "configuration clip: expected >=0, got -1"],
])("%s stops the run and says what was meant", (setting, message) => {
  expect(() => configure(options, parseSetting(setting))).toThrow(message);
});

it("a setting without a value is an error", () => {
  expect(() => parseSetting("seed")).toThrow('--set: expected key=value, got "seed"');
});

it("a network's averaging and memory are changed key by key", () => {
  const ntm = experiments.find((e) => e.name === "quadratic-10-ntm")!.options;
  const { shape } = configure(ntm, { shape: { averaging: { cells: 2 }, memory: { writes: 1 } } });
  expect(shape).toMatchObject({ averaging: { cells: 2, layers: "all" }, memory: { writes: 1, reads: 1 } });
  expect(() => configure(ntm, parseSetting("shape.memory.window=1000000"))).toThrow(/memory.window: expected at most/);
  expect(() => configure(ntm, parseSetting("shape.memory.windo=1"))).toThrow(
    '"shape.memory.windo". Did you mean window?',
  );
});

const set = (...settings: string[]) => settings.map(parseSetting).reduce(merge);

it("another kind of network is chosen by its name: what all have is taken over, the rest is the kind's default", () => {
  const { layers, hidden, preprocessing, inputScale, outputScale } = options.shape as LstmShape;
  const own = { layers, hidden, preprocessing, inputScale, outputScale };
  const gac = { ...own, kind: "coupled", averaging: averagingDefaults };
  expect(configure(options, set("shape.kind=coupled")).shape).toEqual(gac);
  // In any order, and the kind stays.
  for (const settings of [
    ["shape.kind=coupled", "shape.hidden=7", "shape.memory.window=4"],
    ["shape.memory.window=4", "shape.hidden=7", "shape.kind=coupled"],
  ])
    expect(configure(options, set(...settings)).shape).toEqual({
      ...gac,
      hidden: 7,
      memory: { ...memoryDefaults, window: 4 },
    });
  expect(configure(options, set("shape.kind=coupled", "shape.memory={}")).shape).toEqual({
    ...gac,
    memory: memoryDefaults,
  });
  // From a coupled network too, with a memory or without.
  const ntm = experimentByName("quadratic-10-ntm").options;
  expect(configure(ntm, set("shape.kind=coupled")).shape).toEqual(gac);
  const { options: ofGac } = experimentByName("quadratic-10-gac");
  expect(configure(ofGac, set("shape.memory.writes=2")).shape).toEqual({
    ...gac,
    memory: { ...memoryDefaults, writes: 2 },
  });
  const shape = {
    kind: "several",
    groups: [
      { name: "matrices", rank: 2, net: { hidden: 6 } },
      { name: "biases", rank: 1, net: { kind: "coupled", averaging: { cells: 2 } } },
      { name: "rest" },
    ],
  };
  const several = configure(options, { shape });
  expect(several.shape).toEqual({
    kind: "several",
    groups: [
      { name: "matrices", rank: 2, net: { ...own, hidden: 6 } },
      { name: "biases", rank: 1, net: { ...gac, averaging: { ...averagingDefaults, cells: 2 } } },
      { name: "rest", net: own },
    ],
  });
  expect(configure(several, set("shape.kind=coupled")).shape).toEqual({ ...gac, hidden: 6 });
  // A later call's kind takes the place of a file's.
  expect(configure(options, merge({ shape }, set("shape.kind=coupled"))).shape).toEqual(gac);
  expect(() => checkOptions({ ...several, fraction: 0.5 })).toThrow("fraction: expected 1 with a coupled network");
});

it.each([
  ["shape.kind=copled", 'configuration shape.kind: expected coupled or several, got "copled". Did you mean coupled?'],
  ['shape={"kind":"coupled","averging":{}}', 'unknown key "shape.averging". Did you mean averaging?'],
  ['shape={"kind":"coupled","memory":{"windo":2}}', 'unknown key "shape.memory.windo". Did you mean window?'],
  ['shape={"kind":"coupled","memory":true}', "shape memory: expected Object, got true"],
  ['shape={"kind":"coupled","groups":[]}', 'unknown key "shape.groups". Known: layers, '],
  [
    "shape.kind=several",
    "configuration shape.groups: expected a list of { name, tensors or rank, net }, got undefined",
  ],
  ['shape={"kind":"several","groups":[],"hidden":3}', 'unknown key "shape.hidden". Known: kind, groups'],
  ['shape={"kind":"several","groups":[{"nam":"a"}]}', 'unknown key "shape.groups.0.nam". Did you mean name?'],
  ['shape={"kind":"several","groups":["a"]}', "configuration shape.groups.0: expected { name, tensors or rank, net }"],
  ['shape={"kind":"several","groups":[{"name":"a","net":{"hiden":3}}]}', '"shape.groups.0.net.hiden". Did you mean'],
  ['shape={"kind":"several","groups":[{"name":"a","net":{"hidden":"x"}}]}', "shape hidden: expected number"],
  ['shape={"kind":"several","groups":[{"name":"a","net":{"kind":"several"}}]}', "shape.groups.0.net.kind: expected"],
])("%s is refused by name", (setting, message) => {
  expect(() => configure(options, parseSetting(setting))).toThrow(message);
});

it("a module's large problem is sampled, but not by a coupled network", () => {
  const big = problemFamily({ parameters: { w: [3000] }, draw: () => 0, lossAndGrad: () => 0 });
  const of = (shape: object) => ownExperiment("./big.ts", "", { default: big, options: { shape } }).options;
  expect(of({ hidden: 5 })).toMatchObject({ fraction: 0.1, sampling: "importance" });
  const gac = of({ kind: "coupled" });
  expect(gac.fraction).toBe(1);
  expect(gac.sampling).toBeUndefined();
  checkOptions(gac);
});

it("stages before an experiment take its coupled network with all coordinates, and a window where n is large", () => {
  const mnist = experimentByName("mnist");
  const shape = configure(mnist.options, set("shape.kind=coupled", "shape.memory.window=4")).shape as CoupledShape;
  for (let s: Experiment | undefined = { ...mnist, options: { ...mnist.options, shape } }; s; s = firstExperiment(s)) {
    checkOptions(s.options);
    expect(s.options.shape).toEqual(shape);
  }
  expect(coupledStateSize(shape, 15_910)).toBeLessThan(15_910 * 200);
  expect(() => coupledStateSize({ ...shape, memory: memoryDefaults }, 15_910)).toThrow(
    "memory.window: expected at least 1 with 15910 coordinates, more than 4096, got 0",
  );
});

it("one key of a teacher changes the one that is there; where none is, both its name and its rate are asked for", () => {
  const { options: imitation } = experimentByName("cifar10");
  const rate = parseSetting("teacher.learningRate=0.02");
  expect(configure(imitation, rate).teacher).toEqual({
    name: "adam-linear",
    learningRate: 0.02,
    fade: 1000,
    fadeShare: 0.5,
  });
  expect(() => configure(options, rate)).toThrow(
    /teacher.name: expected it beside the others, as in --set teacher.name=/,
  );
});
