/** What runs in the browser: steps of an optimizer on each graphics backend that the browser offers, and a model's training. */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";
import { loadOptimizer } from "../../src/tfjs/index.ts";

/** The steps' gradients by variable, [steps][variables]; the variables' shapes. */
export interface Steps {
  readonly shapes: readonly (readonly number[])[];
  readonly gradients: readonly (readonly (readonly number[])[])[];
}

export interface Stepped {
  readonly theta: number[];
  /** How often numbers were downloaded from the graphics card while steps were taken. */
  readonly downloads: number;
  readonly leaked: number;
}

async function steps(backend: string, optimizerFile: readonly number[], of: Steps): Promise<Stepped | undefined> {
  if (!(await tf.setBackend(backend).catch(() => false))) return undefined;
  const before = tf.memory().numTensors;
  const optimizer = await loadOptimizer(Uint8Array.from(optimizerFile));
  const variables = tf.tidy(() => of.shapes.map((shape, i) => tf.variable(tf.zeros([...shape]), true, `v${i}`)));
  const engine = tf.engine().backend as unknown as Record<"read" | "readSync", (...a: unknown[]) => unknown>;
  let downloads = 0;
  for (const name of ["read", "readSync"] as const) {
    const own = engine[name].bind(engine);
    engine[name] = (...a) => {
      downloads++;
      return own(...a);
    };
  }
  for (const gradients of of.gradients)
    tf.tidy(() =>
      optimizer.applyGradients(
        gradients.map((g, i) => ({ name: variables[i]!.name, tensor: tf.tensor([...g], [...of.shapes[i]!]) })),
      ),
    );
  const counted = downloads;
  const theta: number[] = [];
  for (const v of variables) theta.push(...(await v.data()));
  tf.dispose(variables);
  optimizer.dispose();
  return { theta, downloads: counted, leaked: tf.memory().numTensors - before };
}

/** Losses of five epochs of `model.fit`, and tensors gained in the last four. */
async function fit(backend: string): Promise<{ losses: number[]; gained: number }> {
  await tf.setBackend(backend);
  const [units, rows] = [8, 64];
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [units], units: 20, activation: "sigmoid" }),
      tf.layers.dense({ units: 4, activation: "softmax" }),
    ],
  });
  const x = tf.randomNormal([rows, units], 0, 1, "float32", 3);
  const y = tf.oneHot(tf.argMax(tf.slice(x, [0, 0], [rows, 4]), 1), 4);
  model.compile({ optimizer: await loadOptimizer("mnist-mlp"), loss: "categoricalCrossentropy" });
  const losses: number[] = [];
  let held = 0;
  for (let epoch = 0; epoch < 5; epoch++) {
    const { history } = await model.fit(x, y, { epochs: 1, batchSize: 16, verbose: 0 });
    losses.push(history.loss!.at(-1) as number);
    if (epoch === 0) held = tf.memory().numTensors;
  }
  const gained = tf.memory().numTensors - held;
  model.dispose();
  tf.dispose([x, y]);
  return { losses, gained };
}

Object.assign(globalThis, { steps, fit });
