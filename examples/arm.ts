/** Inverse kinematics: the angles of a planar arm of eight joints that bring its hand to a target, past an obstacle. */
import { problemFamily } from "gradgrad";

export const title = "Inverse kinematics of an arm";
export const words =
  "The loss is how far the hand of an arm of eight joints is from a target, and how deep its joints lie in an obstacle, with a little for every bend. θ is the angles; every run is another target and obstacle.";
export const options = { steps: 40, iterations: 400, metaBatch: 8, learningRate: 0.005 };
export const trial = { trajectories: 100, tuningTrajectories: 20 };

const JOINTS = 8;
const LENGTH = 1 / JOINTS;
const RADIUS = 0.15;

export default problemFamily({
  name: "arm",
  parameters: { angles: [JOINTS] },
  draw(rng) {
    const [direction, reach] = [2 * Math.PI * rng.uniform(), 0.4 + 0.5 * rng.uniform()];
    const [side, along] = [direction + 0.6 * rng.normal(), 0.3 + 0.2 * rng.uniform()];
    return {
      target: [reach * Math.cos(direction), reach * Math.sin(direction)] as const,
      obstacle: [along * Math.cos(side), along * Math.sin(side)] as const,
    };
  },
  init(rng, theta) {
    theta.forEach((_, i) => {
      theta[i] = i === 0 ? 2 * Math.PI * rng.uniform() : 0.3 * rng.normal();
    });
  },
  lossAndGrad(theta, grad, { target, obstacle }) {
    // Forward: each joint's place; `toX`, `toY` collect ∂f/∂place.
    const [x, y] = [new Float64Array(JOINTS + 1), new Float64Array(JOINTS + 1)];
    const [toX, toY] = [new Float64Array(JOINTS + 1), new Float64Array(JOINTS + 1)];
    let angle = 0;
    let loss = 0;
    for (let j = 0; j < JOINTS; j++) {
      angle += theta[j]!;
      x[j + 1] = x[j]! + LENGTH * Math.cos(angle);
      y[j + 1] = y[j]! + LENGTH * Math.sin(angle);
      grad[j] = j === 0 ? 0 : 0.02 * theta[j]!;
      loss += j === 0 ? 0 : 0.01 * theta[j]! * theta[j]!;
      const [dx, dy] = [x[j + 1]! - obstacle[0], y[j + 1]! - obstacle[1]];
      const inside = RADIUS * RADIUS - dx * dx - dy * dy;
      if (inside > 0) {
        loss += 100 * inside * inside;
        toX[j + 1]! -= 400 * inside * dx;
        toY[j + 1]! -= 400 * inside * dy;
      }
    }
    const [dx, dy] = [x[JOINTS]! - target[0], y[JOINTS]! - target[1]];
    toX[JOINTS]! += 2 * dx;
    toY[JOINTS]! += 2 * dy;
    // Back: an angle turns every place after it about its own joint.
    let [sumX, sumY, turn] = [0, 0, 0];
    for (let j = JOINTS; j >= 1; j--) {
      sumX += toX[j]!;
      sumY += toY[j]!;
      turn += toY[j]! * x[j]! - toX[j]! * y[j]!;
      grad[j - 1]! += turn - (sumY * x[j - 1]! - sumX * y[j - 1]!);
    }
    return loss + dx * dx + dy * dy;
  },
});
