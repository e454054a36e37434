// A question of users with a graphics card: do the learned steps hold there, and what do they cost against our kernels on the
// processor, the way down and up again included, and against Adam's on the card? TensorFlow.js and jax-js, both on WebGPU in Node by
// Dawn, which is no dependency of ours: npm i --no-save webgpu@0.6.2. Usage: node bench/graphics.mjs [--sizes 1e4,1e5] [--out results]
import { provenance } from "../dist/cli/provenance.js";
import { layout } from "../dist/core/layout.js";
import { createRng } from "../dist/core/rng.js";
import { bindNetwork } from "../dist/learned/network.js";
import { writeWhole } from "../dist/node/write.js";
import { load } from "../dist/shipped/load.js";

const given = (name, otherwise) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise;
const out = given("--out", "runs");
const sizes = given("--sizes", "15910,100000,1000000").split(",").map(Number);
const [WARM, STEPS, TURNS] = [3, 10, 7];

const dawn = await import("webgpu").catch(() => {
  console.error("This needs WebGPU in Node: npm i --no-save webgpu@0.6.2");
  process.exit(2);
});
Object.assign(globalThis, dawn.globals);
Object.defineProperty(globalThis, "navigator", {
  value: { gpu: dawn.create([]), userAgent: "Node" },
  configurable: true,
});
const adapter = await navigator.gpu.requestAdapter();
if (!adapter) {
  console.error("No graphics card that WebGPU could use was found (no Vulkan driver?).");
  process.exit(2);
}
const { vendor, architecture, device, description } = adapter.info;
const card = { vendor, architecture, device, description };
console.log("card:", JSON.stringify(card));

// Only now, as both look for navigator.gpu when they are loaded.
const tf = await import("@tensorflow/tfjs");
await import("@tensorflow/tfjs-backend-webgpu");
const jax = await import("@jax-js/jax");
const { LearnedOptimizer } = await import("../dist/tfjs/index.js");
const { learned } = await import("../dist/jax/index.js");

const file = await load("mnist-mlp");
const values = {};
const raw = { unit: "milliseconds a step" };
const put = (key, value, n) => {
  values[key] = { value, n };
  console.log(key, Number(value.toPrecision(4)));
};
const gradients = (n, steps) => {
  const rng = createRng("graphics");
  const scale = Float64Array.from({ length: n }, () => Math.exp(-12 * rng.uniform()));
  return Array.from({ length: steps }, () => Float32Array.from(scale, (s) => s * rng.normal()));
};
const median = (v) => v.toSorted((a, b) => a - b)[v.length >> 1];

/** θ after these gradients, by our kernels. */
function ours(grads) {
  const n = grads[0].length;
  const network = bindNetwork(file.shape, file.phi);
  const state = network.init(layout({ theta: [n] }));
  const delta = new Float32Array(n);
  const deltas = grads.map((g) => {
    network.update(state, g, delta);
    return delta.slice();
  });
  state.close();
  return deltas;
}
/** The largest difference of single steps. */
const differ = (a, b) => a.reduce((m, d, k) => d.reduce((x, v, i) => Math.max(x, Math.abs(v - b[k][i])), m), 0);

await tf.setBackend("webgpu");
await jax.init("webgpu");
jax.defaultDevice("webgpu");
const transformation = learned(file);
const inside = jax.jit((u, s) => transformation.update(u, s));

{
  const grads = gradients(64, 100);
  const kernels = ours(grads);
  const optimizer = new LearnedOptimizer(file);
  const variable = tf.variable(tf.zeros([64]), true, "parity");
  const byTf = [];
  for (const g of grads) {
    variable.assign(tf.zeros([64]));
    optimizer.applyGradients([{ name: variable.name, tensor: tf.tensor1d(g) }]);
    byTf.push(await variable.data());
  }
  optimizer.dispose();
  let state = transformation.init(jax.numpy.zeros([64]));
  const byJax = [];
  for (const g of grads) {
    const [u, next] = inside(jax.numpy.array(g), state);
    state = next;
    byJax.push(await u.data());
  }
  put("graphics/tfjs-difference", differ(byTf, kernels), 100);
  put("graphics/jax-difference", differ(byJax, kernels), 100);
}

/** Ways to step n parameters, each [one step, wait until all is done, close]. */
async function ways(n) {
  const [g] = gradients(n, 1);
  const gradient = tf.tensor1d(g);
  const done = async (v) => {
    const sum = v.sum();
    await sum.data();
    sum.dispose();
  };
  const byTf = (name, optimizer) => {
    const v = tf.variable(tf.zeros([n]), true, `${name}-${n}`);
    const step = () => tf.tidy(() => optimizer.applyGradients([{ name: v.name, tensor: gradient }]));
    return [
      step,
      () => done(v),
      () => {
        optimizer.dispose();
        v.dispose();
      },
    ];
  };
  // The kernels, as a user of a card would have to call them: the gradient comes down, the step goes up.
  const network = bindNetwork(file.shape, file.phi);
  const state = network.init(layout({ theta: [n] }));
  const delta = new Float32Array(n);
  const theta = tf.variable(tf.zeros([n]), true, `kernels-${n}`);
  const byKernels = async () => {
    const fresh = tf.add(gradient, 0); // as what was downloaded of a tensor once is kept
    network.update(state, await fresh.data(), delta);
    fresh.dispose();
    tf.tidy(() => theta.assign(tf.add(theta, tf.tensor1d(delta))));
  };
  let jaxState = transformation.init(jax.numpy.zeros([n]));
  const jaxGradient = jax.numpy.array(g);
  let last;
  const byJax = () => {
    last?.dispose();
    [last, jaxState] = inside(jaxGradient.ref, jaxState);
  };
  return {
    learned: byTf("learned", new LearnedOptimizer(file)),
    adam: byTf("adam", tf.train.adam(0.01)),
    kernels: [byKernels, () => done(theta), () => tf.dispose([theta, gradient]) ?? state.close()],
    "jax-learned": [byJax, () => jax.blockUntilReady(last.ref), () => jax.tree.dispose([last, jaxGradient, jaxState])],
  };
}

for (const n of sizes) {
  const all = await ways(n);
  const times = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
  for (const [step, wait] of Object.values(all)) {
    for (let k = 0; k < WARM; k++) await step();
    await wait();
  }
  // In turn, so that all meet the same moods of the machine.
  for (let turn = 0; turn < TURNS; turn++)
    for (const [name, [step, wait]] of Object.entries(all)) {
      const from = performance.now();
      for (let k = 0; k < STEPS; k++) await step();
      await wait();
      times[name].push((performance.now() - from) / STEPS);
    }
  for (const [, , close] of Object.values(all)) close();
  raw[n] = Object.fromEntries(Object.entries(times).map(([name, t]) => [name, median(t)]));
  const ratio = (a, b) => put(`graphics/${n}/${a}-over-${b}`, median(times[a].map((t, k) => t / times[b][k])), TURNS);
  ratio("learned", "adam");
  ratio("kernels", "learned");
  ratio("kernels", "jax-learned");
}
const from = provenance("node bench/graphics.mjs --out results", 0);
writeWhole(`${out}/graphics.json`, `${JSON.stringify({ ...from, card, values, raw }, null, 1)}\n`);
process.exit(0); // Dawn keeps the process open
