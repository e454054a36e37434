import { check, checkInteger, checkPositive } from "../core/check.ts";
import { type Layout, layout } from "../core/layout.ts";

/** How a gradient becomes the network's input features. */
export type Preprocessing =
  /** (log|∇|/p, sgn ∇) if |∇| ≥ e^−p, else (−1, e^p ∇). Paper, appendix A. */
  | { readonly kind: "log-sign"; readonly p: number }
  /** The gradient itself, times `inputScale`: identity or a constant rescaling. */
  | { readonly kind: "scale" };

/** The coordinatewise LSTM network: what fixes the meaning of φ. */
export interface LstmShape {
  /** LSTM layers; 0 leaves a linear map of the features. */
  readonly layers: number;
  /** Units in each layer. */
  readonly hidden: number;
  readonly preprocessing: Preprocessing;
  /** Each gradient is multiplied by this before preprocessing. */
  readonly inputScale: number;
  /** The network's output is multiplied by this. */
  readonly outputScale: number;
}

/** Input features a coordinate: 2 with log-and-sign, else 1. */
export function featureCount(shape: LstmShape): number {
  return shape.preprocessing.kind === "log-sign" ? 2 : 1;
}

/** Size of the vector that the linear output layer reads. */
export function topSize(shape: LstmShape): number {
  return shape.layers === 0 ? featureCount(shape) : shape.hidden;
}

/** Floats of state a coordinate: h and c of every layer. */
export function stateSize(shape: LstmShape): number {
  return shape.layers * 2 * shape.hidden;
}

/** Throws ArgumentError unless every field is in its range. */
export function checkShape(shape: LstmShape): void {
  checkInteger("layers", shape.layers, 0);
  check(shape.layers <= 8, "layers", "at most 8", shape.layers);
  checkInteger("hidden", shape.hidden);
  check(shape.hidden <= 256, "hidden", "at most 256", shape.hidden);
  checkPositive("inputScale", shape.inputScale);
  checkPositive("outputScale", shape.outputScale);
  if (shape.preprocessing.kind === "log-sign") {
    const { p } = shape.preprocessing;
    check(p > 0 && p <= 60, "p", "a number in (0, 60]", p);
  }
}

/**
 * φ in the paper's (Sonnet's) layout: for each layer W [in + hidden, 4·hidden] with gates in the order i, j, f, o and
 * b [4·hidden]; then the linear layer's w [top, 1] and b [1]. The forget bias 1 is added outside b.
 */
export function phiLayout(shape: LstmShape): Layout {
  checkShape(shape);
  const shapes: Record<string, number[]> = {};
  for (let l = 0; l < shape.layers; l++) {
    const inputs = l === 0 ? featureCount(shape) : shape.hidden;
    shapes[`lstm_${l + 1}/w_gates`] = [inputs + shape.hidden, 4 * shape.hidden];
    shapes[`lstm_${l + 1}/b_gates`] = [4 * shape.hidden];
  }
  shapes["linear/w"] = [topSize(shape), 1];
  shapes["linear/b"] = [1];
  return layout(shapes);
}
