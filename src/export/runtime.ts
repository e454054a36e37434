// What an exported optimizer runs on. scripts/build-export.mjs shrinks this file to the text that `esm.ts` puts after an
// optimizer's own constants, so it imports nothing and uses nothing that only Node has.

/** One network, and the tensors that it owns where there are several. */
interface Net {
  readonly layers: number;
  readonly hidden: number;
  /** p of log-and-sign preprocessing; 0 takes the gradient as it is. */
  readonly p: number;
  readonly inputScale: number;
  readonly outputScale: number;
  readonly tensors?: string;
  readonly rank?: number;
  /** Its numbers in DATA. */
  readonly length: number;
}

/** What `init` gives; the module's types say the same to its users. */
interface Exported {
  readonly state: Float32Array;
  update(grad: ArrayLike<number>, delta: Steps): void;
}

/** Any array that can be written into. */
interface Steps {
  [i: number]: number;
  readonly length: number;
}

/** A tensor of θ, in order. */
interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

declare const NETS: readonly Net[];
/** φ in base64, packed by `pack` in esm.ts; float16 where HALF. */
declare const DATA: string;
declare const HALF: boolean;

function numbers(): Float64Array {
  const text = atob(DATA);
  const bytes = new DataView(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer);
  const out = new Float64Array(text.length / (HALF ? 2 : 4));
  for (let i = 0; i < out.length; i++) {
    if (HALF) {
      const h = bytes.getUint16(2 * i, true);
      const exponent = (h >> 10) & 31;
      const value = exponent ? (1024 + (h & 1023)) * 2 ** (exponent - 25) : (h & 1023) * 2 ** -24;
      out[i] = h & 32768 ? -value : value;
    } else out[i] = bytes.getFloat32(4 * i, true);
  }
  return out;
}

/** x·P₃(x²)/Q₃(x²), as the library's kernels have it. */
function tanh(v: number): number {
  const x = Math.max(-7, Math.min(7, v));
  const u = x * x;
  return (
    (x * (((3.930005732399877e-6 * u + 2.2769877687096596e-3) * u + 0.12302181869745255) * u + 0.9999957084655762)) /
    (((1.423507055733353e-4 * u + 0.021072175353765488) * u + 0.45634031295776367) * u + 1)
  );
}

/** A step of two coordinates at a time: each weight is read once for both. `a` and `b` are where their states begin. */
function stepper(net: Net, w: Float64Array, state: Float32Array) {
  const { layers, hidden: H, p, inputScale, outputScale } = net;
  const F = p ? 2 : 1;
  const x = new Float64Array(F + 2 * H);
  const y = new Float64Array(F + 2 * H);
  const least = Math.exp(-p);
  const most = Math.exp(p);
  const features = (gradient: number, to: Float64Array): void => {
    const d = gradient * inputScale;
    const size = Math.abs(d);
    if (!p) to[0] = d;
    else {
      to[0] = size < least ? -1 : Math.log(size) / p;
      to[1] = size < least ? most * d : Math.sign(d);
    }
  };
  return (
    grad: ArrayLike<number>,
    delta: { [i: number]: number },
    i: number,
    j: number,
    a: number,
    b: number,
  ): void => {
    features(grad[i]!, x);
    features(j < 0 ? 0 : grad[j]!, y);
    let q = 0;
    let inputs = F;
    for (let l = 0; l < layers; l++) {
      for (let k = 0; k < H; k++) {
        x[inputs + k] = state[a + k]!;
        y[inputs + k] = state[b + k]!;
      }
      const all = inputs + H;
      for (let u = 0; u < H; u++) {
        let i0 = w[q++]!;
        let j0 = w[q++]!;
        let f0 = w[q++]!;
        let o0 = w[q++]!;
        let [i1, j1, f1, o1] = [i0, j0, f0, o0];
        for (let k = 0; k < all; k++) {
          const s = x[k]!;
          const t = y[k]!;
          const wi = w[q]!;
          const wj = w[q + 1]!;
          const wf = w[q + 2]!;
          const wo = w[q + 3]!;
          q += 4;
          i0 += wi * s;
          j0 += wj * s;
          f0 += wf * s;
          o0 += wo * s;
          i1 += wi * t;
          j1 += wj * t;
          f1 += wf * t;
          o1 += wo * t;
        }
        const c0 = (0.5 + 0.5 * tanh(f0)) * state[a + H + u]! + (0.5 + 0.5 * tanh(i0)) * tanh(j0);
        const c1 = (0.5 + 0.5 * tanh(f1)) * state[b + H + u]! + (0.5 + 0.5 * tanh(i1)) * tanh(j1);
        state[a + H + u] = c0;
        state[b + H + u] = c1;
        state[a + u] = (0.5 + 0.5 * tanh(o0)) * tanh(c0);
        state[b + u] = (0.5 + 0.5 * tanh(o1)) * tanh(c1);
      }
      for (let k = 0; k < H; k++) {
        x[k] = state[a + k]!;
        y[k] = state[b + k]!;
      }
      inputs = H;
      a += 2 * H;
      b += 2 * H;
    }
    let s = w[q + inputs]!;
    let t = s;
    for (let k = 0; k < inputs; k++) {
      s += w[q + k]! * x[k]!;
      t += w[q + k]! * y[k]!;
    }
    delta[i] = outputScale * s;
    if (j >= 0) delta[j] = outputScale * t;
  };
}

/** An optimizer for θ. */
export function init(theta: number | readonly Tensor[]): Exported {
  if (typeof theta === "number" && NETS.length > 1)
    throw new TypeError(
      "init: expected θ's tensors as [{ name, shape }, …], as this optimizer has several parts; got a number",
    );
  if (typeof theta === "number" && !(Number.isInteger(theta) && theta > 0))
    throw new RangeError(`init: expected a whole number of coordinates, got ${theta}`);
  const tensors: readonly Tensor[] = typeof theta === "number" ? [{ name: "theta", shape: [theta] }] : theta;
  const own: number[][] = NETS.map(() => []);
  let n = 0;
  for (const { name, shape } of tensors) {
    const g = NETS.findIndex(
      (m) =>
        (m.tensors === undefined || new RegExp(`^(?:${m.tensors})$`).test(name)) &&
        (m.rank === undefined || m.rank === shape.length),
    );
    if (g < 0) throw new TypeError(`init: no part of this optimizer takes the tensor ${name}`);
    for (const end = n + shape.reduce((size, d) => size * d, 1); n < end; n++) own[g]!.push(n);
  }
  const phi = numbers();
  const per = NETS.map((m) => 2 * m.layers * m.hidden);
  // One more coordinate in each part, which stands beside the last of an odd number.
  const state = new Float32Array(own.reduce((sum, list, g) => sum + (list.length + 1) * per[g]!, 0));
  let phiAt = 0;
  let stateAt = 0;
  const parts = NETS.map((net, g) => {
    const [phiFrom, stateFrom] = [phiAt, stateAt];
    phiAt += net.length;
    stateAt += (own[g]!.length + 1) * per[g]!;
    const step = stepper(net, phi.subarray(phiFrom, phiAt), state.subarray(stateFrom, stateAt));
    return { step, list: own[g]!, per: per[g]! };
  });
  return {
    state,
    update(grad, delta) {
      if (grad.length !== n || delta.length !== n)
        throw new RangeError(
          `update: expected ${n} numbers, got a gradient of ${grad.length} and a delta of ${delta.length}`,
        );
      for (const { step, list, per: size } of parts)
        for (let k = 0; k < list.length; k += 2)
          step(grad, delta, list[k]!, list[k + 1] ?? -1, k * size, (k + 1) * size);
    },
  };
}
