import { expect, it } from "vitest";
import { paperFigures } from "../../src/experiments/paper-figures.ts";
import { quickly } from "../../src/experiments/quick.ts";
import { experimentByName } from "../../src/experiments/registry.ts";
import { checkOptions } from "../../src/meta/train.ts";

const names = new Set(paperFigures.flatMap((f) => f.runs.flatMap((r) => [r.problem, ...r.optimizers])));

it.each([...names])("the quick size of %s is one that can be trained and tested", (name) => {
  for (let e = experimentByName(name); ; e = e.startFrom) {
    const quick = quickly(e);
    checkOptions(quick.options);
    for (const { steps, metrics, tuningWindow = 1, trajectories, family, tuning = family } of quick.tests) {
      if (family.kind === "art" && tuning.kind === "art")
        expect({ ...tuning, contents: "" }).toEqual({ ...family, contents: "" });
      expect(metrics.length).toBeGreaterThan(0);
      for (const m of metrics) {
        expect(m.kind).toBe("final");
        expect("step" in m && m.step - tuningWindow + 1).toBeGreaterThanOrEqual(0);
        expect("step" in m && m.step).toBeLessThanOrEqual(steps);
      }
      expect(trajectories).toBe(2);
    }
    if (!e.startFrom) break;
  }
});

it("the quick size of a figure of updates has a rate for each method beside the learned one", () => {
  for (const { updates } of paperFigures)
    if (updates) {
      const { methods } = quickly(experimentByName(updates.problem)).tests[0]!;
      expect(methods).toEqual(expect.arrayContaining(["adam", "sgd"]));
    }
});
