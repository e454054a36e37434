import { expect, it } from "vitest";
import { createFamily } from "../../src/experiments/families.ts";
import { experimentByName } from "../../src/experiments/registry.ts";
import { placedParts } from "../../src/learned/network.ts";
import type { SeveralShape } from "../../src/learned/several.ts";
import { placeOf, problemOf } from "../../src/meta/unroll.ts";
import { loadImages } from "../../src/node/images.ts";

it("one LSTM takes the kernels of convolutions, the other all else, as in the paper (§3.3)", async () => {
  const { options } = experimentByName("cifar10");
  const { train } = experimentByName("shapes");
  const problem = problemOf(await createFamily(train, loadImages), "t");
  const parts = placedParts(options.shape as SeveralShape, placeOf(problem, "strict"));
  const kernels = 25 * (3 * 16 + 16 * 16 + 16 * 16);
  expect(parts.map((p) => [p.group.name, p.place.layout.size])).toEqual([
    ["conv", kernels],
    ["fc", problem.layout.size - kernels],
  ]);
});
