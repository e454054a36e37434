import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import sharp from "sharp";
import { ArgumentError, check } from "../core/check.ts";
import { remember } from "../core/memo.ts";
import { type Picture, picture } from "../data/picture.ts";
import { makePainting, makeScenes } from "../data/scenes.ts";
import type { ArtLoader } from "../experiments/families.ts";
import type { FeatureWeights } from "../problems/neural-art.ts";
import { randomFeatures } from "../problems/random-features.ts";
import { vgg19Features } from "../problems/vgg19.ts";
import { dataFolder } from "./datasets.ts";
import { writeWhole } from "./write.ts";

/**
 * Reads a PNG, JPEG, WebP, … upright and in sRGB.
 *
 * @throws ArgumentError for a file that is missing or no picture.
 */
export async function readPicture(path: string): Promise<Picture> {
  check(existsSync(path), "picture", "a file", path);
  try {
    const { data, info } = await sharp(readFileSync(path))
      .rotate()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    check(info.channels === 3, path, "3 channels", info.channels);
    return picture(basename(path), info.width, info.height, new Uint8Array(data));
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw new ArgumentError(`${path}: expected a picture (PNG, JPEG, …): ${(error as Error).message}`);
  }
}

/** Pixels 0 to 255 [side][side][3] as a PNG; what lies outside is cut off. */
export async function encodePicture(pixels: ArrayLike<number>, side: number): Promise<Uint8Array> {
  const bytes = Uint8Array.from(pixels, (v) => Math.round(Math.min(255, Math.max(0, v))));
  return sharp(bytes, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

/** Writes pixels as a PNG file. */
export async function writePicture(path: string, pixels: ArrayLike<number>, side: number): Promise<void> {
  writeWhole(path, await encodePicture(pixels, side));
}

/** Where the feature network lies. */
export const vgg19Path = (): string => join(dataFolder(), "vgg19", "vgg19-features.safetensors");

/**
 * VGG-19's convolutions up to block5_conv1; scripts/convert-vgg19.py makes the file from public weights.
 *
 * @throws ArgumentError naming a file or tensor that is missing.
 */
export function loadVgg19(path: string = vgg19Path()): FeatureWeights {
  check(existsSync(path), "VGG-19", "a file", path, "scripts/convert-vgg19.py makes it; or use --features random");
  return vgg19Features(path, readFileSync(path));
}

/** Photographs by number: 16 to meta-train, 3 to validate, 5 to test. */
const SPLIT = { train: [0, 16], validation: [16, 19], test: [19, 24] } as const;

const photographs = new Map<string, Promise<Picture>>();

/** Each picture is read once a thread. */
const once = (path: string): Promise<Picture> => remember(photographs, path, () => readPicture(path));

let vgg: FeatureWeights | undefined;

/** Pictures of the data folder, in order; none where there is no such folder. */
export function pictureFiles(kind: "content" | "style"): string[] {
  const folder = join(dataFolder(), "art", kind);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((f) => /\.(png|jpe?g)$/i.test(f))
    .sort()
    .map((f) => join(folder, f));
}

/** Pictures and features: photographs, paintings and VGG-19 from the data folder, the others made by rule. */
export const loadArt: ArtLoader = {
  async contents(source) {
    const [set, part] = source.split("-") as ["photographs" | "scenes", keyof typeof SPLIT];
    const [from, to] = SPLIT[part];
    if (set === "scenes") return makeScenes(24, 1).slice(from, to);
    const all = pictureFiles("content");
    const where = join(dataFolder(), "art", "content");
    check(all.length >= to, "photographs", `at least ${to} in ${where}`, all.length, "Set GRADGRAD_DATA");
    return Promise.all(all.slice(from, to).map(once));
  },
  async style(name) {
    const made = /^painting-(\d+)$/.exec(name);
    if (made) return makePainting(Number(made[1]));
    const all = pictureFiles("style");
    const path = all.find((f) => basename(f).startsWith(name));
    check(path !== undefined, "style", all.map((f) => basename(f)).join(", ") || "a file in art/style", name);
    return once(path);
  },
  async features(name) {
    if (name === "random") return randomFeatures();
    vgg ??= loadVgg19();
    return vgg;
  },
};
