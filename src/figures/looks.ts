/** Readable on white and on black, and apart for colour-blind readers (after Okabe and Ito 2008). */
export const palette: readonly string[] = ["#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#A6761D"];
/** What is learned. */
export const accent = "#D55E00";
export const grey = "#808080";
export const dashes: readonly string[] = ["", "6 3", "2 3", "8 3 2 3"];

/** Dashes of grey lines, beside many learned ones that take the colours. */
export const greyDashes: readonly string[] = ["6 3", "2 3", "8 3 2 3", "12 4", "1 4", "12 3 2 3 2 3"];

/** A method looks the same in every figure, colour and dash, but for those of many learned lines. */
export const methodLooks: Readonly<Record<string, readonly [stroke: string, dash: string]>> = {
  adam: ["#0072B2", ""],
  nag: ["#009E73", ""],
  rmsprop: ["#CC79A7", ""],
  sgd: ["#E69F00", ""],
  momentum: ["#56B4E9", ""],
  adagrad: ["#8C6BB1", ""],
  rprop: ["#A6761D", ""],
  adadelta: [grey, ""],
  "adam-linear": ["#0072B2", "6 3"],
  "nag-linear": ["#009E73", "6 3"],
  lbfgs: ["currentColor", "2 3"],
  "newton-cg": ["currentColor", "8 3 2 3"],
  paper: [accent, "6 3"],
};
