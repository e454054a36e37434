import { expect, it } from "vitest";
import { metaGradientErrors, sampledReplayBias } from "../../src/experiments/golden-gradient.ts";

it("the meta-gradient agrees with differences at frozen inputs: 1e-5 in the reference, 1e-4 in the kernels", () => {
  const { reference, kernel } = metaGradientErrors(2);
  expect(reference).toBeLessThan(1e-5);
  expect(kernel).toBeLessThan(1e-4);
});

it.each(["stratified", "importance"] as const)("sampled replay is unbiased, %s: within the standard error", (how) => {
  expect(sampledReplayBias(how, 400)).toBeLessThan(3);
});
