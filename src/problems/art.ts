/** Neural art as a family: the problem, its pictures and feature networks. For Node and browsers; `gradgrad/node` reads and writes files. */
export { crop, type Picture, picture, type Square } from "../data/picture.ts";
export type { FeatureLayer } from "./feature-network.ts";
export { type FeatureWeights, type NeuralArtOptions, neuralArt, neuralArtDefaults } from "./neural-art.ts";
export { randomDefaults, randomFeatures } from "./random-features.ts";
export { vgg19Features } from "./vgg19.ts";
