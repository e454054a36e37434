import { check, checkVec } from "../core/check.ts";
import { type Layout, layout, type Vec, view } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import { lendKernel } from "../kernels/kernel-pool.ts";
import { stateLength } from "../kernels/lstm-kernel.ts";
import { checkShape, type LstmShape, phiLayout, stateSize } from "../kernels/lstm-shape.ts";
import { type Simd, simdAvailable } from "../kernels/lstm-wasm.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { type Arithmetic, plainArithmetic } from "../tape/arithmetic.ts";
import { fastArithmetic } from "../tape/fast-arithmetic.ts";
import { type CoupledNetwork, coupledNetwork } from "./coupled.ts";
import {
  type CoupledShape,
  checkCoupled,
  coupledLayout,
  coupledStateSize,
  inputCount,
  outputCount,
} from "./coupled-shape.ts";
import { chronoBiases, initMatrices } from "./init.ts";
import { checkGroups, type Part, partition, type SeveralShape } from "./several.ts";

/** Any learned optimizer's network: what fixes the meaning of φ. */
export type NetworkShape = LstmShape | CoupledShape | SeveralShape;

/** Where a network is put to work. */
export interface Place {
  readonly layout: Layout;
  /** Functions side by side in θ. */
  readonly functions: number;
  readonly simd: Simd;
}

/** A network on the coordinates of one problem. */
export interface Network {
  /** Takes φ; later steps use it. */
  load(phi: Vec): void;
  /** Back to a trajectory's start. */
  reset(): void;
  /** Everything that is carried from step to step, as plain data; zeros at a trajectory's start. */
  saveState(): Vec;
  /** Takes a state that `saveState` gave. */
  restoreState(state: Vec): void;
  /** One step: reads grad, advances the state, writes delta. */
  forward(grad: Vec, delta: Vec): void;
  /** Gives its memory to the next user. */
  close(): void;
}

/** Whether coordinates share information, in the network or in one of several: then all of them are replayed, and none is sampled. */
export function isCoupled(shape: NetworkShape): boolean {
  const nets = "groups" in shape ? shape.groups.map((g) => g.net) : [shape];
  return nets.some((net) => "kind" in net);
}

/** Throws ArgumentError unless every field is in its range. */
export function checkNetwork(shape: NetworkShape): void {
  if (!("kind" in shape)) checkShape(shape);
  else if (shape.kind === "coupled") checkCoupled(shape);
  else {
    check(shape.kind === "several", "shape kind", '"coupled", "several" or none', (shape as { kind: unknown }).kind);
    checkGroups(shape);
    for (const g of shape.groups) checkNetwork(g.net);
  }
}

/** φ: the network's tensors; of several networks each one's, under its group's name. */
export function networkLayout(shape: NetworkShape): Layout {
  if (!("kind" in shape)) return phiLayout(shape);
  if (shape.kind === "coupled") return coupledLayout(shape);
  checkNetwork(shape);
  const parts = shape.groups.flatMap(({ name, net }) =>
    networkLayout(net).slots.map((s): [string, readonly number[]] => [`${name}/${s.name}`, s.shape]),
  );
  return layout(Object.fromEntries(parts));
}

/**
 * φ at the start of meta-training: W ~ truncated normal, σ = 1/√(rows of W), b = 0; heads of a memory smaller.
 *
 * @param chrono the longest memory of a cell, in steps: see `chronoBiases`. 0 leaves b = 0.
 */
export function initNetwork(shape: NetworkShape, rng: Rng, chrono = 0): Vec {
  const phi = initWeights(shape, rng);
  if (chrono > 0) chronoBiases(networkLayout(shape), phi, chrono, rng);
  return phi;
}

function initWeights(shape: NetworkShape, rng: Rng): Vec {
  if (!("kind" in shape)) return initMatrices(phiLayout(shape), rng);
  if (shape.kind === "several") {
    const parts = shape.groups.map((g) => initWeights(g.net, rng.split(g.name)));
    const phi = new Float32Array(networkLayout(shape).size);
    let at = 0;
    for (const p of parts) {
      phi.set(p, at);
      at += p.length;
    }
    return phi;
  }
  const l = coupledLayout(shape);
  const phi = initMatrices(l, rng);
  const outputs = outputCount(shape);
  const w = view(l, phi, "linear/w");
  for (let i = 0; i < w.length; i++) if (i % outputs > 0) w[i]! *= shape.memory!.headScale;
  return phi;
}

/** Length of the state of a network at a place. */
export function networkStateLength(shape: NetworkShape, place: Place): number {
  const { layout: l, functions } = place;
  if (!("kind" in shape)) return stateLength(l.size, stateSize(shape));
  if (shape.kind === "coupled") return functions * coupledStateSize(shape, l.size / functions);
  return partition(shape, l).reduce(
    (sum, p) => sum + networkStateLength(p.group.net, { ...place, layout: p.layout }),
    0,
  );
}

/** One of several optimizers at a place: its coordinates, and its part of φ (or ∂L/∂φ) and of the state as views of the whole. */
export interface PlacedPart extends Part {
  readonly place: Place;
  /** Its part of φ, or of ∂L/∂φ, as a view. */
  phiOf<V extends Vec | Float64Array>(phi: V): V;
  /** Its part of the state, as a view. */
  stateOf(state: Vec): Vec;
}

/** Deals out coordinates, φ and state, group by group. */
export function placedParts(shape: SeveralShape, place: Place): PlacedPart[] {
  let phiAt = 0;
  let stateAt = 0;
  return partition(shape, place.layout).map((part) => {
    const { net } = part.group;
    const own = { ...place, layout: part.layout };
    const [phiFrom, stateFrom] = [phiAt, stateAt];
    phiAt += networkLayout(net).size;
    stateAt += networkStateLength(net, own);
    const [phiTo, stateTo] = [phiAt, stateAt];
    return {
      ...part,
      place: own,
      phiOf: <V extends Vec | Float64Array>(phi: V) => phi.subarray(phiFrom, phiTo) as V,
      stateOf: (state) => state.subarray(stateFrom, stateTo),
    };
  });
}

/** The fast arithmetic for a coupled network on n coordinates; the plain one where the engine has no SIMD. */
export function coupledArithmetic(shape: CoupledShape, n: number): Arithmetic {
  if (!simdAvailable("strict")) return plainArithmetic();
  const widest = Math.max(inputCount(shape), shape.hidden) + shape.hidden;
  return fastArithmetic(n, widest, Math.max(4 * shape.hidden, outputCount(shape)));
}

/** The coupled network of a shape at a place, in the fast arithmetic. */
export function openCoupled(shape: CoupledShape, place: Place): CoupledNetwork {
  const { size } = place.layout;
  return coupledNetwork(shape, size, place.functions, coupledArithmetic(shape, size));
}

/** Puts a network to work: `load` φ, then `reset` or `restoreState`. */
export function openNetwork(shape: NetworkShape, place: Place): Network {
  if (!("kind" in shape)) {
    const { kernel, giveBack } = lendKernel(shape, place.layout.size, 1, place.simd);
    return { ...kernel, close: giveBack };
  }
  if (shape.kind === "coupled") return { ...openCoupled(shape, place), close: () => {} };
  const placed = placedParts(shape, place); // first: where a kind of tensor is missing, the functions are beside the point
  check(place.functions === 1, "functions", "1 with several optimizers", place.functions);
  const parts = placed.map((part) => ({
    ...part,
    net: openNetwork(part.group.net, part.place),
    delta: new Float32Array(part.layout.size),
  }));
  const total = networkStateLength(shape, place);
  return {
    load(phi) {
      for (const { net, phiOf } of parts) net.load(phiOf(phi));
    },
    reset() {
      for (const { net } of parts) net.reset();
    },
    saveState() {
      const state = new Float32Array(total);
      for (const { net, stateOf } of parts) stateOf(state).set(net.saveState());
      return state;
    },
    restoreState(state) {
      checkVec("state", state, total);
      for (const { net, stateOf } of parts) net.restoreState(stateOf(state));
    },
    forward(grad, delta) {
      for (const p of parts) {
        p.net.forward(p.gather(grad), p.delta);
        p.scatter(p.delta, delta);
      }
    },
    close() {
      for (const { net } of parts) net.close();
    },
  };
}

/**
 * A learned optimizer with φ bound: an `Optimizer` like the hand-designed ones. g_t = scale · m(preprocess(∇_t), state; φ), the
 * same φ for every coordinate, the state of each carried from step to step. Every state keeps its own memory.
 *
 * @throws ArgumentError if φ has the wrong length for `shape`, or a gradient that for its layout.
 * @example
 * const optimizer = bindNetwork(defaultLstm, initNetwork(defaultLstm, createRng(0)));
 * const state = optimizer.init(layout({ w: [3] }));
 * const delta = new Float32Array(3);
 * optimizer.update(state, Float32Array.of(1, -2, 0.5), delta);
 */
export function bindNetwork(shape: NetworkShape, phi: Vec, simd: Simd = "strict"): Optimizer<Network> {
  checkVec("phi", phi, networkLayout(shape).size);
  const own = phi.slice();
  return {
    name: "learned",
    init(l, functions = 1) {
      const network = openNetwork(shape, { layout: l, functions, simd });
      network.load(own);
      network.reset();
      // Looked at here, as kernels read what they are told to.
      const { forward, close } = network;
      let closed = false;
      return {
        ...network,
        close() {
          closed = true;
          close();
        },
        forward(grad, delta) {
          check(!closed, "optimizer state", "one that is not closed", "closed"); // its memory may be another's by now
          checkVec("grad", grad, l.size);
          checkVec("delta", delta, l.size);
          forward(grad, delta);
        },
      };
    },
    update(network, grad, delta) {
      network.forward(grad, delta);
    },
  };
}
