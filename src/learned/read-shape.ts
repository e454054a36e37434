import * as v from "valibot";
import { ArgumentError } from "../core/check.ts";
import { checkNetwork, type NetworkShape } from "./network.ts";

const preprocessing = v.variant("kind", [
  v.strictObject({ kind: v.literal("scale") }),
  v.strictObject({ kind: v.literal("log-sign"), p: v.number() }),
]);

const lstm = {
  layers: v.number(),
  hidden: v.number(),
  preprocessing,
  inputScale: v.number(),
  outputScale: v.number(),
};

const averaging = {
  cells: v.number(),
  layers: v.union([v.literal("all"), v.array(v.number())]),
  recurrent: v.boolean(),
};

const memory = {
  reads: v.number(),
  writes: v.number(),
  window: v.number(),
  start: v.number(),
  headScale: v.number(),
  decay: v.number(),
  cap: v.number(),
};

const plain = v.strictObject(lstm);
const coupled = v.strictObject({
  kind: v.literal("coupled"),
  ...lstm,
  averaging: v.strictObject(averaging),
  memory: v.exactOptional(v.strictObject(memory)),
});
const group = v.strictObject({
  name: v.string(),
  tensors: v.exactOptional(v.string()),
  rank: v.exactOptional(v.number()),
  net: v.union([plain, coupled]),
});
const several = v.strictObject({ kind: v.literal("several"), groups: v.array(group) });

/**
 * Reads a network's shape from JSON, trusting nothing.
 *
 * @throws ArgumentError that names the first field that is wrong.
 */
export function readShape(value: unknown): NetworkShape {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const schema = kind === undefined ? plain : kind === "coupled" ? coupled : several;
  const result = v.safeParse(schema, value);
  if (!result.success) {
    const issue = result.issues[0];
    const path = issue.path?.map((p) => String(p.key)).join(".") ?? "(whole)";
    throw new ArgumentError(`shape ${path}: expected ${issue.expected ?? "another value"}, got ${issue.received}`);
  }
  checkNetwork(result.output);
  return result.output;
}
