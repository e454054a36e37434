import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { coupledNetwork } from "../../src/learned/coupled.ts";
import { type CoupledShape, coupledLayout } from "../../src/learned/coupled-shape.ts";
import { initNetwork } from "../../src/learned/network.ts";
import { createMetaAdam, metaAdamStep } from "../../src/meta/adam.ts";
import { fastArithmetic } from "../../src/tape/fast-arithmetic.ts";

const FUNCTIONS = 32;
const EACH = 8;
const N = FUNCTIONS * EACH;
const ROUNDS = 1500;

/** Gradients of very different norms, and the same clipped to norm 1. */
function sample(rng: ReturnType<typeof createRng>): { grad: Float32Array; target: Float32Array } {
  const grad = new Float32Array(N);
  const target = new Float32Array(N);
  for (let f = 0; f < FUNCTIONS; f++) {
    const size = 0.1 + 1.9 * rng.uniform();
    let squares = 0;
    for (let k = f * EACH; k < (f + 1) * EACH; k++) {
      grad[k] = size * rng.normal();
      squares += grad[k]! ** 2;
    }
    const cut = Math.min(1, 1 / Math.sqrt(squares));
    for (let k = f * EACH; k < (f + 1) * EACH; k++) target[k] = cut * grad[k]!;
  }
  return { grad, target };
}

/** Mean squared error on fresh gradients of a network that was trained to give the clipped one. */
function error(cells: number): number {
  const shape: CoupledShape = {
    kind: "coupled",
    layers: 2,
    hidden: 16,
    preprocessing: { kind: "scale" },
    inputScale: 1,
    outputScale: 1,
    averaging: { cells, layers: "all", recurrent: true },
  };
  const rng = createRng("clipping");
  const phi = initNetwork(shape, rng.split("phi"));
  const net = coupledNetwork(shape, N, FUNCTIONS, fastArithmetic(N, 32, 64));
  const adam = createMetaAdam(phi.length);
  const data = rng.split("data");
  const out = new Float32Array(N);
  const zero = net.saveState();
  const run = (): { grad: Float32Array; apart: Float32Array } => {
    const { grad, target } = sample(data);
    net.load(phi);
    net.reset();
    net.forward(grad, out);
    return { grad, apart: out.map((v, k) => v - target[k]!) };
  };
  for (let t = 0; t < ROUNDS; t++) {
    const { grad, apart } = run();
    const gradient = new Float64Array(coupledLayout(shape).size);
    // ∂L/∂g₀ = λ₁ = w₁ d₁: with the residual as d₁ it is the gradient of the mean squared error
    net.replay([grad, apart], [0, 1], zero, gradient);
    metaAdamStep(adam, phi, gradient, 0.01 * (1 - t / ROUNDS));
  }
  let sum = 0;
  for (let t = 0; t < 50; t++) sum += run().apart.reduce((a, v) => a + v * v, 0) / N;
  return sum / 50;
}

it("LSTM+GAC learns L2 clipping, which needs the norm of the whole gradient: error 5× below the LSTM's", () => {
  const [without, gac] = [error(0), error(6)];
  expect(without).toBeLessThan(0.02); // it does learn what one coordinate can tell
  expect(gac).toBeLessThan(without / 5);
}, 120_000);
