import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { checkFamily } from "../../src/evaluation/check-family.ts";
import { problemFamily } from "../../src/problems/family.ts";

it("a loss that ends beside θ₀ has no gradient that is called good", async () => {
  const family = problemFamily({
    parameters: { a: [1], b: [1] },
    draw: () => 0,
    init: (_, theta) => theta.set([1, 1e-6]),
    lossAndGrad([a, b], grad) {
      grad.set([2 * a!, 0.5 / Math.sqrt(b!)]);
      return a! ** 2 + Math.sqrt(b!);
    },
  });
  const { findings } = await checkFamily(family, { rng: createRng(1), steps: 10, problems: 2 });
  expect(findings.find((f) => f.about === "gradient of b")).toMatchObject({ verdict: "bad" });
});
