import * as tf from "@tensorflow/tfjs-core";
import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { networkByTensor, type OwnNetwork } from "../learned/by-tensor.ts";
import { decodeOptimizer, encodeOptimizer, type OptimizerFile } from "../learned/file.ts";
import { type PhiTensors, phiTensors } from "./operations.ts";
import { type VariableState, variableState } from "./variable-state.ts";

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** As TensorFlow.js has it, but does not export. */
type NamedTensor = Awaited<ReturnType<tf.Optimizer["getWeights"]>>[number];

/**
 * A trained optimizer as a `tf.Optimizer`: θ ← θ + scale · m(preprocess(∇_t), state; φ), the state of every variable carried from
 * step to step. On the cpu and wasm backends a step runs in gradgrad's kernels; on webgl and webgpu as tensor operations, so that
 * nothing is downloaded. It has no learning rate. Variables may come and go; a variable's state goes with it.
 *
 * `getWeights` gives the step count and each variable's state [rows, n], `setWeights` takes them back; its configuration holds
 * the whole optimizer file, so that a model saved with `includeOptimizer` needs nothing else.
 *
 * @throws ArgumentError for a network whose coordinates share information (LSTM+GAC, NTM-BFGS).
 */
export class LearnedOptimizer extends tf.Optimizer {
  static get className(): string {
    return "GradgradLearned";
  }

  private readonly file: OptimizerFile;
  private readonly networkOf: (name: string, rank: number) => OwnNetwork;
  private readonly states = new Map<string, VariableState>();
  /** φ on the backend, by network. */
  private readonly uploaded = new Map<Vec, PhiTensors>();
  /** States that `setWeights` gave, waiting for their variables, in order. */
  private waiting: { readonly name: string; readonly rows: Vec; readonly shape: readonly number[] }[] = [];

  /** `file`: what `load` or `decodeOptimizer` gives. */
  constructor(file: OptimizerFile) {
    super();
    this.file = file;
    this.networkOf = networkByTensor(file);
  }

  /** One step: θ ← θ + update, for each variable that has a gradient, found by its name. */
  override applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const { registeredVariables } = tf.engine();
    for (const [name, state] of this.states)
      if (registeredVariables[name] !== state.variable) {
        state.close();
        this.states.delete(name);
      }
    const stepped = new Set(named.map(({ name }) => name));
    for (const { name, tensor } of named) {
      if (tensor == null) continue; // as in TensorFlow.js's own: a variable that the loss does not depend on
      const variable = registeredVariables[name];
      check(variable !== undefined, "gradient", "the name of a variable", name);
      this.stateOf(name, variable, stepped).step(tensor);
    }
    this.incrementIterations();
  }

  private stateOf(name: string, variable: tf.Variable, stepped: ReadonlySet<string>): VariableState {
    const found = this.states.get(name);
    if (found) return found;
    const own = this.networkOf(name, variable.rank);
    const upload = (): PhiTensors => {
      const tensors = this.uploaded.get(own.phi) ?? phiTensors(own);
      this.uploaded.set(own.phi, tensors);
      return tensors;
    };
    const made = variableState(own, variable, upload, this.takeWaiting(name, variable, own, stepped));
    this.states.set(name, made);
    return made;
  }

  /**
   * A saved state by its variable's name, else the next in order that is not another's of this step: a model that is loaded may
   * name its variables anew.
   */
  private takeWaiting(
    name: string,
    variable: tf.Variable,
    { net }: OwnNetwork,
    stepped: ReadonlySet<string>,
  ): Vec | undefined {
    const byName = this.waiting.findIndex((w) => w.name === `${name}/state`);
    const at = byName >= 0 ? byName : this.waiting.findIndex((w) => !stepped.has(w.name.replace(/\/state$/, "")));
    if (at < 0) return undefined;
    const [taken] = this.waiting.splice(at, 1);
    const length = net.layers * 2 * net.hidden * variable.size;
    check(taken!.rows.length === length, `saved state of ${name}`, `${length} numbers`, taken!.rows);
    return taken!.rows;
  }

  /** The step count, then each variable's state [rows, n]; of a variable that has not moved since `setWeights`, as it was given. */
  override async getWeights(): Promise<NamedTensor[]> {
    const states = [...this.states].map(([name, s]) => ({ name: `${name}/state`, tensor: s.save() as tf.Tensor }));
    const waiting = this.waiting.map(({ name, rows, shape }) => ({ name, tensor: tf.tensor(rows, [...shape]) }));
    return [await this.saveIterations(), ...states, ...waiting];
  }

  /** Takes back what `getWeights` gave; a state waits for its variable. */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const states = await this.extractIterations(weights);
    this.forget();
    this.waiting = await Promise.all(
      states.map(async ({ name, tensor }) => ({
        name,
        rows: (await tensor.data()).slice() as Vec,
        shape: tensor.shape,
      })),
    );
  }

  /** The whole optimizer file, in base64. */
  override getConfig(): { file: string } {
    return { file: toBase64(encodeOptimizer(this.file)) };
  }

  /** An optimizer of what `getConfig` gave. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(decodeOptimizer(fromBase64(config.file as string)));
  }

  private forget(): void {
    for (const s of this.states.values()) s.close();
    this.states.clear();
    this.waiting = [];
  }

  /** Frees the states and the uploaded φ. */
  override dispose(): void {
    this.forget();
    for (const tensors of this.uploaded.values()) tensors.dispose();
    this.uploaded.clear();
    if (this.iterations_ != null) super.dispose();
  }
}

tf.serialization.registerClass(LearnedOptimizer);
