import { check } from "../core/check.ts";
import { type ImageSet, poolImages } from "../data/images.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { type QuadraticOptions, quadratics } from "../problems/quadratic.ts";

/** Named parts of image sets that a classifier may be trained on. */
export type ImageSource = "mnist-train" | "mnist-test" | "digits-train" | "digits-test";

/** A problem family as plain data: worker threads, files and results name it by this. */
export type FamilySpec =
  | ({ readonly kind: "quadratic" } & QuadraticOptions)
  | {
      readonly kind: "mlp";
      readonly images: ImageSource;
      readonly hidden: readonly number[];
      readonly activation: "sigmoid" | "relu" | "tanh";
      readonly batchSize: number;
      readonly initScale: number;
      /**
       * Images made smaller by this factor, pixels times it so that ‖x‖² stays: a cheap cousin of the same problem to
       * start meta-training on. Default 1.
       */
      readonly pool?: number;
    };

/** Gives the images of a source; the platform decides from where. */
export type ImageLoader = (source: ImageSource) => Promise<ImageSet>;

/** The paper's classifier: 784-20-10, sigmoid, minibatches of 128, θ₀ ~ N(0, 0.01²). */
export function mnistMlp(images: ImageSource): FamilySpec & { readonly kind: "mlp" } {
  return { kind: "mlp", images, hidden: [20], activation: "sigmoid", batchSize: 128, initScale: 0.01 };
}

/** Makes the family that a spec names. The classifier's engine is loaded only when it is asked for. */
export async function createFamily(spec: FamilySpec, images: ImageLoader): Promise<ProblemFamily> {
  if (spec.kind === "quadratic") return quadratics(spec);
  check(spec.kind === "mlp", "family", '"quadratic" or "mlp"', (spec as { kind: unknown }).kind);
  const { mlp } = await import("../problems/mlp.ts");
  const { pool = 1, hidden, images: source, activation, batchSize, initScale } = spec;
  const full = await images(source);
  const own = { activation, batchSize, initScale, hidden: [...hidden], pixelScale: pool };
  return mlp({ ...own, name: `mlp-${source}`, images: pool === 1 ? full : poolImages(full, pool) });
}
