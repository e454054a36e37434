import { check, checkVec } from "../core/check.ts";
import { type Vec, view } from "../core/layout.ts";
import { relaxed, strict } from "./lstm.generated.ts";
import { type LstmKernel, type ReplayJob, type StepBack, stateLength } from "./lstm-kernel.ts";
import { featureCount, type LstmShape, phiLayout, stateSize, topSize } from "./lstm-shape.ts";

interface Exports {
  setup(features: number, hidden: number, layers: number, steps: number, n: number, lockstep: boolean): number;
  options(mode: number, p: number, inputScale: number, outputScale: number): void;
  address(what: number, layer: number): number;
  forward(): void;
  settle(): void;
  findTwins(): void;
  clearGradient(): void;
  replay(steps: number, discount: number): void;
  beginBack(): void;
  stepBack(from: number, to: number): void;
}

/**
 * strict: the same bytes on every engine that has SIMD; where one has none, optimizers take the slow float64 reference.
 * relaxed: fused multiply-add where the machine has it, faster; an error where the engine lacks it.
 */
export type Simd = "strict" | "relaxed";

const modules = new Map<Simd, WebAssembly.Module>();

function moduleOf(simd: Simd): WebAssembly.Module {
  let module = modules.get(simd);
  if (!module) {
    const text = atob(simd === "strict" ? strict : relaxed);
    module = new WebAssembly.Module(Uint8Array.from(text, (c) => c.charCodeAt(0)));
    modules.set(simd, module);
  }
  return module;
}

/** Whether this engine can compile that instruction set. */
export function simdAvailable(simd: Simd): boolean {
  try {
    moduleOf(simd);
    return true;
  } catch {
    return false;
  }
}

/** Blocks whose gradient is summed in float32 before it is added to the float64 total: fixes the order of addition. */
const CHUNK = 64;
/** The same for a replay, in coordinates. */
export const REPLAY_CHUNK: number = 8 * CHUNK;

/** Less what weights and alignment take. */
const MOST_BYTES = 2 ** 32 - 2 ** 24;

const GATE_SCALE = [0.5, 1, 0.5, 0.5]; // i, f, o are packed times ½: see assembly/lstm.ts

export interface WasmKernel extends LstmKernel {
  /** Memory that it holds. */
  readonly bytes: number;
}

/**
 * The kernel in WebAssembly SIMD, with memory of its own for n coordinates and replays of up to `steps` steps.
 *
 * @param steps longest unroll to replay; 1 where only `forward` is used.
 * @param lockstep keeps room to go back step by step with all coordinates; `steps` is then how many blocks share one pass
 * over the weights' gradient.
 * @throws ArgumentError if the engine lacks the instruction set.
 */
export function wasmKernel(
  shape: LstmShape,
  n: number,
  steps = 1,
  simd: Simd = "strict",
  lockstep = false,
): WasmKernel {
  check(
    simdAvailable(simd),
    "simd",
    "an instruction set that this engine has",
    simd,
    simd === "strict" ? "Use a newer engine, or `bindNetwork`, which does without" : 'Use "strict", or a newer engine',
  );
  const { hidden: H, layers: L } = shape;
  const F = featureCount(shape);
  const phi = phiLayout(shape);
  const rows = 2 * L * H;
  const atLeast = 4 * (Math.ceil(n / 8) * 8 * (lockstep ? 2 : 1) * (rows + 2) + (steps + 1) * 8 * (3 * rows + F));
  check(
    atLeast < MOST_BYTES,
    "n, steps",
    `a network of ${n} coordinates and ${steps} steps in 4 GiB, what WebAssembly can address`,
    `${(atLeast / 2 ** 30).toFixed(1)} GiB`,
    "Let several optimizers share the coordinates, or shorten the unroll",
  );
  const memory = new WebAssembly.Memory({ initial: 2 });
  const instance = new WebAssembly.Instance(moduleOf(simd), { env: { memory } });
  const x = instance.exports as unknown as Exports;
  const bytes = x.setup(F, H, L, steps, n, lockstep) >>> 0; // addresses come as signed 32-bit numbers
  memory.grow(Math.max(0, Math.ceil(bytes / 65536) - 2));
  const { preprocessing } = shape;
  const log = preprocessing.kind === "log-sign";
  x.options(log ? 1 : 0, log ? preprocessing.p : 1, shape.inputScale, shape.outputScale);
  const f32 = new Float32Array(memory.buffer);
  const at = (what: number, layer = 0): number => (x.address(what, layer) >>> 0) / 4;
  const region = (what: number, length: number): Vec => f32.subarray(at(what), at(what) + length);
  const perState = stateSize(shape);
  const blockState = 8 * perState;
  const state = region(10, stateLength(n, perState));
  const G = region(11, n);
  const DELTA = region(12, n);
  x.findTwins();
  const top = topSize(shape);
  const inputs = (l: number): number => (l === 0 ? F : H);

  function load(vec: Vec): void {
    checkVec("phi", vec, phi.size);
    for (let l = 0; l < L; l++) {
      const K = inputs(l) + H;
      const w = view(phi, vec, `lstm_${l + 1}/w_gates`);
      const b = view(phi, vec, `lstm_${l + 1}/b_gates`);
      const [W, B, U] = [at(0, l), at(1, l), at(2, l)];
      const skip = l === 0 ? F : 0;
      for (let u = 0; u < H; u++) {
        for (let g = 0; g < 4; g++) {
          const s = GATE_SCALE[g]!;
          const row = u * 4 + g;
          f32[B + row] = s * (b[g * H + u]! + (g === 2 ? 1 : 0));
          for (let k = 0; k < K; k++) {
            const value = s * w[k * 4 * H + g * H + u]!;
            f32[W + (u * K + k) * 4 + g] = value;
            const q = k - skip;
            if (q >= 0) f32[U + ((q >> 2) * 4 * H + row) * 4 + (q & 3)] = value;
          }
        }
      }
    }
    f32.set(view(phi, vec, "linear/w"), at(5));
    f32[at(5) + top] = view(phi, vec, "linear/b")[0]!;
  }

  const lanes = (i: number): number => f32[i]! + f32[i + 1]! + (f32[i + 2]! + f32[i + 3]!);

  function addGradient(out: Float64Array): void {
    let offset = 0;
    for (let l = 0; l < L; l++) {
      const K = inputs(l) + H;
      const Kp = 2 * Math.ceil(K / 2);
      const [GW, GB] = [at(3, l), at(4, l)];
      for (let k = 0; k < K; k++)
        for (let g = 0; g < 4; g++)
          for (let u = 0; u < H; u++)
            out[offset + k * 4 * H + g * H + u]! += GATE_SCALE[g]! * lanes(GW + ((u * 4 + g) * Kp + k) * 4);
      offset += K * 4 * H;
      for (let g = 0; g < 4; g++)
        for (let u = 0; u < H; u++) out[offset + g * H + u]! += GATE_SCALE[g]! * lanes(GB + (u * 4 + g) * 4);
      offset += 4 * H;
    }
    for (let k = 0; k <= top; k++) out[offset + k]! += lanes(at(6) + k * 4);
  }

  function replay(job: ReplayJob, gradient: Float64Array): void {
    const K = job.gradients.length - 1;
    check(K >= 1 && K <= steps, "unroll", `1 to ${steps} steps`, K);
    check(gradient.length === phi.size, "gradient", `Float64Array(${phi.size})`, gradient);
    const [D, WT, LW] = [at(7), at(8), at(9)];
    for (let t = 0; t <= K; t++) f32[WT + t] = job.weights[t]!;
    const count = job.coordinates.length;
    for (let first = 0, block = 0; first < count; first += 8, block++) {
      if (block % CHUNK === 0) x.clearGradient();
      for (let j = 0; j < 8; j++) {
        const inside = first + j < count;
        const i = inside ? job.coordinates[first + j]! : 0;
        f32[LW + j] = inside ? job.coordinateWeights[first + j]! : 0;
        const from = (i >> 3) * blockState + (i & 7);
        for (let r = 0; r < blockState; r += 8) state[r + j] = job.state[from + r]!;
        for (let t = 0; t <= K; t++) f32[D + t * 8 + j] = job.gradients[t]![i]!;
      }
      x.replay(K, job.discount ?? 1);
      if (block % CHUNK === CHUNK - 1 || first + 8 >= count) addGradient(gradient);
    }
  }

  const blocks = Math.ceil(n / 8);
  const [LAMBDA, Q] = lockstep ? [region(13, n), region(14, n)] : [];

  function stepBack({ grad, state: before, lambda }: StepBack, q: Vec, gradient: Float64Array): void {
    check(LAMBDA !== undefined && Q !== undefined, "kernel", "one made with `lockstep`", "none");
    checkVec("state", before, state.length);
    check(gradient.length === phi.size, "gradient", `Float64Array(${phi.size})`, gradient);
    state.set(before);
    G.set(grad);
    LAMBDA.set(lambda);
    for (let first = 0; first < blocks; first += CHUNK) {
      x.clearGradient();
      x.stepBack(first, Math.min(first + CHUNK, blocks));
      addGradient(gradient);
    }
    q.set(Q);
  }

  return {
    coordinates: n,
    bytes: memory.buffer.byteLength,
    load,
    reset() {
      state.fill(0);
      x.findTwins();
    },
    saveState() {
      x.settle();
      return state.slice();
    },
    restoreState(saved) {
      checkVec("state", saved, state.length);
      state.set(saved);
      x.findTwins();
    },
    forward(grad, delta) {
      G.set(grad);
      x.forward();
      delta.set(DELTA);
    },
    replay,
    beginBack() {
      check(lockstep, "kernel", "one made with `lockstep`", "none");
      x.beginBack();
    },
    stepBack,
  };
}
