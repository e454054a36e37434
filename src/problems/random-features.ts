import { createRng } from "../core/rng.ts";
import type { FeatureLayer } from "./feature-network.ts";
import type { FeatureWeights, NeuralArtOptions } from "./neural-art.ts";

/** Channels of each layer; a pooling stands before every layer but the first. */
const CHANNELS = [16, 32, 64, 64];

/** As VGG-19's: texture at every scale and content at a coarse one. Of style a tenth: these filters see less of the content. */
export const randomDefaults: Pick<NeuralArtOptions, "contentLayers" | "styleLayers" | "beta"> = {
  contentLayers: ["random3"],
  styleLayers: ["random1", "random2", "random3", "random4"],
  beta: 3,
};

/**
 * Fixed random filters at four scales, features for neural art without a download: 3 × 3 convolutions with weights
 * N(0, 2/(9 · inputs)) and ReLU, halved in size between them. Layers are random1 … random4. Untrained filters already carry
 * texture. Source of the scale: He et al. 2015.
 */
export function randomFeatures(seed = 0): FeatureWeights {
  const rng = createRng(`features/${seed}`);
  let inputs = 3;
  const layers = CHANNELS.map((outputs, l): FeatureLayer => {
    const sigma = Math.sqrt(2 / (9 * inputs));
    const w = Float32Array.from({ length: 9 * inputs * outputs }, () => sigma * rng.normal());
    const layer = { name: `random${l + 1}`, pool: l > 0, inputs, outputs, w, b: new Float32Array(outputs) };
    inputs = outputs;
    return layer;
  });
  return { layers, mean: [128, 128, 128], bgr: false, scale: 1 / 64 };
}
