/** A small neural field: 2-32-32-1 with tanh, fitted to the signed distance of a shape. The gradient is jax-js's. */
import { defaultDevice, jit, numpy as np, valueAndGrad } from "@jax-js/jax";
import { layout, problemFamily } from "gradgrad";

export const title = "Signed distance fields";
export const words =
  "The loss is the mean squared error of a small neural network that tells how far a point is from the outline of a shape, on 256 random points. θ is its weights; every run is another shape, from other random weights.";
export const options = { steps: 100, iterations: 150, metaBatch: 2, learningRate: 0.005, shape: { outputScale: 0.03 } };
export const trial = { trajectories: 40, tuningTrajectories: 6 };

const POINTS = 256;
const parameters = { w1: [2, 32], b1: [32], w2: [32, 32], b2: [32], w3: [32, 1], b3: [1] };

defaultDevice("wasm");
const loss = (theta: np.Array[], x: np.Array, y: np.Array): np.Array => {
  const [w1, b1, w2, b2, w3, b3] = theta as [np.Array, np.Array, np.Array, np.Array, np.Array, np.Array];
  const h1 = np.tanh(np.matmul(x, w1).add(b1));
  const h2 = np.tanh(np.matmul(h1, w2).add(b2));
  return np.square(np.matmul(h2, w3).add(b3).sub(y)).mean();
};
const valueAndGrads = jit(valueAndGrad(loss));

/** Where each tensor lies in θ. */
const slots = layout(parameters).slots;

export default problemFamily({
  name: "field",
  parameters,
  // The union of three circles.
  draw: (rng) =>
    Array.from({ length: 3 }, () => [
      1.2 * rng.uniform() - 0.6,
      1.2 * rng.uniform() - 0.6,
      0.15 + 0.25 * rng.uniform(),
    ]),
  init(rng, theta) {
    for (const { offset, size, shape } of slots)
      for (let i = 0; i < size; i++) theta[offset + i] = shape.length === 1 ? 0 : rng.normal() / Math.sqrt(shape[0]!);
  },
  batch(rng, circles) {
    const x = Float32Array.from({ length: 2 * POINTS }, () => 2 * rng.uniform() - 1);
    const y = Float32Array.from({ length: POINTS }, (_, k) =>
      Math.min(...circles.map(([cx, cy, r]) => Math.hypot(x[2 * k]! - cx!, x[2 * k + 1]! - cy!) - r!)),
    );
    return { x, y };
  },
  lossAndGrad(theta, grad, _, { x, y }) {
    const tensors = slots.map((s) => np.array(theta.subarray(s.offset, s.offset + s.size), { shape: [...s.shape] }));
    const [value, grads] = valueAndGrads(
      tensors,
      np.array(x, { shape: [POINTS, 2] }),
      np.array(y, { shape: [POINTS, 1] }),
    ) as unknown as [np.Array, np.Array[]];
    slots.forEach((s, i) => {
      grad.set(grads[i]!.dataSync() as Float32Array, s.offset);
    });
    return (value.dataSync() as Float32Array)[0]!;
  },
});
