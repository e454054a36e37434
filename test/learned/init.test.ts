import { expect, it } from "vitest";
import { view } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork, networkLayout } from "../../src/learned/network.ts";

const shape = { kind: "several" as const, groups: [{ name: "all", net: defaultLstm }] };

it("chrono biases give cells memories of 2 to so many steps, and change nothing else", () => {
  const [plain, chrono] = [0, 1000].map((longest) => initNetwork(shape, createRng(1), longest));
  const l = networkLayout(shape);
  const memories: number[] = [];
  for (const { name } of l.slots) {
    const b = view(l, chrono!, name);
    if (!name.endsWith("b_gates")) expect(b).toEqual(view(l, plain!, name));
    else
      for (let j = 0; j < 20; j++) {
        const u = b[40 + j]! + 1; // the forget bias 1 is added outside b
        expect(b[j]).toBeCloseTo(-u, 5);
        expect([b[20 + j], b[60 + j]]).toEqual([0, 0]);
        memories.push(1 + Math.exp(u)); // 1/(1 − σ(u)): steps until 1/e is left
      }
  }
  expect(memories).toHaveLength(40);
  expect(Math.min(...memories)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...memories)).toBeLessThanOrEqual(1000);
  const decades = [10, 100, 1000].map((below) => memories.filter((m) => m < below && m >= below / 10).length);
  expect(Math.min(...decades)).toBeGreaterThan(6);
});
