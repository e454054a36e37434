import { describe, expect, it } from "vitest";
import { layout, view } from "../../src/core/layout.ts";
import { exp, log, powerOfTwo, tanh } from "../../src/core/math.ts";
import { createRng } from "../../src/core/rng.ts";

describe("math", () => {
  it("agrees with Math.* to 1e-14", () => {
    for (let k = -300; k < 300; k += 0.37) {
      expect(Math.abs(log(2 ** k) - Math.log(2 ** k))).toBeLessThan(1e-14 * Math.max(1, Math.abs(k)));
      expect(Math.abs(exp(k) / Math.exp(k) - 1)).toBeLessThan(1e-14);
      expect(Math.abs(tanh(k / 20) - Math.tanh(k / 20))).toBeLessThan(1e-14);
    }
    expect([log(0), log(-1), exp(Infinity), exp(-Infinity)]).toEqual([-Infinity, Number.NaN, Infinity, 0]);
  });
});

it("powers of two are exact at every exponent of a normal number, and `exp` reaches all of them", () => {
  let [up, down] = [1, 1];
  for (let k = 0; k <= 1023; k++, up *= 2, down /= 2) {
    expect(powerOfTwo(k)).toBe(up);
    expect(Math.abs(exp(k * Math.LN2) / up - 1)).toBeLessThan(1e-12);
    if (k > 1022) continue;
    expect(powerOfTwo(-k)).toBe(down);
    expect(Math.abs(exp(-k * Math.LN2) / down - 1)).toBeLessThan(1e-12);
  }
  expect(exp(-1074 * Math.LN2)).toBe(Number.MIN_VALUE);
});

describe("rng", () => {
  it("has the moments of its distributions", () => {
    const rng = createRng(5);
    const n = 200_000;
    const z = Float64Array.from({ length: n }, () => rng.normal());
    const m = z.reduce((a, v) => a + v, 0) / n;
    const v = z.reduce((a, x) => a + (x - m) ** 2, 0) / n;
    const tails = z.filter((x) => Math.abs(x) > 1.959964).length / n;
    expect(Math.abs(m)).toBeLessThan(0.01);
    expect(Math.abs(v - 1)).toBeLessThan(0.02);
    expect(Math.abs(tails - 0.05)).toBeLessThan(0.003);
    for (let i = 0; i < 1000; i++) expect(Math.abs(rng.truncatedNormal())).toBeLessThanOrEqual(2);
  });
  it("draws the same numbers on every engine", () => {
    const rng = createRng("pinned").split(3);
    for (const n of [0, -1, 1.5, 2 ** 32 + 1])
      expect(() => rng.integer(n)).toThrow("integer: expected n from 1 to 2³²");
    const drawn = [rng.bits(), rng.uniform(), rng.normal(), rng.truncatedNormal(), rng.integer(1000)];
    expect(drawn).toEqual([1452676449, 0.14241093141026795, -0.29772440029363506, -0.7865852121287197, 914]);
  });
  it("splits by seed and label, whatever was drawn before", () => {
    const [a, b] = [createRng(1), createRng(1)];
    b.bits();
    expect(a.split("x").bits()).toBe(b.split("x").bits());
    expect(a.split("x").bits()).not.toBe(a.split("y").bits());
  });
  it("continues from a saved state", () => {
    const a = createRng("s");
    a.bits();
    const saved = a.state();
    const next = [a.bits(), a.bits()];
    const b = createRng(0);
    b.restore(saved);
    expect([b.bits(), b.bits()]).toEqual(next);
  });
});

it("layout names tensors and says which exist", () => {
  const l = layout({ w: [2, 3], b: [3] });
  expect(l.size).toBe(9);
  expect(() => view(l, new Float32Array(9), "c")).toThrow('tensor name: expected one of w, b, got "c"');
  expect(() => layout({ w: [0] })).toThrow("shape of w: expected a whole number >= 1, got 0");
});
