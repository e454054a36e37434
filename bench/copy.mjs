// How much of a classifier's gradient is copying θ into jax-js and the gradient out of it: [copy seconds, whole seconds].
import { performance } from "node:perf_hooks";
import { defaultDevice, numpy as np } from "@jax-js/jax";
import { createRng } from "../dist/index.js";
import { mlp } from "../dist/problems/mlp.js";

export async function copyOverhead(repeats) {
  const rng = createRng(0);
  const pixels = Uint8Array.from({ length: 784 * 1000 }, () => rng.integer(256));
  const labels = Uint8Array.from({ length: 1000 }, () => rng.integer(10));
  const images = { name: "random", pixels, labels, size: 784, classes: 10, count: 1000 };
  const problem = mlp({ name: "bench", images }).sample(rng);
  const theta = new Float32Array(problem.layout.size);
  const grad = new Float32Array(theta.length);
  problem.init(rng, theta);
  defaultDevice("wasm");
  const copies = [];
  const whole = [];
  for (let r = 0; r < repeats + 20; r++) {
    let start = performance.now();
    for (const { offset, size, shape } of problem.layout.slots) {
      const tensor = np.array(theta.subarray(offset, offset + size), { shape: [...shape] });
      grad.set(tensor.dataSync(), offset);
    }
    const copy = (performance.now() - start) / 1000;
    start = performance.now();
    problem.lossAndGrad(theta, problem.batch(rng), grad);
    if (r < 20) continue;
    copies.push(copy);
    whole.push((performance.now() - start) / 1000);
  }
  const median = (v) => v.sort((a, b) => a - b)[v.length >> 1];
  return [median(copies), median(whole)];
}
