import { workerData } from "node:worker_threads";
import { move, transferableSymbol, valueSymbol } from "piscina";
import { ArgumentError } from "../core/check.ts";
import { createThread, type ThreadFamilies, type ThreadTask } from "../experiments/thread.ts";
import { partBuffers } from "../meta/replay-parts.ts";
import { loadArt } from "./art.ts";
import { loadImages } from "./images.ts";
import { loadOwnFamily } from "./module.ts";

const data = (Array.isArray(workerData) ? workerData[1] : workerData) as ThreadFamilies | undefined;
const thread = createThread(loadImages, loadArt, data, loadOwnFamily);

/** What a thread answers for a wrong argument: an error's class does not survive the way to another thread. */
export interface Refused {
  readonly argumentError: string;
}

export default async function work(task: ThreadTask): Promise<unknown> {
  try {
    const result = await thread.work(task);
    // Megabytes are moved instead of copied.
    if (result instanceof Float64Array) return move({ [transferableSymbol]: [result.buffer], [valueSymbol]: result });
    if (!("carry" in result)) return result;
    const { theta, state } = result.carry;
    const buffers = [theta.buffer, state.buffer, ...(result.parts ?? []).flatMap(partBuffers)];
    return move({ [transferableSymbol]: buffers, [valueSymbol]: result });
  } catch (error) {
    if (error instanceof ArgumentError) return { argumentError: error.message } satisfies Refused;
    throw error;
  }
}
