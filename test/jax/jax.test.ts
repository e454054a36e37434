import { defaultDevice, grad, type JsTree, jit, numpy as np, tree } from "@jax-js/jax";
import { describe, expect, it } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { type GradientTransformation, learned, type OptState } from "../../src/jax/index.ts";
import { averagingDefaults } from "../../src/learned/coupled-shape.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { bindNetwork, initNetwork, type NetworkShape } from "../../src/learned/network.ts";
import { load } from "../../src/shipped/load.ts";

defaultDevice("wasm");

type Params = { conv1: { w: np.Array }; dense: np.Array[] };
const dims = { "conv1/w": [2, 2, 1, 3], "dense/0": [3, 5], "dense/1": [5] };
const l = layout(dims);
const rng = createRng(3);
const sizes = Float64Array.from({ length: l.size }, () => Math.exp(-12 * rng.uniform()));

/** The flat vector as a tree of arrays. */
function toTree(v: Float32Array): Params {
  const [a, b, c] = l.slots.map((s) => np.array(v.slice(s.offset, s.offset + s.size), { shape: [...s.shape] }));
  return { conv1: { w: a! }, dense: [b!, c!] };
}
const flat = (t: JsTree<np.Array>): number[] =>
  (tree.leaves(t) as np.Array[]).flatMap((a) => Array.from(a.dataSync() as Float32Array));

const scaled = { ...defaultLstm, preprocessing: { kind: "scale" as const }, inputScale: 3 };
const shapes: [string, NetworkShape][] = [
  ["the paper's network", defaultLstm],
  ["no preprocessing", scaled],
  ["a linear map", { ...defaultLstm, layers: 0 }],
  [
    "several at once",
    {
      kind: "several",
      groups: [
        { name: "conv", rank: 4, net: { ...scaled, hidden: 6, layers: 1 } },
        { name: "rest", net: defaultLstm },
      ],
    },
  ],
];

/** `learned` inside a compiled function. */
function compiled(t: GradientTransformation): GradientTransformation["update"] {
  return jit(
    (u: Params, s: OptState) => t.update(u, s) as [Params, OptState],
  ) as unknown as GradientTransformation["update"];
}

describe.each(shapes)("a gradient transformation: %s", (_, shape) => {
  it("steps as the library does, in jit and outside, and from one into the other", () => {
    const phi = initNetwork(shape, createRng(7));
    const ours = bindNetwork(shape, phi);
    const state = ours.init(l);
    const t = learned({ shape, phi });
    const inside = compiled(t);
    let [a, b] = [t.init(toTree(new Float32Array(l.size))), t.init(toTree(new Float32Array(l.size)))];
    const delta = new Float32Array(l.size);
    for (let k = 0; k < 20; k++) {
      const g = Float32Array.from(sizes, (s) => s * rng.normal());
      ours.update(state, g, delta);
      let [u, v]: Params[] = [];
      [u, a] = t.update(toTree(g), a);
      [v, b] = inside(toTree(g), b);
      if (k === 10) [a, b] = [b, a]; // the same state
      const [x, y] = [flat(u!), flat(v!)];
      for (let i = 0; i < l.size; i++) {
        expect(Math.abs(x[i]! - delta[i]!)).toBeLessThan(1e-5);
        expect(Math.abs(y[i]! - delta[i]!)).toBeLessThan(1e-5);
      }
    }
    state.close();
  });
});

it("trains a model that jax-js differentiates, chained after another transformation, and leaks no array", async () => {
  const data = Float32Array.from({ length: 60 }, () => rng.normal());
  const gradient = grad((w: np.Array) => squared(data, w));
  const chain = (...all: GradientTransformation[]): GradientTransformation => ({
    init: (params) => all.map((t) => t.init(tree.ref(params))) as unknown as OptState,
    update(updates, state) {
      let u = updates;
      const after = all.map((t, i) => {
        const [v, s] = t.update(u, (state as OptState[])[i]!);
        u = v;
        return s;
      });
      return [u, after as unknown as OptState];
    },
  });
  const half: GradientTransformation = {
    init: (params) => {
      tree.dispose(params);
      return [];
    },
    update: (u, s) => [tree.map((x: np.Array) => x.mul(0.5), u) as typeof u, s],
  };
  const t = chain(half, learned(await load("quadratic")));
  let w = np.zeros([3]);
  let state = t.init(w.ref);
  const at = (): number => squared(data, w.ref).item();
  const before = at();
  for (let k = 0; k < 60; k++) {
    const [u, s] = t.update(gradient(w.ref), state);
    state = s;
    w = w.add(u);
  }
  expect(at()).toBeLessThan(0.05 * before);
  expect(w.refCount).toBe(1);
  for (const s of tree.leaves(state) as np.Array[]) expect(s.refCount).toBe(1);
});

/** Mean squared error of a linear model against weights 0.3, −0.2, 0.1. */
function squared(data: Float32Array, w: np.Array): np.Array {
  const x = np.array(data, { shape: [20, 3] });
  const y = np.matmul(x.ref, np.array([0.3, -0.2, 0.1]));
  const r = np.matmul(x, w).sub(y);
  return r.ref.mul(r).mean();
}

it("finds a tensor's state by its name, in whatever order an object has its keys", () => {
  const t = learned({ shape: defaultLstm, phi: initNetwork(defaultLstm, createRng(7)) });
  const params = () => ({ w: np.zeros([2]), b: np.zeros([2]) });
  const [w, b] = [() => np.array([1, 2]), () => np.array([-0.3, 0.1])];
  const steps = (second: () => Record<string, np.Array>): number[][] => {
    const [first, state] = t.update({ w: w(), b: b() }, t.init(params()));
    tree.dispose(first);
    const [u, last] = t.update(second(), state);
    tree.dispose(last);
    return [[...u.w!.dataSync()], [...u.b!.dataSync()]];
  };
  expect(steps(() => ({ b: b(), w: w() }))).toEqual(steps(() => ({ w: w(), b: b() })));
  expect(() => t.update({ w: np.zeros([3]), b: np.zeros([2]) }, t.init(params()))).toThrow(/state of w: expected/);
});

it("says which networks and states it does not take", () => {
  const shape = { ...defaultLstm, kind: "coupled" as const, averaging: averagingDefaults };
  expect(() => learned({ shape, phi: initNetwork(shape, rng) })).toThrow(/network: expected a coordinatewise LSTM/);
  const t = learned({ shape: defaultLstm, phi: initNetwork(defaultLstm, rng) });
  expect(() => t.update(np.zeros([2]), [])).toThrow(/state: expected what init made of 1 arrays, got 0/);
});
