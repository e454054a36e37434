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

worker.onerror = (event) => {
  painting.value = false;
  paintFailure.value = event.message || "The worker that paints could not be started.";
};

/** VGG-19's weights are some 30 MB. */
const MOST_WEIGHTS = 256 * 2 ** 20;

/** Takes a file of VGG-19's weights, once it is found to be one. */
export async function takeVgg19(file: File): Promise<void> {
  if (file.size > MOST_WEIGHTS)
    throw new Error(`${file.name}: expected at most ${MOST_WEIGHTS} bytes, got ${file.size}`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { vgg19Features } = await import("../../src/problems/vgg19.ts");
  vgg19Features(file.name, bytes);
  vgg19.value = { name: file.name, bytes };
}

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

/** Stop was pressed while an optimizer was still being fetched. */
let stopped = false;

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
  stopped = false;
  try {
    const optimizer = await optimizerOf();
    if (stopped) {
      painting.value = false;
      return;
    }
    worker.postMessage({ kind: "paint", order: { ...order, optimizer, ...pictures, ...features } } satisfies ToPaint);
  } catch (error) {
    painting.value = false;
    throw error;
  }
}

export function stopPainting(): void {
  stopped = true;
  worker.postMessage({ kind: "stop" } satisfies ToPaint);
}
