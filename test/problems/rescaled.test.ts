import { expect, it } from "vitest";
import type { Vec } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { makeDigits } from "../../src/data/digits.ts";
import { checkGradient } from "../../src/problems/check-gradient.ts";
import { mlp } from "../../src/problems/mlp.ts";
import type { Problem } from "../../src/problems/problem.ts";
import { quadratics } from "../../src/problems/quadratic.ts";
import { rescaled } from "../../src/problems/rescaled.ts";

const SPREAD = 1.5;

/** θ₀, its gradient, H·v at a fixed v, and the loss. */
async function look(problem: Problem, v?: Vec) {
  const n = problem.layout.size;
  const [theta, grad, curved] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  problem.init(createRng(2), theta);
  const batch = problem.batch(createRng(3));
  const loss = await problem.lossAndGrad(theta, batch, grad);
  await problem.hvp!(theta, batch, v ?? Float32Array.from(grad, () => 1), curved);
  return { theta, grad, curved, loss };
}

it("measures every tensor in a unit of its own: θ/s, s ⊙ ∇f and s ⊙ H (s ⊙ v), by their definition", async () => {
  const images = await makeDigits(100, 7);
  const plain = mlp({ name: "t", images, hidden: [6, 5], batchSize: 16, initScale: 0.3 }).sample(createRng(1));
  const other = rescaled(plain, SPREAD, createRng(4));
  const { theta, grad, loss } = await look(plain);
  const at = await look(other);
  expect(at.loss).toBeCloseTo(loss, 5);
  const s = Float32Array.from(theta, (t, i) => t / at.theta[i]!);
  const units = plain.layout.slots.map(({ offset, size }) => {
    for (let i = offset; i < offset + size; i++) expect(s[i]).toBeCloseTo(s[offset]!, 4);
    return s[offset]!;
  });
  expect(new Set(units.map((u) => u.toFixed(3))).size).toBe(units.length);
  for (const u of units) expect(Math.abs(Math.log(u))).toBeLessThanOrEqual(SPREAD);
  at.grad.forEach((g, i) => {
    expect(g).toBeCloseTo(s[i]! * grad[i]!, 4);
  });
  const { curved } = await look(plain, s); // s ⊙ v, as v is 1
  at.curved.forEach((c, i) => {
    expect(c).toBeCloseTo(s[i]! * curved[i]!, 2); // both by differences of single precision
  });
  await checkGradient(other, { rng: createRng(5), tolerance: 0.05 }); // gradients of 1e-4, losses of single precision
  other.dispose!();
});

it("gives each of the functions side by side a unit, the same ones for the same seed", async () => {
  const plain = quadratics({ dimension: 4, functions: 3, initScale: 1 }).sample(createRng(1));
  const at = await look(rescaled(plain, SPREAD, createRng(4)));
  const { theta, loss } = await look(plain);
  const s = Float32Array.from(theta, (t, i) => t / at.theta[i]!);
  for (let i = 0; i < 12; i++) expect(s[i]).toBeCloseTo(s[i - (i % 4)]!, 4);
  expect(new Set([0, 4, 8].map((i) => s[i]!.toFixed(3))).size).toBe(3);
  expect(at.loss).toBeCloseTo(loss, 3);
  expect(await look(rescaled(plain, SPREAD, createRng(4)))).toEqual(at);
  expect((await look(rescaled(plain, SPREAD, createRng(5)))).theta).not.toEqual(at.theta);
  expect(() => rescaled(plain, -1, createRng(4))).toThrow("spread: expected a finite number >= 0, got -1");
});
