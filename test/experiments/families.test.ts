import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { cifarConvnet, createFamily } from "../../src/experiments/families.ts";
import { loadImages } from "../../src/node/images.ts";

it("the CIFAR net runs on shapes made by rule, whole or on some labels", async () => {
  for (const [labels, n] of [
    [undefined, 22_682],
    [[0, 1, 2, 3, 4], 22_517],
  ] as const) {
    const family = await createFamily(cifarConvnet("shapes-test", labels), loadImages);
    const problem = family.sample(createRng(0));
    expect(problem.layout.size).toBe(n);
    const theta = new Float32Array(n);
    problem.init(createRng(1), theta);
    const loss = await problem.lossAndGrad(theta, problem.batch(createRng(2)), new Float32Array(n));
    expect(loss).toBeCloseTo(Math.log(labels?.length ?? 10), 1);
  }
});
