import { ArgumentError } from "../core/check.ts";
import { didYouMean } from "../core/did-you-mean.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import { averagingDefaults, memoryDefaults } from "../learned/coupled-shape.ts";
import type { NetworkShape } from "../learned/network.ts";
import { readShape } from "../learned/read-shape.ts";

type Changes = Record<string, unknown>;

/** An object of named values, as JSON has it. */
export const isNamed = (x: unknown): x is Changes => typeof x === "object" && x !== null && !Array.isArray(x);

/** Throws the error of a key that is none of `known`: says which was meant. */
export function unknownKey(path: string, known: readonly string[]): never {
  const meant = didYouMean(path.split(".").at(-1)!, known) || `Known: ${known.join(", ")}`;
  throw new ArgumentError(`configuration: unknown key ${JSON.stringify(path)}. ${meant}`);
}

/** Changes over what is there already, key by key: a key that is not there is an error. What names its kind is given whole. */
function layOver(own: Changes, changes: Changes, path: string): Changes {
  const out = { ...own };
  for (const [key, x] of Object.entries(changes)) {
    if (!Object.hasOwn(own, key)) unknownKey(`${path}.${key}`, Object.keys(own));
    const now = own[key];
    out[key] = isNamed(now) && isNamed(x) && !("kind" in x) ? layOver(now, x, `${path}.${key}`) : x;
  }
  return out;
}

/** What every network has, of the one that is there: of several the first. */
function lstmOf(shape: NetworkShape): LstmShape {
  const { layers, hidden, preprocessing, inputScale, outputScale } = "groups" in shape ? shape.groups[0]!.net : shape;
  return { layers, hidden, preprocessing, inputScale, outputScale };
}

const wrong = (path: string, expected: string, got: unknown, fix = ""): ArgumentError =>
  new ArgumentError(`configuration ${path}: expected ${expected}, got ${JSON.stringify(got)}${fix ? `. ${fix}` : ""}`);

const GROUP = "{ name, tensors or rank, net }";

function group(lstm: LstmShape, changes: unknown, path: string): Changes {
  if (!isNamed(changes)) throw wrong(path, GROUP, changes);
  const known = ["name", "tensors", "rank", "net"];
  for (const key of Object.keys(changes)) if (!known.includes(key)) unknownKey(`${path}.${key}`, known);
  const { net = {} } = changes;
  if (!isNamed(net)) throw wrong(`${path}.net`, "a network", net);
  const whole =
    "kind" in net ? ofKind(lstm, net, `${path}.net`, ["coupled"]) : layOver({ ...lstm }, net, `${path}.net`);
  return { ...changes, net: readShape(whole) };
}

/** A network of another kind: what every network has is taken over, the rest is the kind's default where it is not given. */
function ofKind(lstm: LstmShape, changes: Changes, path: string, kinds = ["coupled", "several"]): Changes {
  const { kind } = changes;
  if (!kinds.includes(kind as string))
    throw wrong(`${path}.kind`, kinds.join(" or "), kind, didYouMean(String(kind), kinds));
  if (kind === "coupled") {
    const memory = "memory" in changes ? { memory: memoryDefaults } : {};
    return layOver({ ...lstm, kind, averaging: averagingDefaults, ...memory }, changes, path);
  }
  const { groups } = layOver({ kind, groups: undefined }, changes, path);
  if (!Array.isArray(groups)) throw wrong(`${path}.groups`, `a list of ${GROUP}`, groups);
  return { kind, groups: groups.map((g, i) => group(lstm, g, `${path}.groups.${i}`)) };
}

/**
 * An experiment's network with changes laid over it. With a `kind` it becomes one of that kind: "coupled" is LSTM+GAC, and with
 * `memory` NTM-BFGS; "several" has `groups`, each with as much of a `net` as differs.
 *
 * @throws ArgumentError for an unknown key or a value out of range.
 */
export function changeShape(own: NetworkShape, changes: Changes): NetworkShape {
  if ("kind" in changes) return readShape(ofKind(lstmOf(own), changes, "shape"));
  const added = "averaging" in own && "memory" in changes ? { memory: memoryDefaults } : {};
  return readShape(layOver({ ...added, ...own }, changes, "shape"));
}
