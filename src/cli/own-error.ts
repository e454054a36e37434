import { ArgumentError } from "../core/check.ts";
import type { Experiment } from "../experiments/experiment.ts";

/** A run that failed by its numbers, in words that say enough: not a fault of any code. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** What work on a module of one's own throws, with the module's path and where it was thrown: that says more than its words. */
export async function ofModule<T>({ train }: Experiment, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (train.kind !== "module" || error instanceof ArgumentError || error instanceof RunError) throw error;
    throw new Error(`${train.path}: ${(error as Error).stack ?? error}`);
  }
}
