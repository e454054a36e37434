import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import type { OptimizerFile } from "../learned/file.ts";
import type { Report } from "../meta/train.ts";
import { type MetaTraining, metaPoints } from "./results.ts";
import type { ReadOptimizer } from "./start.ts";

/** JSON has no Infinity: what diverged is null. */
const loss = v.pipe(
  v.nullable(v.number()),
  v.transform((x) => x ?? Number.POSITIVE_INFINITY),
);

/** What of a record `train` wrote is read again. */
const recordSchema = v.object({
  experiment: v.string(),
  seed: v.number(),
  bestScore: loss,
  history: v.array(
    v.object({
      iteration: v.number(),
      of: v.number(),
      metaLoss: loss,
      finalLoss: loss,
      gradientNorm: loss,
      nonFinite: v.number(),
      best: loss,
      validation: v.exactOptional(loss),
    }),
  ),
});

/** What a file says of its training; it may be of any version. */
const trainingOf = ({ provenance }: OptimizerFile): Record<string, unknown> =>
  provenance.training as Record<string, unknown>;

/** The path of the record beside an optimizer file; undefined where there is none. */
export function recordBeside(path: string): string | undefined {
  const beside = path.replace(/\.safetensors$/, ".json");
  return beside !== path && existsSync(beside) ? beside : undefined;
}

/**
 * Rounds of the record that `train` wrote beside an optimizer file, NAME.json beside NAME.safetensors; undefined where there is
 * none, or one of another training.
 */
export function historyBeside(path: string, file: OptimizerFile): Report[] | undefined {
  const beside = recordBeside(path);
  if (beside === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(beside, "utf8"));
  } catch {
    return undefined;
  }
  const record = v.safeParse(recordSchema, json);
  if (!record.success) return undefined;
  const { experiment, seed, bestScore, history } = record.output;
  const { provenance } = file;
  const same = experiment === trainingOf(file).experiment && seed === provenance.seed && bestScore === provenance.score;
  return same ? history : undefined;
}

/** How an optimizer file was trained, as a report draws it, by the record beside it; undefined where there is none of its own. */
export function metaTrainingOf(path: string, file: OptimizerFile): MetaTraining | undefined {
  const history = historyBeside(path, file);
  if (!history) return undefined;
  const select = file.provenance.select === "sum" ? "sum" : "final";
  return { points: metaPoints(history), select, imitation: trainingOf(file).teacher !== undefined };
}

/** Where an optimizer comes from, by its own file, as one fact of a report. */
export function originOf({ file, sha256 }: ReadOptimizer): string {
  const { seed, version, horizon, score, select } = file.provenance;
  const { experiment, iterationsDone, iterations, metaBatch, start } = trainingOf(file);
  const first = (start as { training?: { experiment?: unknown } } | undefined)?.training?.experiment;
  const [done, batch] = [iterationsDone ?? iterations, metaBatch ?? ""];
  const measured = select === "sum" ? "mean over all steps" : "mean of the last ten steps";
  return [
    `trained on ${typeof experiment === "string" ? experiment : "an unknown experiment"}`,
    ...(typeof first === "string" ? [`starting from ${first}'s φ`] : []),
    `meta-training seed ${seed}`,
    done === undefined
      ? `trajectories of ${horizon} steps`
      : `${done} rounds of ${batch && `${batch} × `}${horizon} steps`,
    Number.isFinite(score) ? `best validation score ${Number(score.toPrecision(4))} (${measured})` : "never validated",
    `written by gradgrad ${version}`,
    `SHA-256 ${sha256.slice(0, 16)}…`,
  ].join(", ");
}
