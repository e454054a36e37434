import type { Settings } from "./settings.ts";

/** A family of problems in words, for someone who knows gradient descent only. */
export interface ProblemWords {
  readonly label: string;
  readonly words: string;
}

export const problems: Readonly<Record<Settings["problem"], ProblemWords>> = {
  "quadratic-uniform": {
    label: "Quadratics, uniform",
    words:
      "The loss is ‖Wθ − y‖² for ten numbers θ. Every run draws another W and y, uniform on [0, 1), so that no two runs meet the same function.",
  },
  "quadratic-gaussian": {
    label: "Quadratics, Gaussian",
    words:
      "The loss is ‖Wθ − y‖² for ten numbers θ. Every run draws another W and y from N(0, 1), so that no two runs meet the same function.",
  },
  digits: {
    label: "Digits: a neural network",
    words:
      "The loss is how badly a small neural network names digits drawn by rule, 14 × 14 pixels. Every step sees 128 others; every run starts from other weights. The engine for it, jax-js, is loaded when it is first chosen.",
  },
};
