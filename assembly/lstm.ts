// The inner loops of the coordinatewise LSTM optimizer, in AssemblyScript (compiled by scripts/build-wasm.mjs).
//
// Coordinates come in blocks of 8 = two f32x4 vectors. Every quantity of a block is a run of rows [feature][8].
// Gate rows are ordered unit by unit: (i, j, f, o) of unit 0, of unit 1, …, so one register tile of 4 rows × 2 vectors
// computes all gates of one unit. Rows i, f, o are packed times ½, so that σ(x) = ½ + ½ tanh(x/2) needs no extra work;
// the bias starts the accumulators. min and max are one instruction only as pmin and pmax. The host
// (src/kernels/lstm-wasm.ts) packs weights and unpacks gradients.

import { cellBackward, combine, output } from "./cell";
import { log4, madd, tanhRows, V } from "./elementary";
import { same, sameLanes } from "./equal";
import { product } from "./product";
import { weightGradient } from "./weight-gradient";

// At most 8 layers: the tables of addresses below hold 8 × 4 bytes.
let F: i32 = 0; // input features: 1 (scaled) or 2 (log and sign)
let H: i32 = 0; // hidden units
let L: i32 = 0; // layers; 0 means a linear map of the features
let T: i32 = 0; // steps that replay can hold
let mode: i32 = 0; // 0: x = inputScale·g; 1: log and sign
let p: f32 = 10;
let least: f32 = 4.5399931e-5; // e^−p
let inputScale: f32 = 1;
let scale: f32 = 1; // output scale

const W: usize = memory.data(32); // forward weights [unit][k][4]
const B: usize = memory.data(32); // bias [4H]
const U: usize = memory.data(32); // backward weights [group of 4 inputs][4H][4]
const GW: usize = memory.data(32); // gradient of W, lanes apart: [4H][Kp] of f32x4
const GB: usize = memory.data(32); // gradient of B, lanes apart: [4H] of f32x4
const X: usize = memory.data(32); // inputs [T+1][Kp][8]: features or the lower layer's h, then own h
const C: usize = memory.data(32); // cells [T+1][H][8]
const A: usize = memory.data(32); // activations [T][4H][8], overwritten by their derivatives
const TC: usize = memory.data(32); // tanh(c) [T][H][8]
const DX: usize = memory.data(32); // dL/d(inputs of a layer) [K rounded up][8]: the lower layer's h, then own h
const DH: usize = memory.data(32); // its part for own h [H][8]
const DC: usize = memory.data(32); // dL/dc [H][8]
let WO: usize = 0; // output weights [top], then the bias
let GO: usize = 0; // their gradient, lanes apart
let TOP: usize = 0; // top activations [T][top][8]
let D: usize = 0; // gradients of the block [T+1][8]
let WT: usize = 0; // step weights w_t [T+1]
let LW: usize = 0; // coordinate weights [8]
let S: usize = 0; // state, block by block: each layer's h [H][8], c [H][8]
let G: usize = 0; // gradients of all coordinates
let DELTA: usize = 0; // updates of all coordinates
let ADJOINT: usize = 0; // where replays run in lockstep: dL/dh and dL/dc of all coordinates, as S
let LAMBDA: usize = 0; // dL/dg of all coordinates
let Q: usize = 0; // dL/d(gradient) of all coordinates
let LIVE: usize = 0; // a byte a block: 0 while its ADJOINT is zero
let TWIN: usize = 0; // a byte a block: 1 while its state is the leader's (see `forward`)
let leader: i32 = 0; // the block after the last: a coordinate whose gradients have all been zero
let top: usize = 0;

// @ts-ignore: decorator
@inline
function at(table: usize, l: i32): usize {
  return load<usize>(table + (<usize>l << 2));
}
function inputs(l: i32): i32 {
  return l == 0 ? F : H;
}
function kp(l: i32): i32 {
  return (inputs(l) + H + 1) & ~1; // rows padded to the 4 × 2 tiles of the weight gradient
}
function take(floats: i32): usize {
  const at = top;
  top += ((<usize>floats * 4 + 63) >> 6) << 6;
  return at;
}

/** Lays the memory out for n coordinates; returns the bytes needed from address 0. */
export function setup(f: i32, h: i32, layers: i32, steps: i32, n: i32, lockstep: bool): usize {
  F = f;
  H = h;
  L = layers;
  T = steps;
  top = (__heap_base + 63) & ~63;
  for (let l = 0; l < L; l++) {
    const k = inputs(l) + H;
    store<usize>(W + (<usize>l << 2), take(4 * H * k));
    store<usize>(B + (<usize>l << 2), take(4 * H));
    store<usize>(U + (<usize>l << 2), take(((k + 3) / 4) * 4 * 4 * H));
    store<usize>(GW + (<usize>l << 2), take(4 * H * kp(l) * 4));
    store<usize>(GB + (<usize>l << 2), take(4 * H * 4));
    store<usize>(X + (<usize>l << 2), take((T + 1) * kp(l) * 8));
    store<usize>(C + (<usize>l << 2), take((T + 1) * H * 8));
    store<usize>(A + (<usize>l << 2), take(T * 4 * H * 8));
    store<usize>(TC + (<usize>l << 2), take(T * H * 8));
    const below = l == 0 ? 0 : H; // no derivative by the features is needed
    const dx = take(((below + H + 3) / 4) * 4 * 8);
    store<usize>(DX + (<usize>l << 2), dx);
    store<usize>(DH + (<usize>l << 2), dx + <usize>below * V);
    store<usize>(DC + (<usize>l << 2), take(H * 8));
  }
  const size = L == 0 ? F : H;
  WO = take(size + 1);
  GO = take((size + 1) * 4);
  TOP = take((T + 1) * size * 8);
  D = take((T + 1) * 8);
  WT = take(T + 1);
  LW = take(8);
  leader = (n + 7) / 8;
  const blocks = leader + 1;
  S = take(blocks * L * 2 * H * 8);
  G = take(blocks * 8);
  DELTA = take(blocks * 8);
  TWIN = take((blocks + 3) / 4);
  if (lockstep) {
    ADJOINT = take(blocks * L * 2 * H * 8);
    LAMBDA = take(blocks * 8);
    Q = take(blocks * 8);
    LIVE = take((blocks + 3) / 4);
  }
  return top;
}
export function options(kind: i32, pp: f32, inScale: f32, outScale: f32): void {
  mode = kind;
  p = pp;
  least = <f32>Math.exp(-pp);
  inputScale = inScale;
  scale = outScale;
}
/** Address of a region: what 0 W, 1 B, 2 U, 3 GW, 4 GB (of layer l), 5 WO, 6 GO, 7 D, 8 WT, 9 LW, 10 S, 11 G, 12 DELTA, 13 LAMBDA, 14 Q. */
export function address(what: i32, l: i32): usize {
  switch (what) {
    case 0: return at(W, l);
    case 1: return at(B, l);
    case 2: return at(U, l);
    case 3: return at(GW, l);
    case 4: return at(GB, l);
    case 5: return WO;
    case 6: return GO;
    case 7: return D;
    case 8: return WT;
    case 9: return LW;
    case 10: return S;
    case 11: return G;
    case 12: return DELTA;
    case 13: return LAMBDA;
    default: return Q;
  }
}

/** Writes the features of 8 gradients at g into rows at x. */
function features(g: usize, x: usize): void {
  for (let v: usize = 0; v < V; v += 16) {
    const d = f32x4.mul(v128.load(g + v), f32x4.splat(inputScale));
    if (mode == 0) {
      v128.store(x + v, d);
    } else {
      const size = f32x4.pmax(f32x4.abs(d), f32x4.splat(least));
      const s = f32x4.pmax(f32x4.div(log4(size), f32x4.splat(p)), f32x4.splat(-1));
      const t = f32x4.div(d, f32x4.splat(least));
      v128.store(x + v, s);
      v128.store(x + V + v, f32x4.pmax(f32x4.pmin(t, f32x4.splat(1)), f32x4.splat(-1)));
    }
  }
}

/** Gates → activations in place; c' = f·c + i·j; h = o·tanh(c') into two places; tanh(c') kept. */
function cell(z: usize, c: usize, c1: usize, tc: usize, h: usize, h2: usize): void {
  tanhRows(z, z, 4 * H);
  combine(H, z, c, c1);
  tanhRows(c1, tc, H);
  output(H, z, tc, h, h2);
}
/** One step of all layers in slot t, from x's features; the new h goes to slot `next`. */
function step(t: i32, next: i32): void {
  for (let l = 0; l < L; l++) {
    const n = inputs(l);
    const row = <usize>kp(l) * V;
    const x = at(X, l) + <usize>t * row;
    const z = at(A, l) + <usize>t * <usize>(4 * H) * V;
    product(at(W, l), at(B, l), x, z, n + H, H);
    const hv = <usize>H * V;
    const up = l + 1 < L ? at(X, l + 1) + <usize>t * <usize>kp(l + 1) * V : TOP + <usize>t * hv;
    cell(z, at(C, l) + <usize>t * hv, at(C, l) + <usize>next * hv, at(TC, l) + <usize>t * hv, at(X, l) + <usize>next * row + <usize>n * V, up);
  }
}

function loadState(s: usize, t: i32): void {
  const bytes = <usize>H * V;
  for (let l = 0; l < L; l++) {
    memory.copy(at(X, l) + <usize>t * <usize>kp(l) * V + <usize>inputs(l) * V, s, bytes);
    memory.copy(at(C, l) + <usize>t * bytes, s + bytes, bytes);
    s += 2 * bytes;
  }
}
function featureSlot(t: i32): usize {
  return L == 0 ? TOP + <usize>t * <usize>F * V : at(X, 0) + <usize>t * <usize>kp(0) * V;
}
function topSize(): i32 {
  return L == 0 ? F : H;
}

/** One step of block b: reads G, advances S in place, writes DELTA. */
function stepBlock(b: i32): void {
  const bytes = <usize>H * V;
  const size = topSize();
  let s = stateOf(b);
  features(G + <usize>b * V, featureSlot(0));
  for (let l = 0; l < L; l++) {
    const x = at(X, l);
    const own = x + <usize>inputs(l) * V;
    for (let q: usize = 0; q < bytes; q += 16) v128.store(own + q, v128.load(s + q));
    const z = at(A, l);
    product(at(W, l), at(B, l), x, z, inputs(l) + H, H);
    cell(z, s + bytes, s + bytes, at(TC, l), s, l + 1 < L ? at(X, l + 1) : TOP);
    s += 2 * bytes;
  }
  let a = v128.load32_splat(WO + <usize>size * 4);
  let c = a;
  for (let k: usize = 0; k < <usize>size; k++) {
    const w = v128.load32_splat(WO + k * 4);
    a = madd(w, v128.load(TOP + k * V), a);
    c = madd(w, v128.load(TOP + k * V, 16), c);
  }
  v128.store(DELTA + <usize>b * V, f32x4.mul(a, f32x4.splat(scale)));
  v128.store(DELTA + <usize>b * V, f32x4.mul(c, f32x4.splat(scale)), 16);
}

function stateBytes(): usize {
  return <usize>(L * 2 * H) * V;
}
function stateOf(b: i32): usize {
  return S + <usize>b * stateBytes();
}
function isTwin(b: i32): bool {
  return load<u8>(TWIN + b) != 0;
}
/** +0 to the bit: a −0 may leave other signs of zero behind it. */
function gradientIsZero(b: i32): bool {
  const g = G + <usize>b * V;
  return !v128.any_true(v128.or(v128.load(g), v128.load(g, 16)));
}

/**
 * One step of all coordinates: reads G, advances S, writes DELTA. Coordinates whose gradients have all been zero (pixels
 * that no image has lit yet) have one state between them: it is computed once, in the leader, to the same bits. Their own
 * part of S is written when a gradient first comes, or by `settle`.
 */
export function forward(): void {
  let twins = 0;
  for (let b = 0; b < leader; b++) {
    if (!isTwin(b)) continue;
    if (gradientIsZero(b)) twins++;
    else leave(b);
  }
  if (twins > 0) stepBlock(leader);
  const from = DELTA + <usize>leader * V;
  for (let b = 0; b < leader; b++) {
    if (isTwin(b)) memory.copy(DELTA + <usize>b * V, from, V);
    else stepBlock(b);
  }
}

function leave(b: i32): void {
  memory.copy(stateOf(b), stateOf(leader), stateBytes());
  store<u8>(TWIN + b, 0);
}

/** Writes the twins' part of S. */
export function settle(): void {
  for (let b = 0; b < leader; b++) if (isTwin(b)) memory.copy(stateOf(b), stateOf(leader), stateBytes());
}

/** S was written by the host: finds a block of eight equal coordinates to be the leader, and all blocks that equal it. */
export function findTwins(): void {
  const bytes = stateBytes();
  let found = -1;
  for (let b = 0; b < leader; b++) {
    const s = stateOf(b);
    if (found < 0 && sameLanes(s, bytes)) {
      found = b;
      memory.copy(stateOf(leader), s, bytes);
    }
    store<u8>(TWIN + b, u8(found >= 0 && same(s, stateOf(leader), bytes)));
  }
}

/** Zeroes the accumulated gradient. */
export function clearGradient(): void {
  for (let l = 0; l < L; l++) {
    memory.fill(at(GW, l), 0, <usize>(4 * H) * <usize>kp(l) * 16);
    memory.fill(at(GB, l), 0, <usize>(4 * H) * 16);
  }
  memory.fill(GO, 0, <usize>(topSize() + 1) * 16);
}

/** The step in slot t backwards, from dL/dg of its 8 updates: DH and DC move to the step before, A becomes derivatives. */
function back(t: i32, l0: v128, l1: v128): void {
  const size = topSize();
  const hv = <usize>H * V;
  const g0 = f32x4.mul(l0, f32x4.splat(scale));
  const g1 = f32x4.mul(l1, f32x4.splat(scale));
  let h = TOP + <usize>t * <usize>size * V;
  let go = GO;
  for (let k: usize = 0; k < <usize>size; k++) {
    const a = f32x4.add(f32x4.mul(g0, v128.load(h)), f32x4.mul(g1, v128.load(h, 16)));
    v128.store(go, f32x4.add(v128.load(go), a));
    if (L > 0) {
      const wo = v128.load32_splat(WO + k * 4);
      const dh = at(DH, L - 1) + k * V;
      v128.store(dh, madd(g0, wo, v128.load(dh)));
      v128.store(dh, madd(g1, wo, v128.load(dh, 16)), 16);
    }
    h += V;
    go += 16;
  }
  v128.store(go, f32x4.add(v128.load(go), f32x4.add(g0, g1)));
  for (let l = L - 1; l >= 0; l--) {
    const z = at(A, l) + <usize>t * <usize>(4 * H) * V;
    cellBackward(H, z, at(C, l) + <usize>t * hv, at(TC, l) + <usize>t * hv, at(DH, l), at(DC, l));
    const below = l == 0 ? 0 : H;
    const dx = at(DX, l);
    product(at(U, l), 0, z, dx, 4 * H, (below + H + 3) / 4);
    if (below) {
      const lower = at(DH, l - 1);
      for (let q: usize = 0; q < hv; q += 16) v128.store(lower + q, f32x4.add(v128.load(lower + q), v128.load(dx + q)));
    }
  }
}
/** Adds the part of `steps` slots, all gone back through, to the gradient. */
function weightGradients(steps: i32): void {
  for (let l = 0; l < L; l++) weightGradient(H, kp(l), at(X, l), at(A, l), at(GW, l), at(GB, l), steps);
}

/**
 * Replays one block of 8 coordinates over `steps` steps from the state in the first block of S, with the recorded
 * gradients in D, and adds its part of dL/dφ: λ_K = w_K d_K; λ_t = γ λ_{t+1} + w_t d_t; dL/dg_t = λ_{t+1}, γ the discount.
 */
export function replay(steps: i32, discount: f32): void {
  const hv = <usize>H * V;
  loadState(S, 0);
  for (let t = 0; t < steps; t++) {
    features(D + <usize>t * V, featureSlot(t));
    step(t, t + 1);
  }
  for (let l = 0; l < L; l++) {
    memory.fill(at(DH, l), 0, hv);
    memory.fill(at(DC, l), 0, hv);
  }
  const gamma = f32x4.splat(discount);
  const lw0 = v128.load(LW);
  const lw1 = v128.load(LW, 16);
  let last = D + <usize>steps * V;
  let w = v128.load32_splat(WT + <usize>steps * 4);
  let l0 = f32x4.mul(f32x4.mul(lw0, w), v128.load(last));
  let l1 = f32x4.mul(f32x4.mul(lw1, w), v128.load(last, 16));
  for (let t = steps - 1; t >= 0; t--) {
    back(t, l0, l1);
    w = v128.load32_splat(WT + <usize>t * 4);
    last = D + <usize>t * V;
    l0 = f32x4.add(f32x4.mul(l0, gamma), f32x4.mul(f32x4.mul(lw0, w), v128.load(last)));
    l1 = f32x4.add(f32x4.mul(l1, gamma), f32x4.mul(f32x4.mul(lw1, w), v128.load(last, 16)));
  }
  weightGradients(steps);
}

/** Starts a replay in lockstep, at an unroll's end. */
export function beginBack(): void {
  memory.fill(LIVE, 0, leader);
}

/**
 * One step back of blocks `from` … `to` − 1, from the state in S before that step, its gradients in G and dL/dg in LAMBDA:
 * adds to dL/dφ, moves ADJOINT to the step before, writes dL/d(gradient) to Q. Slots hold blocks here instead of steps. A
 * block whose derivatives are all zero so far (pixels that no later image lights) adds nothing and is passed over.
 */
export function stepBack(from: i32, to: i32): void {
  const hv = <usize>H * V;
  let slot = 0;
  for (let b = from; b < to; b++) {
    const at8 = <usize>b * V;
    const l0 = v128.load(LAMBDA + at8);
    const l1 = v128.load(LAMBDA + at8, 16);
    const adjoint = ADJOINT + <usize>b * stateBytes();
    if (!load<u8>(LIVE + b)) {
      const zero = f32x4.splat(0);
      if (!v128.any_true(v128.or(f32x4.ne(l0, zero), f32x4.ne(l1, zero)))) {
        memory.fill(Q + at8, 0, V);
        continue;
      }
      store<u8>(LIVE + b, 1);
      memory.fill(adjoint, 0, stateBytes());
    }
    loadState(stateOf(b), slot);
    features(G + at8, featureSlot(slot));
    step(slot, slot + 1);
    for (let l = 0; l < L; l++) {
      memory.copy(at(DH, l), adjoint + <usize>l * 2 * hv, hv);
      memory.copy(at(DC, l), adjoint + (<usize>l * 2 + 1) * hv, hv);
    }
    back(slot, l0, l1);
    for (let l = 0; l < L; l++) {
      memory.copy(adjoint + <usize>l * 2 * hv, at(DH, l), hv);
      memory.copy(adjoint + (<usize>l * 2 + 1) * hv, at(DC, l), hv);
    }
    inputGradient(slot, l0, at8, 0);
    inputGradient(slot, l1, at8, 16);
    if (++slot == T) {
      weightGradients(T);
      slot = 0;
    }
  }
  if (slot > 0) weightGradients(slot);
}

/** dL/d(gradient) of 4 coordinates: the features' derivatives by the first layer's gates, then the preprocessing's. */
function inputGradient(slot: i32, lambda: v128, at8: usize, half: usize): void {
  const q = Q + at8 + half;
  let a = f32x4.splat(0);
  let b = a;
  if (L == 0) {
    const dy = f32x4.mul(lambda, f32x4.splat(scale));
    a = f32x4.mul(dy, v128.load32_splat(WO));
    if (F > 1) b = f32x4.mul(dy, v128.load32_splat(WO + 4));
  } else {
    let z = at(A, 0) + <usize>slot * <usize>(4 * H) * V + half;
    let w = at(W, 0);
    for (let u = 0; u < H; u++) {
      for (let gate: usize = 0; gate < 16; gate += 4) {
        const d = v128.load(z);
        a = madd(v128.load32_splat(w + gate), d, a);
        if (F > 1) b = madd(v128.load32_splat(w + gate + 16), d, b);
        z += V;
      }
      w += <usize>(F + H) * 16;
    }
  }
  const s = f32x4.splat(inputScale);
  if (mode == 0) {
    v128.store(q, f32x4.mul(s, a));
    return;
  }
  const d = f32x4.mul(v128.load(G + at8 + half), s);
  const large = f32x4.ge(f32x4.abs(d), f32x4.splat(least));
  const byLog = f32x4.div(f32x4.mul(s, a), f32x4.mul(f32x4.splat(p), d));
  const bySign = f32x4.div(f32x4.mul(s, b), f32x4.splat(least));
  v128.store(q, v128.bitselect(byLog, bySign, large));
}
