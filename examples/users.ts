/** A logistic regression a user: 16 features, 80 answers each. Convex and deterministic: L-BFGS's own ground. */
import { problemFamily } from "gradgrad";

export const title = "A logistic regression for each user";
export const words =
  "The loss is how badly a logistic regression on 16 features tells which of 80 things a user liked. θ is the user's taste; every run is another user.";
export const options = { steps: 20, iterations: 400, metaBatch: 8, learningRate: 0.005 };
export const trial = { trajectories: 100, tuningTrajectories: 20 };

const [FEATURES, ANSWERS, RIDGE] = [16, 80, 0.01];
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

export default problemFamily({
  name: "users",
  parameters: { taste: [FEATURES], bias: [] },
  draw(rng) {
    const taste = Float64Array.from({ length: FEATURES }, () => 1.5 * rng.normal());
    const bias = rng.normal();
    // Features of a scale each, as real ones have.
    const x = Float64Array.from({ length: ANSWERS * FEATURES }, (_, i) => rng.normal() * 2 ** ((i % FEATURES) / 5 - 2));
    const y = Float64Array.from({ length: ANSWERS }, (_, r) => {
      const z = taste.reduce((a, w, i) => a + w * x[r * FEATURES + i]!, bias);
      return Number(rng.uniform() < sigmoid(z));
    });
    return { x, y };
  },
  lossAndGrad(theta, grad, { x, y }) {
    let loss = 0;
    for (let i = 0; i <= FEATURES; i++) {
      const w = i < FEATURES ? theta[i]! : 0; // the bias is free
      grad[i] = 2 * RIDGE * w;
      loss += RIDGE * w * w;
    }
    for (let r = 0; r < ANSWERS; r++) {
      let z = theta[FEATURES]!;
      for (let i = 0; i < FEATURES; i++) z += theta[i]! * x[r * FEATURES + i]!;
      loss += (Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - y[r]! * z) / ANSWERS;
      const d = (sigmoid(z) - y[r]!) / ANSWERS;
      for (let i = 0; i < FEATURES; i++) grad[i]! += d * x[r * FEATURES + i]!;
      grad[FEATURES]! += d;
    }
    return loss;
  },
});
