import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { runTrajectory } from "../evaluation/index.ts";
import { watched } from "../evaluation/watched.ts";
import { artRates, lossScale, shapeForSide } from "../experiments/art.ts";
import { bindNetwork } from "../learned/network.ts";
import { loadArt, readPicture, writePicture } from "../node/art.ts";
import { checkFolder } from "../node/write.ts";
import type { LineSearchOptimizer, Optimizer } from "../optimizers/optimizer.ts";
import { apartMethods, methodByName, methodNames } from "../optimizers/registry.ts";
import { onScaledLoss } from "../optimizers/scaled-loss.ts";
import { neuralArt, neuralArtDefaults } from "../problems/neural-art.ts";
import { randomDefaults } from "../problems/random-features.ts";
import { onInterrupt } from "./interrupt.ts";
import { createProgress } from "./progress.ts";
import { findOptimizer } from "./start.ts";

/** Options of `style`, as the command line gives them. */
export interface StyleCall {
  readonly optimizer: string;
  readonly learningRate?: number;
  readonly size: number;
  readonly steps: number;
  readonly contentWeight: number;
  readonly styleWeight?: number;
  readonly smoothness: number;
  readonly contentLayers?: readonly string[];
  readonly styleLayers?: readonly string[];
  readonly features: "vgg19" | "random";
  readonly start: "noise" | "content";
  readonly seed: number;
  readonly out: string;
  readonly json: boolean;
}

async function optimizerOf(call: StyleCall): Promise<Optimizer | LineSearchOptimizer> {
  const apart = apartMethods.find((m) => m.name === call.optimizer);
  const rated = !apart && methodNames.includes(call.optimizer);
  check(
    rated || call.learningRate === undefined,
    "--learning-rate",
    "none",
    call.learningRate,
    `${call.optimizer} takes none`,
  );
  if (apart) return onScaledLoss(apart.create(), lossScale(call.size));
  if (!rated) {
    const { file } = await findOptimizer(call.optimizer, "--optimizer", methodNames);
    return bindNetwork(shapeForSide(file, call.size), file.phi);
  }
  const rate = call.learningRate ?? artRates[call.optimizer];
  check(rate !== undefined, "--learning-rate", `a rate for ${call.optimizer}`, "none");
  return methodByName(call.optimizer).create(rate, call.steps);
}

/** Makes a picture: the content of one, in the style of another. Writes a PNG. */
export async function styleCommand(content: string, style: string, call: StyleCall): Promise<void> {
  check(/\.png$/i.test(call.out), "--out", "a path that ends in .png", call.out);
  checkFolder("--out", dirname(call.out)); // now, not after the last step
  const optimizer = await optimizerOf(call);
  const [photograph, painting] = [await readPicture(content), await readPicture(style)];
  const usual = call.features === "random" ? randomDefaults : neuralArtDefaults;
  const family = neuralArt({
    name: "style",
    features: await loadArt.features(call.features),
    contents: [photograph],
    style: painting,
    side: call.size,
    contentLayers: call.contentLayers ?? usual.contentLayers,
    styleLayers: call.styleLayers ?? usual.styleLayers,
    alpha: call.contentWeight,
    beta: call.styleWeight ?? usual.beta,
    gamma: call.smoothness,
    start: call.start,
    leastCrop: 1,
  });
  const rng = createRng(call.seed);
  const progress = createProgress("style");
  let evaluations = 0;
  let best = { loss: Number.POSITIVE_INFINITY, theta: new Float32Array(0) };
  let first = Number.NaN;
  const most = Math.ceil(1.25 * call.steps) + 1; // about what L-BFGS takes
  const problem = watched(family.sample(rng.split("problem")), async (loss, theta) => {
    await setImmediate(); // hears Ctrl-C: arithmetic alone never lets another have its turn
    if (evaluations === 0) first = loss;
    evaluations++;
    if (loss < best.loss) best = { loss, theta: theta.slice() };
    // A line search evaluates more than once a step: how many, it does not know.
    const words = `loss ${loss.toPrecision(4)}, lowest ${best.loss.toPrecision(4)}`;
    // Not to the end: there every further one would be a line.
    if ("step" in optimizer)
      progress.update(Math.min(evaluations, most - 1), most, `evaluation ${evaluations}, ${words}`);
    else progress.update(evaluations, call.steps + 1, words);
  });
  const deaf = onInterrupt(async () => {
    if (Number.isFinite(best.loss)) {
      await writePicture(call.out, best.theta, call.size);
      progress.line(`Stopped: the best picture until now is ${call.out}`);
    }
    process.exit(130);
  });
  const [run] = await runTrajectory(problem, optimizer, { steps: call.steps, rng });
  deaf();
  progress.end();
  check(Number.isFinite(best.loss), "loss", "a finite number", first, "Try a lower --learning-rate");
  await writePicture(call.out, best.theta, call.size);
  const result = { out: call.out, first, loss: best.loss, steps: call.steps, evaluations, diverged: run!.diverged };
  if (call.json) console.log(JSON.stringify(result));
  else
    console.log(
      `${call.out}: ${call.size} × ${call.size}, loss ${first.toPrecision(4)} → ${best.loss.toPrecision(4)} in ${call.steps} steps${evaluations > call.steps + 1 ? `, ${evaluations} evaluations` : ""}${run!.diverged ? "; it diverged, this is the best picture before that" : ""}`,
    );
}
