import { check } from "../core/check.ts";
import { halfBits } from "../core/half.ts";
import { type Vec, view } from "../core/layout.ts";
import { featureCount, type LstmShape, phiLayout, topSize } from "../kernels/lstm-shape.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { networkLayout } from "../learned/network.ts";
import type { Group } from "../learned/several.ts";
import { roundToHalf } from "./round-half.ts";
import { runtime } from "./runtime.generated.ts";

/** How an optimizer is written as one module. */
export interface EsmOptions {
  /** Named in the module's first line. */
  readonly name: string;
  /** φ in float16: half the size, updates within about 1e-3. Default false. */
  readonly half?: boolean;
}

/** φ of one network as the runtime reads it: of each unit its bias, then a weight of each gate for each input; i, f, o halved. */
function pack(shape: LstmShape, phi: Vec): number[] {
  const l = phiLayout(shape);
  const { hidden: H, layers } = shape;
  const out: number[] = [];
  const scale = [0.5, 1, 0.5, 0.5]; // σ(z) = ½ + ½ tanh(z/2)
  for (let k = 1; k <= layers; k++) {
    const w = view(l, phi, `lstm_${k}/w_gates`);
    const b = view(l, phi, `lstm_${k}/b_gates`);
    const inputs = (k === 1 ? featureCount(shape) : H) + H;
    for (let u = 0; u < H; u++) {
      for (let g = 0; g < 4; g++) out.push(scale[g]! * (b[g * H + u]! + (g === 2 ? 1 : 0)));
      for (let q = 0; q < inputs; q++) for (let g = 0; g < 4; g++) out.push(scale[g]! * w[q * 4 * H + g * H + u]!);
    }
  }
  out.push(...view(l, phi, "linear/w").subarray(0, topSize(shape)), view(l, phi, "linear/b")[0]!);
  return out;
}

/** What a file says of itself, as words that cannot end the comment they stand in. */
const plain = (text: unknown): string =>
  String(text)
    .replace(/[^\w .+-]/g, "")
    .slice(0, 80);

function base64(values: readonly number[], half: boolean): string {
  const size = half ? 2 : 4;
  const data = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((v, i) => {
    if (half) data.setUint16(2 * i, halfBits(v), true);
    else data.setFloat32(4 * i, v, true);
  });
  return btoa(Array.from(new Uint8Array(data.buffer), (c) => String.fromCharCode(c)).join(""));
}

/**
 * An optimizer as one ES module without dependencies, and its types: `init(n)` gives an optimizer of n coordinates, and its
 * `update(grad, delta)` writes the step that is to be added to θ. About 24 KB gzipped for the paper's network, 13 KB with
 * `half`. Runs wherever ES modules do: no file, no network, no WebAssembly.
 *
 * @throws ArgumentError for a network whose coordinates share information (LSTM+GAC, NTM-BFGS).
 * @example
 * const { module, types } = exportEsm(await load("mnist-mlp"), { name: "mnist-mlp" });
 * module.length + types.length < 40_000; // true
 */
export function exportEsm(file: OptimizerFile, { name, half = false }: EsmOptions): { module: string; types: string } {
  check(/^[\w.-]+$/.test(name), "name", "letters, digits, dots, - and _", name);
  const { shape, provenance } = file;
  const groups: Group[] =
    "kind" in shape && shape.kind === "several"
      ? [...shape.groups]
      : [{ name: "all", net: shape as Exclude<typeof shape, { kind: "several" }> }];
  let at = 0;
  const values: number[] = [];
  const nets = groups.map(({ tensors, rank, net }) => {
    check(!("kind" in net), "network", "a coordinatewise LSTM, or several", "one whose coordinates share information");
    const size = networkLayout(net).size;
    const phi = file.phi.subarray(at, at + size);
    const packed = pack(net, half ? roundToHalf(net, phi) : phi);
    at += size;
    for (const value of packed) values.push(value); // not spread: a large network has more numbers than a call takes arguments
    const { layers, hidden, preprocessing, inputScale, outputScale } = net;
    const p = preprocessing.kind === "log-sign" ? preprocessing.p : 0;
    return { layers, hidden, p, inputScale, outputScale, tensors, rank, length: packed.length };
  });
  const { experiment } = provenance.training as { experiment?: unknown };
  const head = `/** ${name}: an optimizer that was meta-trained${experiment ? ` on ${plain(experiment)}` : ""} for ${plain(provenance.horizon)} steps, exported by gradgrad ${plain(provenance.version)}. Apache-2.0.
 * const optimizer = init(${nets.length > 1 ? "[{ name, shape }, …]" : "theta.length"}); each step: optimizer.update(grad, delta), then theta[i] += delta[i]. */`;
  const module = `${head}
const NETS=${JSON.stringify(nets)},HALF=${half},DATA="${base64(values, half)}";
${runtime}`;
  return { module, types: types(nets.length > 1) };
}

const types = (several: boolean): string => `/** A tensor of θ, in order. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}
/** An optimizer at work on one θ. */
export interface Optimizer {
  /** Everything it remembers: copy it to save, write into it to restore, \`fill(0)\` to start anew. */
  readonly state: Float32Array;
  /** Reads ∇f(θ) and writes the step: θ ← θ + delta. */
  update(grad: ArrayLike<number>, delta: { [i: number]: number; readonly length: number }): void;
}
/** An optimizer for θ, given ${several ? "as its tensors" : "as how many coordinates it has, or as its tensors"}. */
export function init(theta: ${several ? "" : "number | "}readonly Tensor[]): Optimizer;
`;
