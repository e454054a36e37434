import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { Runner } from "../meta/train.ts";
import type { UnrollResult } from "../meta/unroll.ts";
import type { WorkerData } from "./worker.ts";

/**
 * Runs tasks on worker threads. Tasks are pure and results keep the order of the tasks, so that any number of threads
 * gives the bytes of `localRunner`.
 *
 * @param threads default: as many as the machine has.
 * @param worker address of the compiled worker module.
 */
export function poolRunner(
  families: WorkerData,
  threads: number = availableParallelism(),
  worker: string = new URL("./worker.js", import.meta.url).href,
): Runner {
  const pool = new Piscina({
    filename: worker,
    workerData: families,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    unroll: (tasks) => Promise.all(tasks.map((unroll) => pool.run({ unroll }) as Promise<UnrollResult>)),
    validate: (tasks) => Promise.all(tasks.map((validate) => pool.run({ validate }) as Promise<number[]>)),
    close: () => pool.destroy(),
  };
}
