/** Curve fitting: y(t) = a·exp(−bt)·cos(ωt + p) + c to 60 noisy samples; θ = [a, b, ω, p, c]. The gradient is by hand. */
import { problemFamily } from "gradgrad";

export const title = "Damped oscillations";
export const words =
  "The loss is the mean squared distance between a damped oscillation and 60 noisy samples of another one. θ is its height, decay, frequency, phase and offset; every run is another measurement.";
export const options = { steps: 40, iterations: 400, metaBatch: 8, learningRate: 0.005 };
export const trial = { trajectories: 100, tuningTrajectories: 20 };

const COUNT = 60;
const time = (k: number): number => k / 10;

export default problemFamily({
  name: "oscillation",
  parameters: { theta: [5] },
  draw(rng) {
    const [a, b, w, p] = [0.5 + 1.5 * rng.uniform(), 0.1 + 0.5 * rng.uniform(), 1 + rng.uniform(), 1.5 * rng.uniform()];
    const c = 0.5 * rng.normal();
    return Float64Array.from({ length: COUNT }, (_, k) => {
      const t = time(k);
      return a * Math.exp(-b * t) * Math.cos(w * t + p) + c + 0.05 * rng.normal();
    });
  },
  init(_, theta) {
    theta.set([1, 0.3, 1.5, 0.75, 0]); // a measurement's middle guess
  },
  lossAndGrad(theta, grad, y) {
    const [a, b, w, p, c] = theta as unknown as [number, number, number, number, number];
    grad.fill(0);
    let loss = 0;
    for (let k = 0; k < COUNT; k++) {
      const t = time(k);
      const [e, cos, sin] = [Math.exp(-b * t), Math.cos(w * t + p), Math.sin(w * t + p)];
      const r = a * e * cos + c - y[k]!;
      loss += (r * r) / COUNT;
      const s = (2 * r) / COUNT;
      grad[0]! += s * e * cos;
      grad[1]! -= s * a * t * e * cos;
      grad[2]! -= s * a * t * e * sin;
      grad[3]! -= s * a * e * sin;
      grad[4]! += s;
    }
    return loss;
  },
});
