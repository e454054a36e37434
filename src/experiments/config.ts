import * as v from "valibot";
import { ArgumentError } from "../core/check.ts";
import type { Teacher } from "../meta/imitate.ts";
import type { MetaTrainOptions } from "../meta/train.ts";
import { changeShape, isNamed, unknownKey } from "./change-shape.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));

const TEACHER = "teacher.name=adam teacher.learningRate=0.01";

/** Every option of a meta-training run that a call may change; defaults are the experiment's. */
const schema = v.partial(
  v.strictObject({
    steps: count,
    unroll: count,
    weights: v.union([v.picklist(["all", "last"]), v.array(v.pipe(v.number(), v.minValue(0)))]),
    iterations: count,
    metaBatch: count,
    learningRate: positive,
    warmup: v.pipe(v.number(), v.integer(), v.minValue(0)),
    schedule: v.picklist(["constant", "cosine"]),
    clip: v.pipe(v.number(), v.minValue(0)),
    average: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
    fraction: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    sampling: v.picklist(["stratified", "importance"]),
    discount: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
    validateEvery: count,
    validationTrajectories: count,
    validationSteps: count,
    select: v.picklist(["final", "sum"]),
    patience: count,
    simd: v.picklist(["strict", "relaxed"]),
    validateStart: v.boolean(),
    chrono: v.pipe(v.number(), v.integer(), v.minValue(3)),
    secondDerivatives: v.boolean(),
    teacher: v.partial(
      v.strictObject({ name: v.string(), learningRate: positive, steps: count, fade: positive, fadeShare: positive }),
    ),
    shape: v.record(v.string(), v.unknown()),
  }),
);

/**
 * Lays changes over an experiment's options. `changes` is what a configuration file or `--set key=value` gave.
 *
 * @throws ArgumentError for an unknown key (says which was meant) or a wrong type (says what was expected).
 * @example
 * const options = configure(experimentByName("demo").options, { iterations: 100, shape: { hidden: 10 } });
 * const averaging = configure(options, { shape: { kind: "coupled", averaging: { cells: 3 } } }); // LSTM+GAC
 */
export function configure(options: MetaTrainOptions, changes: unknown): MetaTrainOptions {
  const result = v.safeParse(schema, changes);
  if (!result.success) {
    const issue = result.issues[0];
    const path = issue.path?.map((p) => String(p.key)).join(".") ?? "";
    if (issue.type === "strict_object" && issue.expected === "never") unknownKey(path, Object.keys(schema.entries));
    throw new ArgumentError(
      `configuration ${path || "(whole)"}: expected ${issue.type === "integer" ? "a whole number" : (issue.expected ?? "another value")}, got ${issue.received}`,
    );
  }
  const { shape = {}, teacher: changed, ...rest } = result.output;
  const teacher = changed && { ...options.teacher, ...changed };
  if (teacher)
    for (const key of ["name", "learningRate"] as const)
      if (teacher[key] === undefined)
        throw new ArgumentError(`configuration teacher.${key}: expected it beside the others, as in --set ${TEACHER}`);
  return {
    ...options,
    ...(rest as Partial<MetaTrainOptions>),
    ...(teacher ? { teacher: teacher as Teacher } : {}),
    shape: changeShape(options.shape, shape),
  };
}

/** `shape.hidden=10` → { shape: { hidden: 10 } }: values are JSON, or else text. */
export function parseSetting(text: string): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw new ArgumentError(`--set: expected key=value, got ${JSON.stringify(text)}`);
  const raw = text.slice(at + 1);
  let value: unknown = raw;
  try {
    value = JSON.parse(raw);
  } catch {
    // not JSON: a word
  }
  return text
    .slice(0, at)
    .split(".")
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

/** Things of two kinds are not mixed: the later one counts. */
const alike = (a: Record<string, unknown>, b: Record<string, unknown>): boolean =>
  a.kind === undefined || b.kind === undefined || a.kind === b.kind;

/** Lays objects over each other, nested ones key by key. */
export function merge(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const out = { ...a };
  for (const [k, x] of Object.entries(b)) {
    const now = out[k];
    out[k] = isNamed(now) && isNamed(x) && alike(now, x) ? merge(now, x) : x;
  }
  return out;
}
