import * as tf from "@tensorflow/tfjs-core";
import { check, checkInteger } from "../core/check.ts";
import { layoutOf, type Vec } from "../core/layout.ts";
import type { Rng } from "../core/rng.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/** A TensorFlow.js model's loss as a problem family. */
export interface TfFamilyOptions<Batch> {
  /** Default "tfjs". */
  readonly name?: string;
  /** θ: the model's trainable variables. Their values are overwritten. */
  readonly variables: readonly tf.Variable[];
  /** Draws a minibatch, as plain data: it is kept while the loss is computed again. */
  batch(rng: Rng): Batch;
  /** f(θ) on a minibatch: a scalar that TensorFlow.js can differentiate. */
  loss(batch: Batch): tf.Scalar;
  /** Writes θ₀. Default Glorot's normal for matrices and kernels, zero for the rest. */
  init?(rng: Rng, theta: Vec): void;
}

/** Glorot's σ = √(2 / (in + out)); a kernel's field counts in both. */
function glorot(shape: readonly number[]): number {
  const field = shape.slice(0, -2).reduce((a, d) => a * d, 1);
  return Math.sqrt(2 / (field * (shape.at(-2)! + shape.at(-1)!)));
}

/**
 * A model of one's own in TensorFlow.js as a gradgrad problem family, to meta-train an optimizer on it: f(θ) and ∇f(θ) by
 * `variableGrads`, on whatever backend is set. Problems of the family differ by θ₀ and minibatches. First order only.
 *
 * @throws ArgumentError where there is no variable, or one is disposed.
 * @example
 * const family = tfFamily({
 *   variables: model.trainableWeights.map((w) => w.read() as tf.Variable),
 *   batch: (rng) => Array.from({ length: 32 }, () => rng.integer(count)),
 *   loss: (rows) => tf.losses.softmaxCrossEntropy(tf.gather(y, rows), model.apply(tf.gather(x, rows))),
 * });
 */
export function tfFamily<Batch>(o: TfFamilyOptions<Batch>): ProblemFamily {
  const { variables } = o;
  checkInteger("variables", variables.length);
  for (const v of variables) check(!v.isDisposed, `variable ${v.name}`, "one that lives", "disposed");
  const at = layoutOf(variables);
  const problem = {
    layout: at,
    init(rng: Rng, theta: Vec): void {
      if (o.init) o.init(rng, theta);
      else
        for (const { offset, size, shape } of at.slots) {
          const sigma = shape.length < 2 ? 0 : glorot(shape);
          for (let i = 0; i < size; i++) theta[offset + i] = sigma === 0 ? 0 : sigma * rng.normal();
        }
    },
    batch: (rng: Rng): unknown => o.batch(rng),
    async lossAndGrad(theta: Vec, batch: unknown, grad: Vec): Promise<number> {
      at.slots.forEach(({ offset, size }, i) => {
        const v = variables[i]!;
        tf.tidy(() => v.assign(tf.tensor(theta.slice(offset, offset + size), v.shape)));
      });
      const { value, grads } = tf.variableGrads(() => o.loss(batch as Batch), [...variables]);
      const numbers = await Promise.all([value, ...variables.map((v) => grads[v.name])].map((t) => t?.data()));
      tf.dispose([value, grads]);
      at.slots.forEach(({ offset, size }, i) => {
        const g = numbers[i + 1];
        if (g) grad.set(g as Vec, offset);
        else grad.fill(0, offset, offset + size); // the loss does not depend on it
      });
      return numbers[0]![0]!;
    },
  };
  return { name: o.name ?? "tfjs", sample: () => problem };
}
