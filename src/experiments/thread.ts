import { remember } from "../core/memo.ts";
import type { Trajectory } from "../evaluation/run.ts";
import { type ReplayPart, runReplayPart } from "../meta/replay-parts.ts";
import { runUnroll, type UnrollResult, type UnrollTask } from "../meta/unroll.ts";
import { runValidation, type ValidationTask } from "../meta/validate.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { type ArtLoader, createFamily, type FamilySpec, type ImageLoader, type OwnLoader } from "./families.ts";
import { type RunTask, runTask } from "./run-task.ts";

/** The two families that a thread meta-trains and validates on; sent once, when it starts. */
export interface ThreadFamilies {
  readonly train: FamilySpec;
  readonly validation: FamilySpec;
}

export type ThreadTask =
  | { readonly unroll: UnrollTask }
  | { readonly part: ReplayPart }
  | { readonly validate: ValidationTask }
  | { readonly run: RunTask };

/** What a thread does with its tasks, in Node and in a browser alike. */
export interface Thread {
  /** A family, made once a thread: a classifier's loss is compiled once. */
  family(spec: FamilySpec): Promise<ProblemFamily>;
  work(task: ThreadTask): Promise<UnrollResult | Float64Array | number[] | Trajectory[][]>;
}

/** A thread; the platform gives pictures, and for tasks of meta-training the families. */
export function createThread(
  images: ImageLoader,
  art?: ArtLoader,
  families?: ThreadFamilies,
  modules?: OwnLoader,
): Thread {
  const made = new Map<string, Promise<ProblemFamily>>();
  const family = (spec: FamilySpec): Promise<ProblemFamily> =>
    remember(made, JSON.stringify(spec), () => createFamily(spec, images, art, modules));
  return {
    family,
    async work(task) {
      if ("unroll" in task) return runUnroll(await family(families!.train), task.unroll);
      if ("part" in task) return runReplayPart(task.part);
      if ("validate" in task) return runValidation(await family(families!.validation), task.validate);
      return runTask(await family(task.run.family), task.run, () => performance.now());
    },
  };
}
