import { remember } from "../core/memo.ts";
import { type ImageSet, sliceImages } from "../data/images.ts";
import type { ImageSource } from "../experiments/families.ts";
import { madeImages } from "../experiments/made-images.ts";

const loaded = new Map<string, Promise<ImageSet>>();

async function load(source: ImageSource): Promise<ImageSet> {
  const made = await madeImages(source);
  if (made) return made;
  if (source.startsWith("cifar")) {
    const { loadCifarBatch, loadCifarRecords } = await import("./cifar.ts");
    if (source === "cifar-test") return loadCifarBatch("data_batch_2.bin");
    if (source === "cifar-records") return loadCifarRecords();
    const first = loadCifarBatch("data_batch_1.bin");
    return source === "cifar-train" ? sliceImages(first, 0, 8_000) : sliceImages(first, 8_000, 10_000);
  }
  const { loadMnist } = await import("./datasets.ts");
  const mnist = await loadMnist();
  return source === "mnist-train" ? mnist.train : mnist.test;
}

/** Images by source: MNIST and CIFAR-10 from the data folder, digits and shapes made by rule on the spot. Each is made once a thread. */
export function loadImages(source: ImageSource): Promise<ImageSet> {
  return remember(loaded, source, () => load(source));
}
