// A question of TensorFlow.js's users: what does the learned optimizer give in model.fit, in steps and in seconds, against Adam
// with a tuned rate? On digits made by rule, 784-20-10 with sigmoids as it was trained for, on the wasm backend. And do all paths
// make the library's steps? Usage: node bench/tfjs.mjs [--out results]
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { provenance } from "../dist/cli/provenance.js";
import { layout } from "../dist/core/layout.js";
import { createRng } from "../dist/core/rng.js";
import { makeDigits } from "../dist/data/digits.js";
import { learningCurves } from "../dist/figures/index.js";
import { bindNetwork } from "../dist/learned/network.js";
import { writeWhole } from "../dist/node/write.js";
import { load } from "../dist/shipped/load.js";
import { LearnedOptimizer, loadOptimizer } from "../dist/tfjs/index.js";

const out = process.argv.includes("--out") ? process.argv[process.argv.indexOf("--out") + 1] : "runs";
const [STEPS, BATCH, RUNS, TUNING] = [100, 128, 10, 4];

setWasmPaths(fileURLToPath(new URL("../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url)));
tf.registerBackend("graphics", tf.findBackendFactory("cpu"));
tf.copyRegisteredKernels("cpu", "graphics");

/** The largest difference of 100 steps from the library's, on gradients from e⁻¹² to 1. */
async function parity(backend) {
  await tf.setBackend(backend);
  const file = await load("mnist-mlp");
  const n = 64;
  const variable = tf.variable(tf.zeros([n]), true, `parity-${backend}`);
  const optimizer = new LearnedOptimizer(file);
  const ours = bindNetwork(file.shape, file.phi);
  const state = ours.init(layout({ theta: [n] }));
  const rng = createRng("parity");
  const sizes = Float64Array.from({ length: n }, () => Math.exp(-12 * rng.uniform()));
  const delta = new Float32Array(n);
  let largest = 0;
  for (let k = 0; k < 100; k++) {
    const g = Float32Array.from(sizes, (s) => s * rng.normal());
    ours.update(state, g, delta);
    tf.tidy(() => {
      variable.assign(tf.zeros([n]));
      optimizer.applyGradients([{ name: variable.name, tensor: tf.tensor1d(g) }]);
    });
    const theirs = variable.dataSync();
    for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(theirs[i] - delta[i]));
  }
  state.close();
  optimizer.dispose();
  variable.dispose();
  return largest;
}

await tf.setBackend("wasm");
const digits = makeDigits(4096, 11);
const inputs = tf.tensor2d(
  Float32Array.from(digits.pixels, (p) => p / 255),
  [digits.count, digits.size],
);
const targets = tf.oneHot(tf.tensor1d(Int32Array.from(digits.labels), "int32"), 10);

/** Losses of the minibatches of one run, and seconds of all its steps. The same seed: the same θ₀ and minibatches. */
async function run(optimizer, seed) {
  const rng = createRng(`tfjs/${seed}`);
  const small = () => tf.initializers.randomNormal({ stddev: 0.01, seed: rng.integer(1e9) });
  const kernelInitializer = small();
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [digits.size], units: 20, activation: "sigmoid", kernelInitializer }),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: small() }),
    ],
  });
  model.compile({ optimizer, loss: "categoricalCrossentropy" });
  const losses = [];
  let seconds = 0;
  for (let t = 0; t <= STEPS; t++) {
    const rows = tf.tensor1d(
      Int32Array.from({ length: BATCH }, () => rng.integer(digits.count)),
      "int32",
    );
    const [x, y] = [tf.gather(inputs, rows), tf.gather(targets, rows)];
    const from = performance.now();
    losses.push(await model.trainOnBatch(x, y));
    seconds += (performance.now() - from) / 1000;
    tf.dispose([rows, x, y]);
  }
  model.dispose();
  optimizer.dispose();
  return { losses, seconds };
}

const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
const final = (r) => mean(r.losses.slice(-10));

const values = {};
const parities = [];
for (const backend of ["cpu", "wasm", "graphics"]) parities.push(await parity(backend));
values["tfjs/parity"] = { value: Math.max(...parities), n: 300 };

await tf.setBackend("wasm");
const rates = [0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3];
const tuning = [];
for (const rate of rates) {
  const runs = [];
  for (let k = 0; k < TUNING; k++) runs.push(final(await run(tf.train.adam(rate), `tune/${k}`)));
  tuning.push({ rate, loss: mean(runs) });
}
const best = tuning.reduce((a, b) => (b.loss < a.loss ? b : a)).rate;
const makers = { learned: () => loadOptimizer("mnist-mlp"), adam: () => tf.train.adam(best) };
const results = { learned: [], adam: [] };
// In turn, so that both meet the same moods of the machine.
for (let k = 0; k < RUNS; k++)
  for (const name of Object.keys(makers)) results[name].push(await run(await makers[name](), `test/${k}`));
for (const [name, runs] of Object.entries(results)) {
  values[`tfjs/${name}/final`] = { value: mean(runs.map(final)), n: RUNS };
  values[`tfjs/${name}/milliseconds-a-step`] = {
    value: mean(runs.map((r) => (1000 * r.seconds) / (STEPS + 1))),
    n: RUNS,
  };
}
/** Seconds until the mean curve first reaches Adam's final loss. */
const curves = Object.fromEntries(
  Object.entries(results).map(([name, runs]) => [
    name,
    runs[0].losses.map((_, t) => mean(runs.map((r) => r.losses[t]))),
  ]),
);
const reached = curves.learned.findIndex((l) => l <= values["tfjs/adam/final"].value);
values["tfjs/learned/steps-to-adam"] = { value: reached, n: RUNS };
values["tfjs/learned/seconds-to-adam-over-its"] = {
  value:
    (reached * values["tfjs/learned/milliseconds-a-step"].value) /
    (STEPS * values["tfjs/adam/milliseconds-a-step"].value),
  n: RUNS,
};
const from = provenance("node bench/tfjs.mjs --out results", 11);
writeWhole(`${out}/tfjs.json`, `${JSON.stringify({ ...from, tuning, curves, values }, null, 1)}\n`);
const lines = [
  { name: "lstm", label: "mnist-mlp (learned)", role: "learned", line: Float64Array.from(curves.learned) },
  { name: "adam", label: `tf.train.adam(${best})`, role: "baseline", line: Float64Array.from(curves.adam) },
];
writeWhole(
  `${out}/figures/tfjs.svg`,
  learningCurves(lines, {
    title: "In TensorFlow.js: digits made by rule, 784-20-10, wasm",
    subtitle: `Mean of ${RUNS} runs from the same weights and minibatches; Adam's rate tuned on others.`,
  }),
);
for (const [key, { value }] of Object.entries(values)) console.log(key, Number(value.toPrecision(4)));
