import { createRng } from "../../../src/core/rng.ts";
import type { Picture } from "../../../src/data/picture.ts";
import { makePainting, makeScenes } from "../../../src/data/scenes.ts";
import { runTrajectory } from "../../../src/evaluation/run.ts";
import { watched } from "../../../src/evaluation/watched.ts";
import { artRates, lossScale, shapeForSide } from "../../../src/experiments/art.ts";
import { createOptimizer, type OptimizerSpec } from "../../../src/experiments/run-task.ts";
import { decodeOptimizer } from "../../../src/learned/file.ts";
import { neuralArt, neuralArtDefaults } from "../../../src/problems/neural-art.ts";
import { randomDefaults, randomFeatures } from "../../../src/problems/random-features.ts";
import { vgg19Features } from "../../../src/problems/vgg19.ts";
import { breathe, type WorkerPort } from "./port.ts";

/** First message to the worker that paints. */
export interface PaintStart {
  readonly role: "paint";
}

/** An optimizer for a picture: one that needs no tuning, or a file's bytes. */
export type PaintOptimizer = "adam" | "lbfgs" | Uint8Array;

export interface PaintOrder {
  readonly content: Picture;
  readonly style: Picture;
  readonly optimizer: PaintOptimizer;
  readonly side: number;
  readonly steps: number;
  /** Parts of style to one of content. */
  readonly styleWeight: number;
  readonly start: "noise" | "content";
  /** A file of VGG-19's weights; without, the features are fixed random filters. */
  readonly vgg19?: Uint8Array;
}

export type ToPaint = { readonly kind: "paint"; readonly order: PaintOrder } | { readonly kind: "stop" };

export type FromPaint =
  /** Pictures made by rule, to begin with. */
  | { readonly kind: "made"; readonly content: Picture; readonly style: Picture }
  /** The picture after so many evaluations of its loss: [row][column][red, green, blue, alpha]. */
  | {
      readonly kind: "frame";
      /** "Step 3 of 128", or "Evaluation 3" of a line search, which makes several a step. */
      readonly at: string;
      readonly loss: number;
      readonly pixels: Uint8ClampedArray<ArrayBuffer>;
    }
  | { readonly kind: "painted"; readonly stopped: boolean }
  | { readonly kind: "error"; readonly message: string };

const FRAME_MS = 50;
const SEED = "paint";

function specOf(optimizer: PaintOptimizer, side: number): OptimizerSpec {
  if (optimizer === "lbfgs") return { kind: "apart", name: optimizer, lossScale: lossScale(side) };
  if (optimizer === "adam") return { kind: "method", name: optimizer, learningRate: artRates.adam! };
  const file = decodeOptimizer(optimizer);
  return { kind: "learned", shape: shapeForSide(file, side), phi: file.phi };
}

function rgba(theta: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray((4 * theta.length) / 3).fill(255);
  for (let i = 0; i < theta.length / 3; i++) for (let k = 0; k < 3; k++) out[4 * i + k] = theta[3 * i + k]!;
  return out;
}

/** Paints, and shows the picture as it becomes. */
export function servePaint(port: WorkerPort): void {
  let stop = false;

  async function paint(o: PaintOrder): Promise<void> {
    const { contentLayers, styleLayers } = o.vgg19 ? neuralArtDefaults : randomDefaults;
    const family = neuralArt({
      name: "page",
      contentLayers,
      styleLayers,
      features: o.vgg19 ? vgg19Features("VGG-19 file", o.vgg19) : randomFeatures(),
      contents: [o.content],
      style: o.style,
      side: o.side,
      alpha: neuralArtDefaults.alpha,
      beta: o.styleWeight,
      gamma: neuralArtDefaults.gamma,
      start: o.start,
      leastCrop: 1,
    });
    const rng = createRng(SEED);
    let [step, shown] = [0, 0];
    let latest: { loss: number; theta: Float32Array } | undefined;
    const show = (): void => {
      if (!latest) return;
      const pixels = rgba(latest.theta);
      const at = o.optimizer === "lbfgs" ? `Evaluation ${step}` : `Step ${step} of ${o.steps}`;
      port.postMessage({ kind: "frame", at, loss: latest.loss, pixels }, [pixels.buffer]);
    };
    const seen = watched(family.sample(rng.split("problem")), (loss, theta) => {
      latest = { loss, theta: theta.slice() };
      if (performance.now() - shown > FRAME_MS) {
        show();
        shown = performance.now();
      }
      step++;
    });
    const problem: typeof seen = {
      ...seen,
      async lossAndGrad(theta, batch, grad) {
        await breathe();
        // A loss that is not finite ends a run.
        return stop ? Number.NaN : seen.lossAndGrad(theta, batch, grad);
      },
    };
    await runTrajectory(problem, createOptimizer(specOf(o.optimizer, o.side), o.steps), { steps: o.steps, rng });
    step--;
    show();
    if (latest && !Number.isFinite(latest.loss))
      throw new Error("The loss is no longer finite: this optimizer is not for pictures");
  }

  port.onmessage = async ({ data }) => {
    const message = data as ToPaint;
    if (message.kind === "stop") {
      stop = true;
      return;
    }
    stop = false;
    try {
      await paint(message.order);
      port.postMessage({ kind: "painted", stopped: stop });
    } catch (error) {
      port.postMessage({ kind: "error", message: (error as Error).message });
    }
  };
  const [content] = makeScenes(1, 3);
  port.postMessage({ kind: "made", content, style: makePainting(1) } as FromPaint);
}
