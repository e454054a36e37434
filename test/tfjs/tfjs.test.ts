import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import { encodeOptimizer } from "../../src/learned/file.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { bindNetwork, initNetwork, type NetworkShape } from "../../src/learned/network.ts";
import { localRunner } from "../../src/meta/runner.ts";
import { initialCheckpoint, metaTrain, metaTrainDefaults } from "../../src/meta/train.ts";
import { checkGradient } from "../../src/problems/check-gradient.ts";
import { load } from "../../src/shipped/load.ts";
import { LearnedOptimizer, loadOptimizer, tfFamily } from "../../src/tfjs/index.ts";

// "graphics" is the cpu backend under a name that does not say that its numbers lie in memory: steps are tensor operations.
beforeAll(() => {
  setWasmPaths(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
  tf.registerBackend("graphics", tf.findBackendFactory("cpu"));
  tf.copyRegisteredKernels("cpu", "graphics");
});
afterEach(() => tf.disposeVariables());
afterAll(() => tf.removeBackend("graphics"));

const provenance = { family: {}, horizon: 100, seed: 0, version: "0", training: {}, score: 0, select: "final" };
const fileOf = (shape: NetworkShape) => ({
  shape,
  phi: initNetwork(shape, createRng(7)),
  provenance: { ...provenance, largestParameter: 1, largestGradient: 1 },
});
const scaled = { ...defaultLstm, preprocessing: { kind: "scale" as const }, inputScale: 3 };
const shapes: [string, NetworkShape][] = [
  ["the paper's network", defaultLstm],
  ["no preprocessing", scaled],
  ["a linear map", { ...defaultLstm, layers: 0 }],
  [
    "several at once",
    {
      kind: "several",
      groups: [
        { name: "conv", rank: 4, net: { ...scaled, hidden: 6, layers: 1 } },
        { name: "rest", net: defaultLstm },
      ],
    },
  ],
];

describe.each(shapes)("steps of %s", (_, shape) => {
  const dims = { "conv/kernel": [2, 2, 1, 3], "dense/kernel": [3, 5], "dense/bias": [5] };
  const l = layout(dims);
  it.each([
    ["cpu", "cpu"],
    ["wasm", "wasm"],
    ["graphics", "graphics"],
    ["cpu", "graphics"],
    ["graphics", "wasm"],
  ])("are the library's, on %s and then %s", async (first, second) => {
    await tf.setBackend(first);
    const file = fileOf(shape);
    const variables = l.slots.map((s) => tf.variable(tf.zeros([...s.shape]), true, `${s.name}-${Math.random()}`));
    const names = variables.map((v) => v.name);
    const own = layout(Object.fromEntries(l.slots.map((s, i) => [names[i]!, s.shape])));
    const ours = bindNetwork(shape, file.phi);
    const state = ours.init(own);
    const optimizer = new LearnedOptimizer(file);
    const rng = createRng(3);
    const sizes = Float64Array.from({ length: l.size }, () => Math.exp(-12 * rng.uniform()));
    const [delta, theta] = [new Float32Array(l.size), new Float64Array(l.size)];
    for (let k = 0; k < 16; k++) {
      if (k === 8) await tf.setBackend(second);
      const g = Float32Array.from(sizes, (s) => s * rng.normal());
      ours.update(state, g, delta);
      for (let i = 0; i < l.size; i++) theta[i]! += delta[i]!;
      tf.tidy(() => {
        const grads = l.slots.map((s) => tf.tensor(g.slice(s.offset, s.offset + s.size), [...s.shape]));
        // Named ones, and in a list, as model.fit and minimize give them.
        if (k % 2) optimizer.applyGradients(Object.fromEntries(grads.map((t, i) => [names[i]!, t])));
        else optimizer.applyGradients(grads.map((tensor, i) => ({ name: names[i]!, tensor })));
      });
    }
    const theirs = variables.flatMap((v) => Array.from(v.dataSync()));
    for (let i = 0; i < l.size; i++) expect(Math.abs(theirs[i]! - theta[i]!)).toBeLessThan(1e-5);
    expect(optimizer.iterations).toBe(16);
    state.close();
    optimizer.dispose();
  });
});

/** Rows of the digits made by rule. */
const digits = makeDigits(256, 5);
const pixels = (): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from(digits.pixels, (p) => p / 255),
    [digits.count, digits.size],
  );
const labels = (): tf.Tensor2D =>
  tf.tidy(() => tf.oneHot(tf.tensor1d(Int32Array.from(digits.labels), "int32"), 10) as tf.Tensor2D);

const dense = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [digits.size], units: 20, activation: "sigmoid" }),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
const side = Math.sqrt(digits.size);
const conv = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.reshape({ inputShape: [digits.size], targetShape: [side, side, 1] }),
      tf.layers.conv2d({ filters: 4, kernelSize: 5, strides: 3, activation: "tanh" }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
const recurrent = (): tf.Sequential =>
  tf.sequential({
    layers: [
      tf.layers.reshape({ inputShape: [digits.size], targetShape: [side, side] }),
      tf.layers.lstm({ units: 8 }),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });

describe("in TensorFlow.js's own training", () => {
  // mnist-mlp is for fully-connected classifiers: of other networks it is only asked that it runs and stays finite.
  it.each([
    ["dense", dense, "wasm", 0.9],
    ["conv", conv, "cpu", Number.POSITIVE_INFINITY],
    ["lstm", recurrent, "cpu", 1],
    ["lstm", recurrent, "graphics", 1],
  ])("%s: compile and fit, and no tensor is leaked (%#)", async (_, make, backend, share) => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const [x, y, model] = [pixels(), labels(), make()];
    const optimizer = await loadOptimizer("mnist-mlp");
    model.compile({ optimizer, loss: "categoricalCrossentropy" });
    const epoch = async (): Promise<number> =>
      (await model.fit(x, y, { epochs: 1, batchSize: 64, shuffle: false, verbose: 0 })).history.loss!.at(-1) as number;
    const first = await epoch();
    const held = tf.memory().numTensors;
    let last = 0;
    for (let k = 0; k < 4; k++) last = await epoch();
    expect(last).toBeLessThan(share * first);
    expect(tf.memory().numTensors).toBe(held);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("goes on from a saved model as if it had not stopped, optimizer and all", async () => {
    await tf.setBackend("wasm");
    const [x, y, model] = [pixels(), labels(), dense()];
    const compile = (m: tf.LayersModel, optimizer: tf.Optimizer): void =>
      m.compile({ optimizer, loss: "categoricalCrossentropy" });
    const epoch = (m: tf.LayersModel): Promise<tf.History> =>
      m.fit(x, y, { epochs: 1, batchSize: 64, shuffle: false, verbose: 0 });
    compile(model, await loadOptimizer("mnist-mlp"));
    await epoch(model);
    let saved: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    });
    await model.save(handler, { includeOptimizer: true });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    const restored = (loaded as tf.Sequential).optimizer;
    expect(restored).toBeInstanceOf(LearnedOptimizer);
    await epoch(model);
    await epoch(loaded);
    const values = (m: tf.LayersModel): number[] => m.getWeights().flatMap((w) => Array.from(w.dataSync()));
    expect(values(loaded)).toEqual(values(model));
    expect(restored.iterations).toBe(8);
  });

  it("takes variables that come later, and forgets those that go", async () => {
    await tf.setBackend("cpu");
    const optimizer = await loadOptimizer("quadratic");
    const at =
      (v: tf.Variable): (() => tf.Scalar) =>
      () =>
        tf.sum(tf.square(tf.sub(v, 0.5))) as tf.Scalar;
    const a = tf.variable(tf.zeros([3]), true, "a");
    optimizer.minimize(at(a), false, [a]);
    const b = tf.variable(tf.zeros([2]), true, "b");
    optimizer.minimize(() => tf.add(at(a)(), at(b)()), false, [a, b]);
    expect((await optimizer.getWeights()).map((w) => w.name)).toEqual(["iter", "a/state", "b/state"]);
    a.dispose();
    const again = tf.variable(tf.zeros([5]), true, "a"); // another one under its name
    const cost = optimizer.minimize(() => tf.add(at(again)(), at(b)()), true, [again, b]);
    expect(cost!.dataSync()[0]).toBeGreaterThan(0);
    const sizes = (await optimizer.getWeights()).map((w) => w.tensor.shape.at(-1) ?? 1);
    expect(sizes).toEqual([1, 2, 5]);
    for (let k = 0; k < 60; k++) optimizer.minimize(() => tf.add(at(again)(), at(b)()), false, [again, b]);
    expect(tf.tidy(() => at(again)().dataSync()[0])).toBeLessThan(0.05);
  });
});

it("a model's loss is a problem: the right gradient, the same twice, meta-trained on", async () => {
  await tf.setBackend("cpu");
  const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 2, activation: "tanh" })] });
  const held = createRng(1);
  const x = tf.tensor2d(
    Float32Array.from({ length: 60 }, () => held.normal()),
    [20, 3],
  );
  const y = tf.tensor2d(
    Float32Array.from({ length: 40 }, () => 0.5 * held.normal()),
    [20, 2],
  );
  const family = tfFamily({
    variables: model.trainableWeights.map((w) => w.read() as tf.Variable),
    batch: (rng) => Array.from({ length: 8 }, () => rng.integer(20)),
    loss: (rows) =>
      tf.losses.meanSquaredError(tf.gather(y, rows), model.apply(tf.gather(x, rows)) as tf.Tensor) as tf.Scalar,
  });
  await checkGradient(family.sample(createRng(2)), { rng: createRng(3) });
  const tensors = tf.memory().numTensors;
  const options = { ...metaTrainDefaults, shape: { ...defaultLstm, hidden: 4 }, steps: 10, unroll: 5, iterations: 2 };
  const small = { ...options, metaBatch: 1, validateEvery: 1, validationTrajectories: 1, validationSteps: 10 };
  const run = async (): Promise<Float32Array> => {
    const checkpoint = initialCheckpoint(small);
    for await (const report of metaTrain(small, localRunner(family), checkpoint))
      expect(Number.isFinite(report.metaLoss)).toBe(true);
    return checkpoint.phi;
  };
  expect(await run()).toEqual(await run());
  expect(tf.memory().numTensors).toBe(tensors);
});

it("variables keep their gradients whatever order their names sort in", async () => {
  const [a, b] = [tf.variable(tf.zeros([2, 3]), true, "10"), tf.variable(tf.zeros([3]), true, "2")];
  const loss = (): tf.Scalar => tf.sum(tf.square(tf.add(tf.matMul(tf.ones([4, 2]), a), b))) as tf.Scalar;
  const family = tfFamily({ variables: [a, b], batch: () => 0, loss, init: (rng, theta) => theta.fill(rng.normal()) });
  await checkGradient(family.sample(createRng(2)), { rng: createRng(3) });
});

it("a saved state never goes to a variable whose name another saved state has not lost", async () => {
  await tf.setBackend("cpu");
  const [a, b, c] = ["sa", "sb", "sc"].map((name, i) => tf.variable(tf.tensor([i + 1, 2, 3]), true, name));
  const step = (optimizer: tf.Optimizer, on: tf.Variable[]): void => {
    optimizer.minimize(() => tf.sum(tf.square(tf.concat(on))) as tf.Scalar, false, on);
  };
  const first = await loadOptimizer("quadratic");
  step(first, [a!, b!]);
  const saved = await first.getWeights();
  const start = [a, b, c].map((v) => v!.clone());
  const after = async (order: tf.Variable[]): Promise<number[][]> => {
    [a, b, c].forEach((v, i) => {
      v!.assign(start[i] as tf.Tensor1D);
    });
    const optimizer = await loadOptimizer("quadratic");
    await optimizer.setWeights(saved);
    step(optimizer, order);
    return [a, b, c].map((v) => Array.from(v!.dataSync()));
  };
  expect(await after([c!, a!, b!])).toEqual(await after([a!, b!, c!]));
});

it("a state that waits for its variable is saved again as it came", async () => {
  const optimizer = await loadOptimizer("quadratic");
  const v = tf.variable(tf.ones([3]), true, "v");
  for (let t = 0; t < 3; t++) optimizer.minimize(() => tf.sum(tf.square(v)) as tf.Scalar, false, [v]);
  const saved = await optimizer.getWeights();
  const other = await loadOptimizer("quadratic");
  await other.setWeights(saved);
  const again = await other.getWeights();
  expect(again.map((w) => [w.name, w.tensor.shape])).toEqual(saved.map((w) => [w.name, w.tensor.shape]));
  expect(again[1]!.tensor.dataSync()).toEqual(saved[1]!.tensor.dataSync());
});

describe("what it takes", () => {
  it("a name, or a file's bytes", async () => {
    const file = await load("mnist-mlp");
    const bytes = encodeOptimizer(file);
    for (const source of ["mnist-mlp", bytes, bytes.slice().buffer])
      expect((await loadOptimizer(source)).getConfig().file).toBe((await loadOptimizer("mnist-mlp")).getConfig().file);
  });

  it("nothing else", async () => {
    await expect(loadOptimizer("mnist")).rejects.toThrow(/optimizer: expected one of quadratic, .*, got "mnist"/);
    await expect(loadOptimizer(new Uint8Array(9))).rejects.toThrow(/optimizer file header: expected/);
    await expect(loadOptimizer("http://127.0.0.1:1/x.safetensors")).rejects.toThrow(/cannot be fetched/);
    await expect(loadOptimizer(3 as unknown as string)).rejects.toThrow(/optimizer: expected bytes, a URL, or/);
    const shape = { ...defaultLstm, kind: "coupled" as const, averaging: averagingDefaults };
    expect(() => new LearnedOptimizer(fileOf(shape))).toThrow(/network: expected a coordinatewise LSTM/);
    const optimizer = await loadOptimizer("quadratic");
    expect(() => optimizer.applyGradients([{ name: "none", tensor: tf.scalar(1) }])).toThrow(
      /gradient: expected the name/,
    );
    await optimizer.setWeights([
      { name: "iter", tensor: tf.scalar(3, "int32") },
      { name: "v/state", tensor: tf.zeros([80, 4]) },
    ]);
    const v = tf.variable(tf.zeros([3]), true, "v");
    expect(() => optimizer.minimize(() => tf.sum(v), false, [v])).toThrow(/saved state of v: expected 240 numbers/);
  });
});
