import type { ProblemFamily } from "../problems/problem.ts";
import type { Runner } from "./train.ts";
import { runUnroll } from "./unroll.ts";
import { runValidation } from "./validate.ts";

/** Runs tasks one after another on this thread: the meaning that every other runner must reproduce to the byte. */
export function localRunner(train: ProblemFamily, validate: ProblemFamily = train): Runner {
  return {
    async unroll(tasks) {
      const out = [];
      for (const task of tasks) out.push(await runUnroll(train, task));
      return out;
    },
    async validate(tasks) {
      const out = [];
      for (const task of tasks) out.push(await runValidation(validate, task));
      return out;
    },
    close: async () => {},
  };
}
