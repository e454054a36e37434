import { check } from "../../../src/core/check.ts";
import { remember } from "../../../src/core/memo.ts";
import type { ImageSet } from "../../../src/data/images.ts";
import type { ImageSource } from "../../../src/experiments/families.ts";
import { madeImages } from "../../../src/experiments/made-images.ts";

const made = new Map<string, Promise<ImageSet>>();

async function make(source: ImageSource): Promise<ImageSet> {
  const images = await madeImages(source);
  check(images !== undefined, "images", "digits or shapes, which are made by rule", source);
  return images;
}

/** The page downloads no data: only images made by rule. */
export function loadImages(source: ImageSource): Promise<ImageSet> {
  return remember(made, source, () => make(source));
}
