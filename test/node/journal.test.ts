import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { OptimizerSpec, RunTask, TaskRunner } from "../../src/experiments/run-task.ts";
import { journal } from "../../src/node/journal.ts";
import { quadraticDefaults } from "../../src/problems/quadratic.ts";

const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "test.jsonl");
const adam: OptimizerSpec = { kind: "method", name: "adam", learningRate: 0.1 };
const sgd: OptimizerSpec = { kind: "method", name: "sgd", learningRate: 0.1 };
const task = (k: number, ...optimizers: OptimizerSpec[]): RunTask => ({
  family: { kind: "quadratic", ...quadraticDefaults, functions: 1 },
  stream: "s",
  k,
  steps: 2,
  optimizers,
});

/** Gives losses that name the run, and keeps what it was asked for. */
function counting(seconds = 1): TaskRunner & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async run(tasks) {
      return tasks.map(({ k, optimizers }) =>
        optimizers.map((o) => {
          const name = o.kind === "method" ? o.name : o.kind;
          asked.push(`${name} ${k}`);
          const losses = Float64Array.of(1 / 3, k, name === "sgd" ? Infinity : 2 ** -1074);
          return [{ losses, diverged: name === "sgd", seconds }];
        }),
      );
    },
    close: async () => {},
  };
}

it("takes the runs that an earlier process left, to the bit, and makes only the others", async () => {
  const first = counting();
  const whole = await journal(first, path, "a").run([task(0, adam, sgd), task(1, adam)]);
  expect(first.asked).toEqual(["adam 0", "sgd 0", "adam 1"]);
  appendFileSync(path, readFileSync(path, "utf8").slice(0, 40)); // a crash in the middle of a line

  const second = counting();
  const again = journal(second, path, "a");
  expect(again.found).toBe(3);
  let done = 0;
  const runs = await again.run([task(0, adam, sgd), task(1, sgd, adam)], () => done++);
  expect(done).toBe(2);
  expect(second.asked).toEqual(["sgd 1"]);
  expect(runs[0]).toEqual(whole[0]);
  expect(runs[1]![1]).toEqual(whole[1]![0]);

  const third = counting();
  await journal(third, path, "a").run([task(1, sgd, adam)]);
  expect(third.asked).toEqual([]);
  again.finish();
  expect(existsSync(path)).toBe(false);
});

it("takes nothing of other code, and keeps nothing that was quick", async () => {
  await journal(counting(), path, "a").run([task(0, adam)]);
  const other = counting(0.01);
  await journal(other, path, "b").run([task(0, adam), task(1, adam)]);
  expect(other.asked).toEqual(["adam 0", "adam 1"]);
  expect(journal(counting(), path, "b").found).toBe(0);
  expect(journal(counting(), path, "a").found).toBe(1);
});
