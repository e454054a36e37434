import { workerData } from "node:worker_threads";
import { createFamily, type FamilySpec } from "../experiments/families.ts";
import { runUnroll, type UnrollTask } from "../meta/unroll.ts";
import { runValidation, type ValidationTask } from "../meta/validate.ts";
import { loadImages } from "./images.ts";

/** The two families a worker serves; sent once, when the thread starts. */
export interface WorkerData {
  readonly train: FamilySpec;
  readonly validation: FamilySpec;
}

const specs = (Array.isArray(workerData) ? workerData[1] : workerData) as WorkerData;
const train = createFamily(specs.train, loadImages);
const validation = createFamily(specs.validation, loadImages);

export type WorkerTask = { readonly unroll: UnrollTask } | { readonly validate: ValidationTask };

export default async function work(task: WorkerTask): Promise<unknown> {
  return "unroll" in task ? runUnroll(await train, task.unroll) : runValidation(await validation, task.validate);
}
