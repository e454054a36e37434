import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { checkFamily } from "../../src/evaluation/check-family.ts";
import { type FamilyOptions, problemFamily } from "../../src/problems/family.ts";

const square: FamilyOptions<number, undefined> = {
  parameters: { x: [1] },
  draw: () => 0,
  lossAndGrad([x], grad) {
    grad[0] = 2 * x!;
    return x! ** 2;
  },
};
const evaluate = async (more: object): Promise<number> => {
  const problem = problemFamily({ ...square, ...more }).sample(createRng(1));
  return problem.lossAndGrad(new Float32Array(1), undefined, new Float32Array(1));
};

describe("a family of one's own", () => {
  it.each([
    [{ paramters: {} }, /problem family: expected some of name, parameters, .*, got "paramters"/],
    [{ parameters: undefined }, /parameters: expected \{ name: shape, … \}, got undefined/],
    [{ draw: 3 }, /draw: expected a function/],
    [{ lossAndGrad: () => undefined }, /what lossAndGrad returns: expected the loss, a number, got undefined/],
    [{ lossAndGrad: async () => "1" }, /what lossAndGrad returns: expected the loss, a number, got "1"/],
  ])("%j is refused by name", async (more, message) => {
    await expect(evaluate(more)).rejects.toThrow(message);
  });

  it("a loss that is not finite is said to be that, and nothing else", async () => {
    const family = problemFamily({ ...square, lossAndGrad: (_, grad) => grad.fill(Number.NaN)[0]! });
    const { findings } = await checkFamily(family, { rng: createRng(1), steps: 5, problems: 2 });
    expect(findings.filter((f) => f.verdict === "bad").map((f) => f.about)).toEqual(["loss at θ₀"]);
  });
});
