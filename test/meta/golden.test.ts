import { expect, it } from "vitest";
import { releasedGolden } from "../../src/experiments/golden.ts";

it("reproduces the released code's golden numbers: cost 0.7325326, x 0.8559", async () => {
  const { cost, x } = await releasedGolden();
  expect(cost).toBeCloseTo(0.7325326, 6);
  expect(x).toBeCloseTo(0.8559, 4);
});

it("converges on x² as the released convergence test asks: cost < 1e-5", async () => {
  const { cost } = await releasedGolden({ iterations: 500, steps: 100, unroll: 20 });
  expect(cost).toBeLessThan(1e-5);
});
