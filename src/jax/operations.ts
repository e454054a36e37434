import { numpy as np } from "@jax-js/jax";
import { type Vec, view } from "../core/layout.ts";
import { exp } from "../core/math.ts";
import { type LstmShape, phiLayout } from "../kernels/lstm-shape.ts";

/** Features [1 or 2, n] of a gradient [n]. Consumes it. Source: paper, appendix A. */
function features({ preprocessing, inputScale }: LstmShape, grad: np.Array): np.Array {
  const n = grad.size;
  const d = grad.mul(inputScale);
  if (preprocessing.kind === "scale") return d.reshape([1, n]);
  const { p } = preprocessing;
  const least = exp(-p);
  const size = np.abs(d.ref);
  const large = size.ref.greaterEqual(least);
  const first = np.where(large.ref, np.log(np.maximum(size, least)).mul(1 / p), -1);
  const second = np.where(large, np.sign(d.ref), d.mul(exp(p)));
  return np.stack([first, second]);
}

/** σ(z) = ½ + ½ tanh(z/2), as the kernels have it. */
const sigmoid = (z: np.Array): np.Array => np.tanh(z.mul(0.5)).mul(0.5).add(0.5);

/**
 * One step of the coordinatewise LSTM as jax-js operations on all coordinates of a gradient [n]; `state` is
 * [layers · (h, c) · hidden, n]. Consumes both.
 */
export function stepOperations(
  shape: LstmShape,
  phi: Vec,
  grad: np.Array,
  state: np.Array,
): { delta: np.Array; state: np.Array } {
  const l = phiLayout(shape);
  const { hidden: H, layers } = shape;
  const tensor = (name: string, dims: number[]): np.Array => np.array(view(l, phi, name).slice(), { shape: dims });
  let x = features(shape, grad);
  const after: np.Array[] = [];
  const rows = (from: number): np.Array => state.ref.slice([from, from + H]);
  for (let k = 0; k < layers; k++) {
    const inputs = x.shape[0]!;
    const w = tensor(`lstm_${k + 1}/w_gates`, [inputs + H, 4 * H]);
    const b = tensor(`lstm_${k + 1}/b_gates`, [4 * H, 1]);
    const xh = np.concatenate([x, rows(2 * k * H)]);
    const z = np.matmul(w.transpose(), xh).add(b);
    const gate = (g: number): np.Array => (g === 3 ? z : z.ref).slice([g * H, (g + 1) * H]);
    const i = sigmoid(gate(0));
    const j = np.tanh(gate(1));
    const f = sigmoid(gate(2).add(1));
    const o = sigmoid(gate(3));
    const c = f.mul(rows((2 * k + 1) * H)).add(i.mul(j));
    const h = o.mul(np.tanh(c.ref));
    after.push(h.ref, c);
    x = h;
  }
  const w = tensor("linear/w", [1, x.shape[0]!]);
  const y = np.matmul(w, x).add(tensor("linear/b", [1, 1]));
  const delta = y.mul(shape.outputScale).reshape([-1]);
  if (layers === 0) return { delta, state };
  state.dispose();
  return { delta, state: np.concatenate(after) };
}
