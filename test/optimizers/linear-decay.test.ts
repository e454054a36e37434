import { expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { adam } from "../../src/optimizers/adam.ts";
import { linearDecay } from "../../src/optimizers/linear-decay.ts";
import { nag } from "../../src/optimizers/nag.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import { methodByName } from "../../src/optimizers/registry.ts";

it.each([
  ["adam-linear", adam(0.1) as Optimizer],
  ["nag-linear", nag(0.1) as Optimizer],
])("%s: step t is the method's times 1 − t/T, and nothing after", (name, plain) => {
  const l = layout({ w: [2] });
  const falling = methodByName(name).create(0.1, 4);
  expect(falling.name).toBe(name);
  const [a, b] = [plain.init(l), falling.init(l)];
  const [x, y] = [new Float32Array(2), new Float32Array(2)];
  for (let t = 0; t < 6; t++) {
    const grad = Float32Array.of(t - 1.5, 3);
    plain.update(a, grad, x);
    falling.update(b, grad, y);
    expect([...y]).toEqual([...x.map((d) => d * Math.max(0, 1 - t / 4))]);
  }
});

it("must know how long it runs", () => {
  expect(() => methodByName("adam-linear").create(0.1)).toThrow("steps: expected");
  expect(() => linearDecay(adam(0.1), 0)).toThrow("steps: expected");
});
