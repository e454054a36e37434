import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Trajectory } from "../evaluation/run.ts";
import type { OptimizerSpec, RunTask, TaskRunner } from "../experiments/run-task.ts";

/** A `TaskRunner` whose slow runs outlive the process. */
export interface Journal extends TaskRunner {
  /** Runs that an earlier process left. */
  readonly found: number;
  /** Runs that the file holds by now. */
  kept(): number;
  /** Removes the file, once the results are written elsewhere. */
  finish(): void;
}

/** Runs that took less are made again: on quadratics they would fill a disk. */
const SLOW_SECONDS = 0.2;

interface Line {
  readonly code: string;
  readonly key: string;
  readonly runs: readonly {
    readonly losses: readonly (number | null)[];
    readonly evaluations?: number;
    readonly seconds?: number;
  }[];
}

/** What a run depends on, but for the code: the problem and the optimizer. */
function keyOf({ optimizers: _, ...task }: RunTask, optimizer: OptimizerSpec): string {
  const text = JSON.stringify([task, optimizer], (_, v) => (v instanceof Float32Array ? Array.from(v) : v));
  return createHash("sha256").update(text).digest("hex");
}

function toLine(code: string, key: string, runs: readonly Trajectory[]): string {
  const rows = runs.map(({ losses, diverged: _, ...rest }) => ({
    ...rest,
    losses: Array.from(losses, (x) => (Number.isFinite(x) ? x : null)),
  }));
  return `${JSON.stringify({ code, key, runs: rows } satisfies Line)}\n`;
}

/** The runs of a line; nothing for one of other code, or that a crash cut off. */
function fromLine(text: string, code: string): [string, Trajectory[]][] {
  let line: Line;
  try {
    line = JSON.parse(text) as Line;
  } catch {
    return [];
  }
  if (line.code !== code) return [];
  const runs = line.runs.map(({ losses, ...rest }) => ({
    ...rest,
    losses: Float64Array.from(losses, (x) => x ?? Infinity),
    diverged: losses.includes(null),
  }));
  return [[line.key, runs]];
}

/**
 * Remembers every slow run in a file as soon as it is done, so that a test that was stopped goes on where it stood.
 *
 * @param code names the code that runs; what other code left is not taken.
 */
export function journal(runner: TaskRunner, path: string, code: string): Journal {
  const known = new Map(
    existsSync(path)
      ? readFileSync(path, "utf8")
          .split("\n")
          .filter(Boolean)
          .flatMap((text) => fromLine(text, code))
      : [],
  );
  let kept = known.size;
  if (existsSync(path)) appendFileSync(path, "\n"); // ends a line that a crash cut off
  return {
    found: known.size,
    kept: () => kept,
    async run(tasks, onDone) {
      const problems = await Promise.all(
        tasks.map(async (task) => {
          const keys = task.optimizers.map((o) => keyOf(task, o));
          const fresh = task.optimizers.filter((_, i) => !known.has(keys[i]!));
          const runs = fresh.length > 0 ? (await runner.run([{ ...task, optimizers: fresh }]))[0]! : [];
          let next = 0;
          const all = keys.map((key) => {
            const old = known.get(key);
            if (old) return old;
            const made = runs[next++]!;
            if ((made[0]?.seconds ?? 0) >= SLOW_SECONDS) {
              mkdirSync(dirname(path), { recursive: true });
              appendFileSync(path, toLine(code, key, made));
              kept++;
            }
            return made;
          });
          onDone?.();
          return all;
        }),
      );
      return problems;
    },
    close: () => runner.close(),
    finish: () => rmSync(path, { force: true }),
  };
}
