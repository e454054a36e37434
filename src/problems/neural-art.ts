import { check, checkInteger, checkRange } from "../core/check.ts";
import { layout } from "../core/layout.ts";
import { crop, type Picture } from "../data/picture.ts";
import type { Simd } from "../kernels/lstm-wasm.ts";
import { differenceHvp } from "./difference-hvp.ts";
import { type FeatureLayer, type FeatureNetwork, featureNetwork } from "./feature-network.ts";
import type { Problem, ProblemFamily } from "./problem.ts";

/** A feature network's weights and what it expects of pixels. */
export interface FeatureWeights {
  readonly layers: readonly FeatureLayer[];
  /** Taken from each channel of a pixel (0 to 255, red, green, blue) before the network. */
  readonly mean: readonly [number, number, number];
  /** The network's channels are blue, green, red. */
  readonly bgr: boolean;
  readonly scale: number;
}

/** What the picture is to be like, and how much each part counts. */
export interface NeuralArtOptions {
  readonly name: string;
  readonly features: FeatureWeights;
  /** Photographs; each sample is a random crop of one. */
  readonly contents: readonly Picture[];
  readonly style: Picture;
  /** Problem k of a test or of tuning is of photograph k, counted around: so each has its share. Default a random one. */
  readonly inTurn: boolean;
  /** Side of the picture in pixels. Default 64. */
  readonly side: number;
  /** Layers whose features the content gives. */
  readonly contentLayers: readonly string[];
  /** Layers whose Gram matrices the style gives. */
  readonly styleLayers: readonly string[];
  /** Weights of content, style and smoothness. */
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  /** θ₀: "noise" N(128, 30²) for every pixel and channel, or the content picture. Default "noise". */
  readonly start: "noise" | "content";
  /** Least share of a photograph's shorter side that a crop takes. Default 0.4; 1 takes the largest square in the middle. */
  readonly leastCrop: number;
  /** Instructions of the feature network. Default "strict"; "relaxed" is faster and its bytes depend on the machine. */
  readonly simd: Simd;
}

/** Sizes and weights for VGG-19. Default layers as Gatys et al. 2015; the paper gives neither layers nor weights. */
export const neuralArtDefaults: Omit<NeuralArtOptions, "name" | "features" | "contents" | "style"> = {
  inTurn: false,
  side: 64,
  contentLayers: ["block4_conv2"],
  styleLayers: ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"],
  alpha: 1,
  beta: 4,
  gamma: 10,
  start: "noise",
  leastCrop: 0.4,
  simd: "strict",
};

/** The features that a picture is held against. */
interface Target {
  readonly contents: ReadonlyMap<string, Float32Array>;
  readonly grams: ReadonlyMap<string, { readonly gram: Float32Array; readonly share: number }>;
}

/**
 * Neural art: f(θ) = α·content + β·style + γ·smoothness over the pixels θ [side, side, 3], 0 to 255.
 * content = Σ_l ‖F_l(θ) − F_l(c)‖² / ‖F_l(c)‖² / layers, style = Σ_l ‖G_l(θ) − G_l(s)‖² / ‖G_l(s)‖² / layers, G = FᵀF / pixels,
 * smoothness = mean squared difference of neighbouring pixels / 255². Each part is relative to its target, so that weights
 * mean the same for every picture and size.
 * Source: paper §3.4; Gatys et al. 2015. The paper gives no weights or layers.
 *
 * @throws ArgumentError for layers that the network has not, or options out of range.
 * @example
 * // With files in Node: readPicture("photo.jpg"), loadVgg19() of gradgrad/node.
 * const stripes = picture("stripes", 64, 64, Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => i % 251));
 * const { contentLayers, styleLayers, beta } = randomDefaults;
 * const layers = { features: randomFeatures(), contentLayers, styleLayers, beta };
 * const art = neuralArt({ name: "art", ...layers, contents: [stripes], style: stripes, side: 32 });
 * const [run] = await runTrajectory(art.sample(createRng(0)), methodByName("adam").create(8), { steps: 2, rng: createRng(1) });
 */
export function neuralArt(
  options: Pick<NeuralArtOptions, "name" | "features" | "contents" | "style"> & Partial<NeuralArtOptions>,
): ProblemFamily {
  const o: NeuralArtOptions = { ...neuralArtDefaults, ...options };
  checkInteger("side", o.side, 8);
  check(o.contents.length > 0, "contents", "at least one picture", 0);
  for (const name of ["alpha", "beta", "gamma"] as const) checkRange(name, o[name], 0, Number.MAX_VALUE);
  check(o.leastCrop >= 0.01 && o.leastCrop <= 1, "leastCrop", "a number in [0.01, 1]", o.leastCrop);
  const used = [...o.contentLayers, ...o.styleLayers];
  const last = Math.max(...used.map((u) => o.features.layers.findIndex((l) => l.name === u)));
  const missing = used.find((u) => !o.features.layers.some((l) => l.name === u));
  check(missing === undefined, "layers", o.features.layers.map((l) => l.name).join(", "), missing);
  const weights = o.features.layers.slice(0, last + 1);
  const network = featureNetwork(weights, o.side, o.simd);
  const style = fitted(o.style, o.side);
  let grams: Target["grams"] | undefined;
  const styleTarget = (): Target["grams"] => {
    if (grams) return grams;
    network.forward(toNetwork(o.features, style));
    grams = new Map(
      o.styleLayers.map((name) => {
        const gram = network.gram(name);
        return [name, { gram, share: 1 / Math.max(squares(gram), TINY) }];
      }),
    );
    return grams;
  };
  return {
    name: o.name,
    sample(rng, turn) {
      const n = o.contents.length;
      const photograph = o.contents[o.inTurn && turn !== undefined ? turn % n : rng.integer(n)]!;
      const shorter = Math.min(photograph.width, photograph.height);
      const size = Math.round(shorter * (o.leastCrop + (1 - o.leastCrop) * rng.uniform()));
      const x = rng.integer(photograph.width - size + 1);
      const y = rng.integer(photograph.height - size + 1);
      const content = o.leastCrop === 1 ? fitted(photograph, o.side) : crop(photograph, { x, y, size }, o.side);
      const target = {
        grams: styleTarget(),
        contents: featuresOf(network, o, content),
      };
      const problem = artProblem(o, network, target, content);
      return { ...problem, hvp: differenceHvp(problem, HVP_STEP), hvpEvaluations: 2 };
    },
  };
}

/** The largest square in a picture's middle, at a side. */
export function fitted(p: Picture, side: number): Float32Array {
  const size = Math.min(p.width, p.height);
  const middle = { x: Math.floor((p.width - size) / 2), y: Math.floor((p.height - size) / 2), size };
  return crop(p, middle, side);
}

/** Length of the move for Hessian-vector products, in pixel levels: at 64 × 64 a seventh of a level each. */
const HVP_STEP = 16;

/** A picture of one colour may leave a layer without features. */
const TINY = 1e-12;

const squares = (v: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! * v[i]!;
  return sum;
};

function featuresOf(network: FeatureNetwork, o: NeuralArtOptions, image: Float32Array): Target["contents"] {
  network.forward(toNetwork(o.features, image));
  return new Map(o.contentLayers.map((name) => [name, network.read(name)]));
}

/** Pixels 0 to 255 as the network takes them. */
function toNetwork({ mean, bgr, scale }: FeatureWeights, image: ArrayLike<number>): Float32Array {
  const out = new Float32Array(image.length);
  for (let i = 0; i < image.length; i += 3)
    for (let c = 0; c < 3; c++) out[i + (bgr ? 2 - c : c)] = scale * (image[i + c]! - mean[c]!);
  return out;
}

function artProblem(
  o: NeuralArtOptions,
  network: FeatureNetwork,
  target: Target,
  content: Float32Array,
): Problem<undefined> {
  const { side, features } = o;
  const row = side * 3;
  const pixels = new Float32Array(side * row);

  /** γ·smoothness, with its gradient added to `grad`. */
  function smoothness(theta: ArrayLike<number>, grad: Float32Array): number {
    if (o.gamma === 0) return 0;
    const share = o.gamma / (255 * 255 * 2 * side * (side - 1) * 3);
    let sum = 0;
    for (let y = 0; y < side; y++)
      for (let x = 0; x < row; x++) {
        const i = y * row + x;
        for (const [inside, j] of [
          [x + 3 < row, i + 3],
          [y + 1 < side, i + row],
        ] as const) {
          if (!inside) continue;
          const d = theta[j]! - theta[i]!;
          sum += d * d;
          grad[j]! += 2 * share * d;
          grad[i]! -= 2 * share * d;
        }
      }
    return share * sum;
  }

  return {
    layout: layout({ pixels: [side, side, 3] }),
    init(rng, theta) {
      if (o.start === "content") theta.set(content);
      else for (let i = 0; i < theta.length; i++) theta[i] = 128 + 30 * rng.normal();
    },
    batch: () => undefined,
    lossAndGrad(theta, _, grad) {
      network.forward(toNetwork(features, theta));
      network.clear();
      let loss = 0;
      for (const [name, wanted] of target.contents) {
        const d = network.read(name);
        const share = o.alpha / Math.max(squares(wanted), TINY) / o.contentLayers.length;
        let sum = 0;
        for (let i = 0; i < d.length; i++) {
          const apart = d[i]! - wanted[i]!;
          sum += apart * apart;
          d[i] = 2 * share * apart;
        }
        loss += share * sum;
        network.addGradient(name, d);
      }
      for (const [name, { gram, share }] of target.grams) {
        const S = network.gram(name);
        const { side: n } = network.layers.get(name)!;
        const weight = (o.beta * share) / o.styleLayers.length;
        let sum = 0;
        for (let i = 0; i < S.length; i++) {
          const apart = S[i]! - gram[i]!;
          sum += apart * apart;
          S[i] = (4 * weight * apart) / (n * n);
        }
        loss += weight * sum;
        network.addGramGradient(name, S);
      }
      pixels.fill(0);
      network.backward(pixels);
      for (let i = 0; i < grad.length; i += 3)
        for (let c = 0; c < 3; c++) grad[i + c] = features.scale * pixels[i + (features.bgr ? 2 - c : c)]!;
      return loss + smoothness(theta, grad);
    },
  };
}
