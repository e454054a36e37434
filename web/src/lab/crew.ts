import type { Trajectory } from "../../../src/evaluation/run.ts";
import type { RunTask } from "../../../src/experiments/run-task.ts";
import { createThread, type Thread, type ThreadFamilies, type ThreadTask } from "../../../src/experiments/thread.ts";
import type { Runner } from "../../../src/meta/train.ts";
import type { UnrollResult } from "../../../src/meta/unroll.ts";
import { loadImages } from "./images.ts";
import { breathe, type WorkerPort } from "./port.ts";

/** Runs the tasks of meta-training and of tests, on worker threads or, with one thread, on this one. */
export interface Crew extends Runner {
  readonly threads: number;
  run(tasks: readonly RunTask[]): Promise<Trajectory[][][]>;
}

/** What a crew that was closed says of what it still had to do. */
export const CLOSED = "The settings have changed meanwhile: try it again";

/** A crew member's answer. */
type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** What a crew member is told first. */
export interface CrewStart {
  readonly role: "crew";
  readonly families: ThreadFamilies;
}

const buffersOf = (carry: { theta: Float32Array; state: Float32Array } | undefined): Transferable[] =>
  carry ? [carry.theta.buffer as ArrayBuffer, carry.state.buffer as ArrayBuffer] : [];

/** Does a crew member's tasks. θ and the optimizer's state move back with the result instead of being copied. */
export function serveCrew(port: WorkerPort, { families }: CrewStart): void {
  const thread = createThread(loadImages, undefined, families);
  port.onmessage = async ({ data }: { data: unknown }) => {
    const { id, task } = data as { id: number; task: ThreadTask };
    try {
      const result = await thread.work(task);
      port.postMessage({ id, result }, "carry" in result ? buffersOf(result.carry) : []);
    } catch (error) {
      port.postMessage({ id, error: (error as Error).message });
    }
  };
}

/** Threads are workers of this very script; they exchange messages, so that no shared memory is needed. */
function threadedWork(threads: number, families: ThreadFamilies): { work: Thread["work"]; close: () => void } {
  const idle: Worker[] = [];
  const waiting: { task: ThreadTask; resolve: (r: never) => void; reject: (e: Error) => void }[] = [];
  const running = new Map<number, (typeof waiting)[number]>();
  let count = 0;
  let failed: string | undefined;
  const next = (): void => {
    while (idle.length > 0 && waiting.length > 0) {
      const member = idle.pop()!;
      const job = waiting.shift()!;
      const id = count++;
      running.set(id, job);
      member.postMessage({ id, task: job.task }, "unroll" in job.task ? buffersOf(job.task.unroll.carry) : []);
    }
  };
  const members = Array.from({ length: threads }, () => {
    const member = new Worker(location.href, { type: "module" });
    member.onmessage = ({ data }: MessageEvent<Answer>) => {
      const job = running.get(data.id);
      running.delete(data.id);
      idle.push(member);
      if (!job) return next(); // given up, as another worker failed
      if ("error" in data) job.reject(new Error(data.error));
      else job.resolve(data.result as never);
      next();
    };
    member.onerror = ({ message }) => {
      failed = `a worker failed: ${message || "its script did not load"}`;
      const lost = [...waiting.splice(0), ...running.values()];
      running.clear();
      for (const { reject } of lost) reject(new Error(failed));
    };
    member.postMessage({ role: "crew", families } satisfies CrewStart);
    idle.push(member);
    return member;
  });
  return {
    work: (task) =>
      new Promise((resolve, reject) => {
        if (failed !== undefined) return reject(new Error(failed));
        waiting.push({ task, resolve, reject });
        next();
      }),
    close: () => {
      failed = CLOSED;
      for (const m of members) m.terminate();
      for (const { reject } of [...waiting, ...running.values()]) reject(new Error(CLOSED));
    },
  };
}

/** With one thread messages get in between tasks; with more, between answers. Any number of threads gives the same bytes. */
export function createCrew(threads: number, families: ThreadFamilies): Crew {
  const here = createThread(loadImages, undefined, families);
  let closed = false;
  const alone = {
    work: here.work,
    close: () => {
      closed = true;
    },
  };
  const { work, close } = threads > 1 ? threadedWork(threads, families) : alone;
  const all = async <R>(tasks: readonly ThreadTask[]): Promise<R[]> => {
    if (threads > 1) return Promise.all(tasks.map((t) => work(t) as Promise<R>));
    const out: R[] = [];
    for (const task of tasks) {
      if (closed) throw new Error(CLOSED);
      out.push((await work(task)) as R);
      await breathe();
    }
    return out;
  };
  return {
    threads,
    unroll: (tasks) => all<UnrollResult>(tasks.map((unroll) => ({ unroll }))),
    validate: (tasks) => all<number[]>(tasks.map((validate) => ({ validate }))),
    run: (tasks) => all<Trajectory[][]>(tasks.map((run) => ({ run }))),
    close: async () => close(),
  };
}
