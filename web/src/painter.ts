import { signal } from "@preact/signals";
import type { Picture } from "../../src/data/picture.ts";
import { announcement } from "./client.ts";
import type { FromPaint, PaintOptimizer, PaintOrder, PaintStart, ToPaint } from "./lab/paint.ts";

/** What is painted, from pictures made by rule to begin with. */
export const content = signal<Picture | undefined>(undefined);
export const style = signal<Picture | undefined>(undefined);
export const vgg19 = signal<{ name: string; bytes: Uint8Array } | undefined>(undefined);

/** The picture as it stands. */
export const frame = signal<{ at: string; loss: number; image: ImageData } | undefined>(undefined);
export const painting = signal(false);
export const paintFailure = signal<string | undefined>(undefined);

const worker = new Worker(new URL("./lab/worker.ts", import.meta.url), { type: "module" });
worker.postMessage({ role: "paint" } satisfies PaintStart);

worker.onmessage = ({ data }: MessageEvent<FromPaint>) => {
  if (data.kind === "made") {
    content.value ??= data.content;
    style.value ??= data.style;
  } else if (data.kind === "frame") {
    const side = Math.sqrt(data.pixels.length / 4);
    frame.value = { at: data.at, loss: data.loss, image: new ImageData(data.pixels, side, side) };
  } else {
    painting.value = false;
    if (data.kind === "error") paintFailure.value = data.message;
    else announcement.value = data.stopped ? "Painting stopped" : "The picture is painted";
  }
};

/** One picture at a time: what is asked for while an optimizer is still being fetched is not begun beside it. */
export async function paint(
  optimizerOf: () => Promise<PaintOptimizer>,
  order: Omit<PaintOrder, "content" | "style" | "vgg19" | "optimizer">,
): Promise<void> {
  if (!content.value || !style.value || painting.value) return;
  paintFailure.value = undefined;
  painting.value = true;
  const pictures = { content: content.value, style: style.value };
  const features = vgg19.value ? { vgg19: vgg19.value.bytes } : {};
  try {
    const optimizer = await optimizerOf();
    worker.postMessage({ kind: "paint", order: { ...order, optimizer, ...pictures, ...features } } satisfies ToPaint);
  } catch (error) {
    painting.value = false;
    throw error;
  }
}

export const stopPainting = (): void => worker.postMessage({ kind: "stop" } satisfies ToPaint);
