import { check } from "../core/check.ts";
import { type ImageSet, poolImages, selectLabels } from "../data/images.ts";
import type { Picture } from "../data/picture.ts";
import { type ConvnetOptions, convnet, convnetDefaults } from "../problems/convnet.ts";
import { type FeatureWeights, type NeuralArtOptions, neuralArt } from "../problems/neural-art.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { type QuadraticOptions, quadratics } from "../problems/quadratic.ts";
import type { OwnSpec } from "./own.ts";

/** Named parts of image sets that a classifier may be trained on. */
export type ImageSource =
  | "mnist-train"
  | "mnist-test"
  | "digits-train"
  | "digits-test"
  /** The first 8,000 images of data_batch_1, its other 2,000, data_batch_2, and the first 1,000 records of test_batch. */
  | "cifar-train"
  | "cifar-validate"
  | "cifar-test"
  | "cifar-records"
  | "shapes-train"
  | "shapes-test";

type ArtMayOmit = "start" | "simd" | "inTurn";

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
      readonly hiddenInitScale?: number;
      /**
       * Images made smaller by this factor, pixels times it so that ‖x‖² stays: a cheap cousin of the same problem to
       * start meta-training on. Default 1.
       */
      readonly pool?: number;
    }
  | ({
      readonly kind: "convnet";
      readonly images: ImageSource;
      /** Only the images of these labels. Default all. */
      readonly labels?: readonly number[];
      /** As a classifier's `pool`; the layers stay. Default 1. */
      readonly pool?: number;
    } & Omit<ConvnetOptions, "name" | "images">)
  | ({
      readonly kind: "art";
      readonly contents: ContentSource;
      readonly style: string;
      readonly features: "vgg19" | "random";
    } & Omit<NeuralArtOptions, "name" | "contents" | "style" | "features" | "leastCrop" | ArtMayOmit> &
      Partial<Pick<NeuralArtOptions, ArtMayOmit>>)
  | OwnSpec;

/** Photographs from the data folder, or scenes made by rule; split by picture. */
export type ContentSource = `${"photographs" | "scenes"}-${"train" | "validation" | "test"}`;

/** Gives the pictures and features of neural art; the platform decides from where. */
export interface ArtLoader {
  contents(source: ContentSource): Promise<Picture[]>;
  /** A painting by the start of its file's name, or `painting-N`, made by rule. */
  style(name: string): Promise<Picture>;
  features(name: "vgg19" | "random"): Promise<FeatureWeights>;
}

/** Gives the images of a source; the platform decides from where. */
export type ImageLoader = (source: ImageSource) => Promise<ImageSet>;

/** The paper's classifier: 784-20-10, sigmoid, minibatches of 128, θ₀ ~ N(0, 0.01²). */
export function mnistMlp(images: ImageSource): FamilySpec & { readonly kind: "mlp" } {
  return { kind: "mlp", images, hidden: [20], activation: "sigmoid", batchSize: 128, initScale: 0.01 };
}

/** The released code's CIFAR classifier: three 5×5 convolutions of 16 channels, 32 units, batch norm; n = 22,682 for ten labels. */
export function cifarConvnet(
  images: ImageSource,
  labels?: readonly number[],
): FamilySpec & { readonly kind: "convnet" } {
  return { kind: "convnet", images, ...convnetDefaults, ...(labels ? { labels } : {}) };
}

/** Gives the family of a module of one's own; a page has none. */
export type OwnLoader = (spec: OwnSpec) => Promise<ProblemFamily>;

/** Makes the family that a spec names. The classifier's engine is loaded only when it is asked for. */
export async function createFamily(
  spec: FamilySpec,
  images: ImageLoader,
  art?: ArtLoader,
  modules?: OwnLoader,
): Promise<ProblemFamily> {
  if (spec.kind === "quadratic") return quadratics(spec);
  if (spec.kind === "module") {
    check(modules !== undefined, "family", "a loader of modules", "none");
    return modules(spec);
  }
  if (spec.kind === "convnet") {
    const { kind: _, images: source, labels, pool = 1, ...own } = spec;
    const full = await images(source);
    const all = pool === 1 ? full : poolImages(full, pool);
    return convnet({ ...own, name: `convnet-${source}`, images: labels ? selectLabels(all, labels) : all });
  }
  if (spec.kind === "art") {
    check(art !== undefined, "family", "a loader of pictures for neural art", "none");
    const { kind: _, contents, style, features, ...own } = spec;
    return neuralArt({
      ...own,
      name: `art-${contents}-${style}`,
      contents: await art.contents(contents),
      style: await art.style(style),
      features: await art.features(features),
    });
  }
  check(
    spec.kind === "mlp",
    "family",
    '"quadratic", "mlp", "convnet", "art" or "module"',
    (spec as { kind: unknown }).kind,
  );
  const { mlp } = await import("../problems/mlp.ts");
  const { kind: _, pool = 1, hidden, images: source, ...options } = spec;
  const full = await images(source);
  const own = { ...options, hidden: [...hidden], pixelScale: pool };
  return mlp({ ...own, name: `mlp-${source}`, images: pool === 1 ? full : poolImages(full, pool) });
}
