import * as v from "valibot";
import { ArgumentError, check } from "../core/check.ts";
import type { NetworkShape } from "../learned/network.ts";
import type { MetaTrainOptions } from "../meta/train.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));

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
    validateEvery: count,
    validationTrajectories: count,
    validationSteps: count,
    select: v.picklist(["final", "sum"]),
    simd: v.picklist(["strict", "relaxed"]),
    secondDerivatives: v.boolean(),
    shape: v.partial(
      v.strictObject({
        kind: v.literal("coupled"),
        layers: v.pipe(v.number(), v.integer(), v.minValue(0)),
        hidden: count,
        preprocessing: v.variant("kind", [
          v.strictObject({ kind: v.literal("scale") }),
          v.strictObject({ kind: v.literal("log-sign"), p: positive }),
        ]),
        inputScale: positive,
        outputScale: positive,
        averaging: v.partial(
          v.strictObject({
            cells: v.number(),
            layers: v.union([v.literal("all"), v.array(v.number())]),
            recurrent: v.boolean(),
          }),
        ),
        memory: v.partial(
          v.strictObject({
            reads: v.number(),
            writes: v.number(),
            window: v.number(),
            start: v.number(),
            headScale: v.number(),
            decay: v.number(),
            cap: v.number(),
          }),
        ),
      }),
    ),
  }),
);

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null;

/** Letters to change, add or drop between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length]!;
}

function meant(key: string, known: readonly string[]): string {
  const near = known.map((k) => ({ k, d: distance(key.toLowerCase(), k.toLowerCase()) })).sort((a, b) => a.d - b.d)[0]!;
  return near.d <= Math.max(2, key.length / 3) ? `Did you mean ${near.k}?` : `Known: ${known.join(", ")}`;
}

/**
 * Lays changes over an experiment's options. `changes` is what a configuration file or `--set key=value` gave.
 *
 * @throws ArgumentError for an unknown key (says which was meant) or a wrong type (says what was expected).
 * @example
 * const options = configure(experimentByName("demo").options, { iterations: 100, shape: { hidden: 10 } });
 */
export function configure(options: MetaTrainOptions, given: unknown): MetaTrainOptions {
  // A record of a run gives the whole shape: the experiment's own is no change.
  const same = isObject(given) && JSON.stringify(given.shape) === JSON.stringify(options.shape);
  const changes = same ? { ...given, shape: undefined } : given;
  const result = v.safeParse(schema, changes);
  if (!result.success) {
    const issue = result.issues[0];
    const path = issue.path?.map((p) => String(p.key)) ?? [];
    if (issue.type === "strict_object" && issue.expected === "never") {
      const inside = path.length > 1 ? schema.entries.shape.wrapped.entries : schema.entries;
      throw new ArgumentError(
        `configuration: unknown key ${JSON.stringify(path.join("."))}. ${meant(path.at(-1)!, Object.keys(inside))}`,
      );
    }
    throw new ArgumentError(
      `configuration ${path.join(".") || "(whole)"}: expected ${issue.expected ?? "another value"}, got ${issue.received}`,
    );
  }
  const { shape, ...rest } = result.output;
  return { ...options, ...(rest as Partial<MetaTrainOptions>), shape: changed(options.shape, shape as ShapeChanges) };
}

type ShapeChanges = Record<string, unknown> | undefined;

/** Averaging and memory are changed key by key, and only where the network has them. */
function changed(shape: NetworkShape, changes: ShapeChanges): NetworkShape {
  if (!changes) return shape;
  check(
    !("kind" in shape && shape.kind === "several"),
    "configuration shape",
    "no changes to several optimizers at once",
    Object.keys(changes).join(", "),
  );
  check(
    changes.kind === undefined || "kind" in shape,
    "configuration shape.kind",
    "the network's own: none",
    changes.kind,
    "Choose an experiment with that network",
  );
  const out: Record<string, unknown> = { ...shape, ...changes };
  for (const key of ["averaging", "memory"] as const) {
    if (changes[key] === undefined) continue;
    const own = (shape as unknown as Record<string, unknown>)[key];
    check(own !== undefined, `configuration shape.${key}`, "a network that has it", "one that has not");
    out[key] = { ...own, ...(changes[key] as object) };
  }
  return out as unknown as NetworkShape;
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

/** Lays objects over each other, nested ones key by key. */
export function merge(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const plain = (x: unknown): x is Record<string, unknown> =>
    typeof x === "object" && x !== null && !Array.isArray(x) && !("kind" in x);
  const out = { ...a };
  for (const [k, x] of Object.entries(b)) out[k] = plain(out[k]) && plain(x) ? merge(out[k], x) : x;
  return out;
}
