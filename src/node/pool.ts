import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { ArgumentError } from "../core/check.ts";
import type { Trajectory } from "../evaluation/run.ts";
import type { TaskRunner } from "../experiments/run-task.ts";
import type { ThreadFamilies, ThreadTask } from "../experiments/thread.ts";
import { partBuffers, type ReplayPart } from "../meta/replay-parts.ts";
import type { Carry } from "../meta/rollout.ts";
import type { Runner } from "../meta/train.ts";
import { gathered, type UnrollResult, type UnrollTask } from "../meta/unroll.ts";
import type { Refused } from "./worker.ts";

function createPool(threads: number, worker: string, families?: ThreadFamilies): Piscina<ThreadTask, unknown> {
  return new Piscina({
    filename: worker,
    ...(families ? { workerData: families } : {}),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
}

/** A thread's answer; what it refused as a wrong argument is thrown here as one. */
async function answer<R>(result: Promise<unknown>): Promise<R> {
  const value = await result;
  if (typeof value === "object" && value !== null && "argumentError" in value)
    throw new ArgumentError((value as Refused).argumentError);
  return value as R;
}

const carried = (carry: Carry | undefined): ArrayBuffer[] =>
  carry ? [carry.theta.buffer as ArrayBuffer, carry.state.buffer as ArrayBuffer] : [];

const compiledWorker = (): string => new URL("./worker.js", import.meta.url).href;

/**
 * Meta-trains on worker threads. Tasks are pure and results keep the order of the tasks, so that any number of threads
 * gives the bytes of `localRunner`.
 *
 * @param threads default: as many as the machine has.
 * @param worker address of the compiled worker module.
 */
export function poolRunner(
  families: ThreadFamilies,
  threads: number = availableParallelism(),
  worker: string = compiledWorker(),
): Runner {
  const pool = createPool(threads, worker, families);
  const runPart = (part: ReplayPart): Promise<Float64Array> =>
    answer(pool.run({ part }, { transferList: partBuffers(part) }));
  const unrollOf = async (unroll: UnrollTask): Promise<UnrollResult> => {
    // θ and the optimizer's state move from thread to thread and back instead of being copied: nobody reads them between.
    const result = await answer<UnrollResult>(pool.run({ unroll }, { transferList: carried(unroll.carry) }));
    return result.parts ? gathered(result, await Promise.all(result.parts.map(runPart))) : result;
  };
  return {
    // With more threads than trajectories, each one's replay is dealt out too.
    unroll: (tasks) => {
      const parts = Math.floor(threads / tasks.length);
      return Promise.all(tasks.map((task) => unrollOf(parts > 1 ? { ...task, parts } : task)));
    },
    validate: (tasks) => Promise.all(tasks.map((validate) => answer<number[]>(pool.run({ validate })))),
    close: () => pool.destroy(),
  };
}

/** Runs the tasks of tests on worker threads; see `poolRunner`. */
export function poolTaskRunner(
  threads: number = availableParallelism(),
  worker: string = compiledWorker(),
): TaskRunner {
  const pool = createPool(threads, worker);
  return {
    run: (tasks, onDone) =>
      Promise.all(
        tasks.map(async (run) => {
          const runs = await answer<Trajectory[][]>(pool.run({ run }));
          onDone?.();
          return runs;
        }),
      ),
    close: () => pool.destroy(),
  };
}
