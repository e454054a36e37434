import type { ImageSet } from "../data/images.ts";
import type { ImageSource } from "./families.ts";

/** Images made by rule on the spot, the same on every machine; undefined for a source that is not. */
export async function madeImages(source: ImageSource): Promise<ImageSet | undefined> {
  if (source === "digits-train" || source === "digits-test") {
    const { makeDigits } = await import("../data/digits.ts");
    return source === "digits-train" ? makeDigits(10_000, 1) : makeDigits(5_000, 2);
  }
  if (source === "shapes-train" || source === "shapes-test") {
    const { makeShapes } = await import("../data/shapes.ts");
    return source === "shapes-train" ? makeShapes(8_000, 1) : makeShapes(4_000, 2);
  }
  return undefined;
}
