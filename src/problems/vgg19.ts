import { check } from "../core/check.ts";
import { parseSafetensors } from "../data/safetensors.ts";
import type { FeatureLayer } from "./feature-network.ts";
import type { FeatureWeights } from "./neural-art.ts";

/** Convolutions of a block of VGG-19. */
const BLOCKS = [2, 2, 4, 4, 1];

/**
 * VGG-19's convolutions up to block5_conv1, from the bytes of a safetensors file with `blockB_convC/kernel` [3, 3, in, out] and
 * `/bias`.
 * Source: Simonyan and Zisserman 2014.
 *
 * @throws ArgumentError naming a tensor that is missing.
 */
export function vgg19Features(what: string, bytes: Uint8Array): FeatureWeights {
  const tensors = parseSafetensors(what, bytes);
  const tensor = (name: string): { shape: readonly number[]; data: Float32Array } => {
    const t = tensors.get(name);
    check(t !== undefined, what, `a tensor ${name}`, [...tensors.keys()].join(", "));
    return t;
  };
  const layers = BLOCKS.flatMap((count, b) =>
    Array.from({ length: count }, (_, c): FeatureLayer => {
      const name = `block${b + 1}_conv${c + 1}`;
      const { shape, data: w } = tensor(`${name}/kernel`);
      check(
        shape.length === 4 && shape[0] === 3 && shape[1] === 3,
        `${what}: ${name}`,
        "[3, 3, in, out]",
        shape.join(", "),
      );
      const [, , inputs, outputs] = shape as [number, number, number, number];
      return { name, pool: b > 0 && c === 0, inputs, outputs, w, b: tensor(`${name}/bias`).data };
    }),
  );
  return { layers, mean: [123.68, 116.779, 103.939], bgr: true, scale: 1 };
}
