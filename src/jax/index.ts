/** `gradgrad/jax`: a trained optimizer as an optax-style gradient transformation for jax-js. */
import { Array as Concrete, type JsTree, numpy as np, tree } from "@jax-js/jax";
import { check } from "../core/check.ts";
import { layout, type Vec } from "../core/layout.ts";
import { stateSize } from "../kernels/lstm-shape.ts";
import { networkByTensor, type OwnNetwork } from "../learned/by-tensor.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { openNetwork } from "../learned/network.ts";
import { rowsOfState, stateOfRows } from "../learned/state-rows.ts";
import { stepOperations } from "./operations.ts";

/** State of a transformation: a tree of arrays. The same as that of jax-js's own optax package. */
export type OptState = JsTree<np.Array>;

/**
 * A pair of pure functions, structurally that of jax-js's own optax package, so that it composes with its `chain`, clipping
 * and schedules. As everything in jax-js, both consume the arrays that they are given: pass `tree.ref(params)` to keep them.
 */
export interface GradientTransformation {
  /** The state for parameters of this tree. */
  init<Params extends JsTree<np.Array>>(params: Params): OptState;
  /** From gradients and a state: the steps to add to the parameters, and the next state. */
  update<Params extends JsTree<np.Array>>(updates: Params, state: OptState, params?: Params): [Params, OptState];
}

/** The name of every leaf, in the order of `tree.leaves`: keys and indices by slashes, as in "conv1/w". */
function names(of: JsTree<np.Array>, above = ""): string[] {
  const inside = (key: string | number): string => (above === "" ? String(key) : `${above}/${key}`);
  if (Array.isArray(of)) return of.flatMap((t, i) => names(t, inside(i)));
  if (of.constructor === Object) return Object.entries(of).flatMap(([k, t]) => names(t, inside(k)));
  return [above === "" ? "theta" : above];
}

/** Rows of a state; a network without one keeps a row of zeros, as jax-js has no empty arrays. */
const rowsOf = ({ net }: OwnNetwork): number => Math.max(1, stateSize(net));

/** One step in our kernels. `state` is [h and c of every unit][coordinates], row after row. */
function stepKernel({ net, phi }: OwnNetwork, grad: Vec, state: Vec): { delta: Vec; state: Vec } {
  const n = grad.length;
  const per = stateSize(net);
  const network = openNetwork(net, { layout: layout({ theta: [n] }), functions: 1, simd: "strict" });
  network.load(phi);
  network.reset();
  network.restoreState(stateOfRows(state, per, n, network.saveState()));
  const delta = new Float32Array(n);
  network.forward(grad, delta);
  const after = network.saveState();
  network.close();
  const out = new Float32Array(state.length); // a network without a state keeps a row of zeros
  out.set(rowsOfState(after, per, n));
  return { delta, state: out };
}

/** Its numbers can be read here and now: not a tracer of `jit` or `grad`, and not on a graphics card. */
const readable = (x: np.Array): boolean => x instanceof Concrete && (x.device === "wasm" || x.device === "cpu");

/**
 * A trained optimizer as a gradient transformation: `update` turns gradients into the steps to add to the parameters,
 * g_t = scale · m(preprocess(∇_t), state; φ). Outside `jit`, on the cpu and wasm devices, it runs in gradgrad's kernels; inside
 * `jit`, and on a graphics card, as jax-js operations, with the same state. Steps of both differ by less than 1e-5.
 *
 * @param file a trained optimizer: `await load(name)`, or `decodeOptimizer(bytes)`.
 * @throws ArgumentError for a network whose coordinates share information (LSTM+GAC, NTM-BFGS).
 * @example
 * const optimizer = learned(await load("mnist-mlp"));
 * let state = optimizer.init(tree.ref(params));
 * [updates, state] = optimizer.update(grads, state);
 * params = tree.map((p: np.Array, u: np.Array) => p.add(u), params, updates);
 */
export function learned(file: Pick<OptimizerFile, "shape" | "phi">): GradientTransformation {
  const own = networkByTensor({ shape: file.shape, phi: file.phi.slice() });
  const ownOf = (of: JsTree<np.Array>): OwnNetwork[] => {
    const leaves = tree.leaves(of) as np.Array[];
    return names(of).map((name, i) => own(name, leaves[i]!.shape.length));
  };
  /** States stand in the order of their names, so that the order in which an object has its keys is no matter. */
  const byName = (of: JsTree<np.Array>): number[] => {
    const all = names(of);
    return [...all.keys()].sort((a, b) => (all[a]! < all[b]! ? -1 : 1));
  };
  return {
    init(params) {
      const nets = ownOf(params);
      const leaves = tree.leaves(params) as np.Array[];
      const state = byName(params).map((i) =>
        np.zeros([rowsOf(nets[i]!), leaves[i]!.size], { device: leaves[i]!.device }),
      );
      tree.dispose(params);
      return state;
    },
    update(updates, state, params) {
      tree.dispose(params);
      const nets = ownOf(updates);
      const [leaves, structure] = tree.flatten(updates) as [np.Array[], ReturnType<typeof tree.structure>];
      const order = byName(updates);
      const kept = state as np.Array[];
      check(kept.length === leaves.length, "state", `what init made of ${leaves.length} arrays`, kept.length);
      const states: np.Array[] = [];
      for (const [k, i] of order.entries()) states[i] = kept[k]!;
      for (const [i, name] of names(updates).entries()) {
        const wanted = [rowsOf(nets[i]!), leaves[i]!.size];
        check(`${states[i]!.shape}` === `${wanted}`, `state of ${name}`, `[${wanted}]`, `[${states[i]!.shape}]`);
      }
      const steps = leaves.map((g, i): [np.Array, np.Array] => {
        const { net, phi } = nets[i]!;
        const s = states[i]!;
        const shape = [...g.shape];
        const { device } = g;
        if (!readable(g) || !readable(s)) {
          const out = stepOperations(net, phi, g.reshape([-1]), s);
          return [out.delta.reshape(shape), out.state];
        }
        const rows = [...s.shape];
        const out = stepKernel(nets[i]!, g.dataSync() as Vec, s.dataSync() as Vec);
        return [np.array(out.delta, { shape, device }), np.array(out.state, { shape: rows, device })];
      });
      const out = tree.unflatten(
        structure,
        steps.map(([u]) => u),
      ) as typeof updates;
      return [out, order.map((i) => steps[i]![1])];
    },
  };
}
