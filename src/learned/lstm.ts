import type { LstmShape } from "../kernels/lstm-shape.ts";

/** The paper's network: two LSTM layers of 20, log-and-sign with p = 10, output × 0.1 (its MNIST setting). */
export const defaultLstm: LstmShape = {
  layers: 2,
  hidden: 20,
  preprocessing: { kind: "log-sign", p: 10 },
  inputScale: 1,
  outputScale: 0.1,
};
