// Our side: node bench/ours.mjs MODE N REPEATS SIMD -> JSON on stdout. Modes as in torch_peer.py, and others of our own.
import { performance } from "node:perf_hooks";
import { createRng, defaultLstm, initNetwork, wasmKernel } from "../dist/index.js";
import { runUnroll } from "../dist/meta/unroll.js";

const [mode, nText, repeatsText, simd = "strict"] = process.argv.slice(2);
const [n, repeats] = [Number(nText), Number(repeatsText)];
const T = 20;
const rng = createRng(0);
const phi = initNetwork(defaultLstm, rng);
const seconds = [];

/** The paper's classifier on MNIST: coordinates of pixels that no image has lit yet share their state, so images matter. */
async function classifier() {
  const { createFamily, mnistMlp } = await import("../dist/experiments/families.js");
  const { loadImages } = await import("../dist/node/images.js");
  return createFamily(mnistMlp(process.env.GRADGRAD_DATA ? "mnist-train" : "digits-train"), loadImages);
}
function time(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

if (mode === "unroll" || mode === "forward" || mode === "memory") {
  const kernel = wasmKernel(defaultLstm, n, 1, simd);
  kernel.load(phi);
  const replayer = wasmKernel(defaultLstm, 8, T, simd);
  replayer.load(phi);
  const gradients = Array.from({ length: T + 1 }, () => {
    const g = new Float32Array(n);
    for (let i = 0; i < n; i++) g[i] = (rng.uniform() - 0.5) * 0.02;
    return g;
  });
  const delta = new Float32Array(n);
  const coordinates = new Int32Array(n);
  for (let i = 0; i < n; i++) coordinates[i] = i;
  const coordinateWeights = new Float32Array(n).fill(1);
  const weights = new Float64Array(T + 1).fill(1);
  for (let r = 0; r <= repeats; r++) {
    const s = time(() => {
      kernel.reset();
      const state = mode === "forward" ? undefined : kernel.saveState();
      for (let t = 0; t < T; t++) kernel.forward(gradients[t], delta);
      if (state)
        replayer.replay({ gradients, weights, state, coordinates, coordinateWeights }, new Float64Array(phi.length));
    });
    if (r > 0 || repeats === 0) seconds.push(s);
  }
} else if (mode === "meta") {
  const family = await classifier();
  let carry;
  for (let r = 0; r <= repeats; r++) {
    const start = performance.now();
    const weights = new Float64Array(T + 1).fill(1);
    const task = {
      shape: defaultLstm,
      phi,
      seed: "bench",
      K: T,
      weights,
      fraction: 0.05,
      sampling: "importance",
      simd,
    };
    ({ carry } = await runUnroll(family, carry ? { ...task, carry } : task));
    if (r > 0) seconds.push((performance.now() - start) / 1000);
  }
} else if (mode === "copy") {
  // The classifier's gradient called whole, against the same with everything already in the engine's memory.
  const { copyOverhead } = await import("./copy.mjs");
  seconds.push(...(await copyOverhead(repeats)));
} else if (mode === "convnet") {
  const { convnet } = await import("../dist/problems/convnet.js");
  const size = 32 * 32 * 3;
  const images = {
    ...{ name: "random", count: 1000, size, channels: 3, classes: 10 },
    pixels: Uint8Array.from({ length: 1000 * size }, () => rng.integer(256)),
    labels: Uint8Array.from({ length: 1000 }, () => rng.integer(10)),
  };
  const problem = convnet({ name: "random", images }).sample(rng);
  const theta = new Float32Array(problem.layout.size);
  const grad = new Float32Array(theta.length);
  problem.init(rng, theta);
  for (let r = -4; r < repeats; r++) {
    const batch = problem.batch(rng);
    const s = time(() => problem.lossAndGrad(theta, batch, grad));
    if (r >= 0) seconds.push(s); // the engine's optimising compiler takes its time
  }
} else throw new Error(`unknown mode ${mode}`);

console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS * 1024, version: process.version }));
