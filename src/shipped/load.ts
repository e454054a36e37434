import { check } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import { decodeOptimizer, type OptimizerFile } from "../learned/file.ts";

/** A trained optimizer that the package carries. */
export interface Shipped {
  /** What it was meta-trained on and is good for. */
  readonly goodFor: string;
  /** Where it fails or was never tried. */
  readonly failsOn: string;
  readonly read: () => Promise<{ readonly data: string }>;
}

/** The trained optimizers by name; their numbers stand in the README and in results/. */
export const shippedOptimizers: Readonly<Record<string, Shipped>> = {
  quadratic: {
    goodFor: "least squares ‖Wθ − y‖² of about 10 dimensions, W and y of the size of [0, 1), 100 steps from near 0",
    failsOn: "gradients of another scale: it takes them as they are",
    read: () => import("./quadratic.generated.ts"),
  },
  "quadratic-gaussian": {
    goodFor: "the same with W and y ~ N(0, 1)",
    failsOn: "gradients of another scale: it takes them as they are",
    read: () => import("./quadratic-gaussian.generated.ts"),
  },
  "mnist-mlp": {
    goodFor:
      "small fully-connected sigmoid classifiers of images, minibatches of 128, 100 to 200 steps from small weights",
    failsOn:
      "long runs (its steps shrink as in training); ReLU, where tuned Adam is better; the early steps of two layers",
    read: () => import("./mnist-mlp.generated.ts"),
  },
  "digits-mlp": {
    goodFor: "the same on easier images (digits made by rule)",
    failsOn: "as mnist-mlp",
    read: () => import("./digits-mlp.generated.ts"),
  },
  "cifar-convnet": {
    goodFor:
      "small convolutional classifiers of colour images, minibatches of 128, runs of 1,000 steps: it ends its steps there",
    failsOn:
      "shorter and longer runs, as its steps shrink over 1,000; networks without convolutions; gradients far above 1e-3",
    read: () => import("./cifar-convnet.generated.ts"),
  },
  "neural-art": {
    goodFor:
      "pictures of 64 × 64 from noise (`gradgrad style`: of any side): VGG-19, style 30, smoothness 10, 128 steps, pixels of 0 to 255",
    failsOn:
      "losses of another scale, and θ that are not pixels; past 128 steps; at style 4 it is no better than tuned Adam",
    read: () => import("./neural-art.generated.ts"),
  },
};

/**
 * A trained optimizer that the package carries: works offline, in Node and in a bundle.
 *
 * @throws ArgumentError with the names that exist.
 * @example
 * const { shape, phi } = await load("mnist-mlp");
 * const optimizer = bindNetwork(shape, phi);
 */
export async function load(name: string): Promise<OptimizerFile> {
  const found = Object.hasOwn(shippedOptimizers, name) ? shippedOptimizers[name] : undefined;
  const known = Object.keys(shippedOptimizers);
  check(found !== undefined, "optimizer", `one of ${known.join(", ")}`, name, didYouMean(name, known));
  const { data } = await found.read();
  return decodeOptimizer(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
}
