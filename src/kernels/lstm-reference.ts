import { checkVec } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { exp, log, sigmoid, tanh } from "../core/math.ts";
import { type LstmKernel, type ReplayJob, stateLength } from "./lstm-kernel.ts";
import { featureCount, type LstmShape, phiLayout, stateSize } from "./lstm-shape.ts";

type Row = number[];
const zeros = (n: number): Row => new Array<number>(n).fill(0);

/** The features of one gradient (paper, appendix A). */
export function preprocess(shape: LstmShape, gradient: number): Row {
  const d = gradient * shape.inputScale;
  if (shape.preprocessing.kind === "scale") return [d];
  const { p } = shape.preprocessing;
  return Math.abs(d) >= exp(-p) ? [log(Math.abs(d)) / p, Math.sign(d)] : [-1, exp(p) * d];
}

/** ∂feature/∂gradient, for the option of second derivatives. */
export function preprocessDerivative(shape: LstmShape, gradient: number): Row {
  const s = shape.inputScale;
  if (shape.preprocessing.kind === "scale") return [s];
  const { p } = shape.preprocessing;
  const d = gradient * s;
  return Math.abs(d) >= exp(-p) ? [s / (p * d), 0] : [0, exp(p) * s];
}

/** What the backward pass needs of one step of one coordinate. */
export interface StepRecord {
  readonly layers: { x: Row; c0: Row; i: Row; j: Row; f: Row; o: Row; tc: Row }[];
  readonly top: Row;
}

/** Carried derivatives of one coordinate: ∂L/∂h and ∂L/∂c of each layer. */
export interface Adjoint {
  readonly dh: Row[];
  readonly dc: Row[];
}

/** The network with φ bound: one step of one coordinate, and that step's vector-Jacobian product. */
export interface ReferenceNetwork {
  /** [g, state′] = m(∇, state; φ). `state` is [layer][h, c][unit], advanced in place. */
  step(gradient: number, state: Float64Array): { delta: number; record: StepRecord };
  /** Adds to dφ, moves the adjoint to step t − 1, returns ∂L/∂features. */
  backward(record: StepRecord, dDelta: number, adjoint: Adjoint, dPhi: Float64Array): Row;
  /** A zero adjoint: S_K. */
  adjoint(): Adjoint;
}

/** One coordinate's network in plain float64 loops, written to be read against the paper's equations. */
export function referenceNetwork(shape: LstmShape, phi: ArrayLike<number>): ReferenceNetwork {
  const { hidden: H, layers: L } = shape;
  const l = phiLayout(shape);
  const at = (name: string): number => l.slots.find((s) => s.name === name)!.offset;
  const inputs = (k: number): number => (k === 0 ? featureCount(shape) : H);

  function step(gradient: number, state: Float64Array): { delta: number; record: StepRecord } {
    let x = preprocess(shape, gradient);
    const layers: StepRecord["layers"] = [];
    for (let k = 0; k < L; k++) {
      const w = at(`lstm_${k + 1}/w_gates`);
      const b = at(`lstm_${k + 1}/b_gates`);
      const h0 = Array.from(state.subarray(k * 2 * H, k * 2 * H + H));
      const c0 = Array.from(state.subarray(k * 2 * H + H, k * 2 * H + 2 * H));
      const xh = [...x, ...h0];
      const z = zeros(4 * H).map((_, r) => xh.reduce((a, v, q) => a + v * phi[w + q * 4 * H + r]!, phi[b + r]!));
      const i = z.slice(0, H).map(sigmoid);
      const j = z.slice(H, 2 * H).map(tanh);
      const f = z.slice(2 * H, 3 * H).map((v) => sigmoid(v + 1));
      const o = z.slice(3 * H).map(sigmoid);
      const c = c0.map((v, u) => f[u]! * v + i[u]! * j[u]!);
      const tc = c.map(tanh);
      const h = tc.map((v, u) => o[u]! * v);
      state.set(h, k * 2 * H);
      state.set(c, k * 2 * H + H);
      layers.push({ x: xh, c0, i, j, f, o, tc });
      x = h;
    }
    const w = at("linear/w");
    const y = x.reduce((a, v, q) => a + v * phi[w + q]!, phi[at("linear/b")]!);
    return { delta: shape.outputScale * y, record: { layers, top: x } };
  }

  function backward(record: StepRecord, dDelta: number, adjoint: Adjoint, dPhi: Float64Array): Row {
    const g = shape.outputScale * dDelta;
    const wo = at("linear/w");
    dPhi[at("linear/b")]! += g;
    let dx = record.top.map((v, q) => {
      dPhi[wo + q]! += g * v;
      return g * phi[wo + q]!;
    });
    for (let k = L - 1; k >= 0; k--) {
      const r = record.layers[k]!;
      const w = at(`lstm_${k + 1}/w_gates`);
      const b = at(`lstm_${k + 1}/b_gates`);
      const dz = zeros(4 * H);
      for (let u = 0; u < H; u++) {
        const dh = adjoint.dh[k]![u]! + dx[u]!;
        const dc = adjoint.dc[k]![u]! + dh * r.o[u]! * (1 - r.tc[u]! ** 2);
        dz[u] = dc * r.j[u]! * r.i[u]! * (1 - r.i[u]!);
        dz[H + u] = dc * r.i[u]! * (1 - r.j[u]! ** 2);
        dz[2 * H + u] = dc * r.c0[u]! * r.f[u]! * (1 - r.f[u]!);
        dz[3 * H + u] = dh * r.tc[u]! * r.o[u]! * (1 - r.o[u]!);
        adjoint.dc[k]![u] = dc * r.f[u]!;
      }
      const dxh = r.x.map((v, q) =>
        dz.reduce((a, d, row) => {
          dPhi[w + q * 4 * H + row]! += d * v;
          return a + d * phi[w + q * 4 * H + row]!;
        }, 0),
      );
      dz.forEach((d, row) => {
        dPhi[b + row]! += d;
      });
      dx = dxh.slice(0, inputs(k));
      adjoint.dh[k] = dxh.slice(inputs(k));
    }
    return dx;
  }

  const adjoint = (): Adjoint => ({
    dh: Array.from({ length: L }, () => zeros(H)),
    dc: Array.from({ length: L }, () => zeros(H)),
  });
  return { step, backward, adjoint };
}

/** Coordinate i's state out of (or into) the blocked form of `LstmKernel.saveState`. */
export function coordinateState(state: ArrayLike<number>, i: number, per: number): Float64Array {
  const from = (i >> 3) * 8 * per + (i & 7);
  return Float64Array.from({ length: per }, (_, r) => state[from + 8 * r]!);
}

/** The slow, obvious kernel in float64 that `wasmKernel` is held against, and that steps where an engine has no SIMD. */
export function referenceKernel(shape: LstmShape, n: number): LstmKernel {
  const per = stateSize(shape);
  const states = Array.from({ length: n }, () => new Float64Array(per));
  let phi: ArrayLike<number> = new Float32Array(phiLayout(shape).size);
  let adjoints: Adjoint[] = [];
  return {
    coordinates: n,
    load(vec: Vec) {
      phi = vec.slice();
    },
    reset() {
      for (const s of states) s.fill(0);
    },
    saveState() {
      const out = new Float32Array(stateLength(n, per));
      states.forEach((s, i) => {
        s.forEach((v, r) => {
          out[(i >> 3) * 8 * per + (i & 7) + 8 * r] = v;
        });
      });
      return out;
    },
    restoreState(saved) {
      checkVec("state", saved, stateLength(n, per));
      states.forEach((s, i) => {
        s.set(coordinateState(saved, i, per));
      });
    },
    forward(grad, delta) {
      const net = referenceNetwork(shape, phi);
      for (let i = 0; i < n; i++) delta[i] = net.step(grad[i]!, states[i]!).delta;
    },
    replay(job: ReplayJob, gradient) {
      const net = referenceNetwork(shape, phi);
      const K = job.gradients.length - 1;
      job.coordinates.forEach((i, index) => {
        const state = coordinateState(job.state, i, per);
        const d = job.gradients.map((g) => g[i]!);
        const records = d.slice(0, K).map((v) => net.step(v, state).record);
        const adjoint = net.adjoint();
        const weight = job.coordinateWeights[index]!;
        let lambda = weight * job.weights[K]! * d[K]!;
        for (let t = K - 1; t >= 0; t--) {
          net.backward(records[t]!, lambda, adjoint, gradient);
          lambda = (job.discount ?? 1) * lambda + weight * job.weights[t]! * d[t]!;
        }
      });
    },
    beginBack() {
      const net = referenceNetwork(shape, phi);
      adjoints = states.map(() => net.adjoint());
    },
    stepBack({ grad, state, lambda }, q, gradient) {
      const net = referenceNetwork(shape, phi);
      states.forEach((s, i) => {
        s.set(coordinateState(state, i, per));
        const { record } = net.step(grad[i]!, s.slice());
        const dx = net.backward(record, lambda[i]!, adjoints[i]!, gradient);
        q[i] = preprocessDerivative(shape, grad[i]!).reduce((a, d, f) => a + d * dx[f]!, 0);
      });
    },
  };
}
