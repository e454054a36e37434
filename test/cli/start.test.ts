import { expect, it } from "vitest";
import { firstExperiment } from "../../src/cli/start.ts";
import { experimentByName } from "../../src/experiments/registry.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";

it("the experiment that another starts from trains with the other's seed and network", () => {
  const demo = experimentByName("demo");
  const shape = { ...defaultLstm, hidden: 10 };
  const options = { ...demo.options, seed: 7, shape };
  expect(firstExperiment({ ...demo, startFrom: demo, options })!.options).toEqual(options);
});
