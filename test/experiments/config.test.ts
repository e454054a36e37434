import { expect, it } from "vitest";
import { configure, merge, parseSetting } from "../../src/experiments/config.ts";
import { experimentByName, experiments } from "../../src/experiments/registry.ts";
import { checkOptions } from "../../src/meta/train.ts";

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
