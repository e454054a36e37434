import type { ImageSet } from "../data/images.ts";
import type { ImageSource } from "../experiments/families.ts";

const loaded = new Map<ImageSource, Promise<ImageSet>>();

async function load(source: ImageSource): Promise<ImageSet> {
  if (source === "digits-train" || source === "digits-test") {
    const { makeDigits } = await import("../data/digits.ts");
    return source === "digits-train" ? makeDigits(10_000, 1) : makeDigits(5_000, 2);
  }
  const { loadMnist } = await import("./datasets.ts");
  const mnist = await loadMnist();
  return source === "mnist-train" ? mnist.train : mnist.test;
}

/** Images by source: MNIST from the data folder, digits made by rule on the spot. Each is made once a thread. */
export function loadImages(source: ImageSource): Promise<ImageSet> {
  let set = loaded.get(source);
  if (!set) {
    set = load(source);
    loaded.set(source, set);
  }
  return set;
}
