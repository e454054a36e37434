import { check } from "../core/check.ts";
import { type Layout, layoutOf, type Vec } from "../core/layout.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import type { CoupledShape } from "./coupled-shape.ts";

/** One of several optimizers: which tensors of θ it owns, and its network. */
export interface Group {
  readonly name: string;
  /** Tensors whose whole name matches this regular expression, without repeated groups: "conv\\d+/w". */
  readonly tensors?: string;
  /** Tensors of so many dimensions: 4 for convolution kernels, 2 for matrices, 1 for biases. */
  readonly rank?: number;
  readonly net: LstmShape | CoupledShape;
}

/**
 * Several optimizers at once, each for its own tensors of θ: a tensor goes to the first group that takes it; a group that asks
 * for nothing takes the rest. Source: paper §3.3 (one LSTM for convolutions, one for fully-connected layers).
 */
export interface SeveralShape {
  readonly kind: "several";
  readonly groups: readonly Group[];
}

/** A group's tensors, as a vector of their own. */
export interface Part {
  readonly group: Group;
  readonly layout: Layout;
  gather(from: Vec): Vec;
  scatter(part: Vec, to: Vec): void;
}

/** The group that takes a tensor, by its place. Throws ArgumentError where none does. */
export function groupOf(shape: SeveralShape, name: string, rank: number): number {
  const taker = shape.groups.findIndex(
    (g) =>
      (g.tensors === undefined || new RegExp(`^(?:${g.tensors})$`).test(name)) &&
      (g.rank === undefined || g.rank === rank),
  );
  check(
    taker >= 0,
    `tensor ${name}`,
    "a group that takes it",
    shape.groups.map((g) => g.name).join(", "),
    "Leave out `tensors` and `rank` of the last group, so that it takes the rest",
  );
  return taker;
}

/** What a group asks of a tensor, in words. */
const asked = ({ tensors, rank }: Group): string =>
  (rank === undefined ? "" : ` of ${rank} dimensions`) + (tensors === undefined ? "" : ` named as ${tensors}`);

/**
 * Deals the tensors out.
 *
 * @throws ArgumentError for a tensor that no group takes, or a group that takes none.
 */
export function partition(shape: SeveralShape, whole: Layout): Part[] {
  const owner = whole.slots.map((s) => groupOf(shape, s.name, s.shape.length));
  return shape.groups.map((group, g) => {
    const slots = whole.slots.filter((_, i) => owner[i] === g);
    check(
      slots.length > 0,
      `group ${group.name}`,
      `at least one tensor${asked(group)}`,
      whole.slots.map((s) => `${s.name} [${s.shape}]`).join(", "),
      "These optimizers are for problems that have one",
    );
    const own = layoutOf(slots);
    return {
      group,
      layout: own,
      gather(from) {
        const part = new Float32Array(own.size);
        slots.forEach((s, i) => {
          part.set(from.subarray(s.offset, s.offset + s.size), own.slots[i]!.offset);
        });
        return part;
      },
      scatter(part, to) {
        slots.forEach((s, i) => {
          const { offset, size } = own.slots[i]!;
          to.set(part.subarray(offset, offset + size), s.offset);
        });
      },
    };
  });
}

const SLOW = "A file is not trusted, and such an expression may take for ever on a long name";

/** Throws ArgumentError unless groups have different names and valid expressions. */
export function checkGroups({ groups }: SeveralShape): void {
  check(groups.length > 0, "groups", "at least one", 0);
  const names = groups.map((g) => g.name);
  check(new Set(names).size === names.length, "groups", "different names", names.join(", "));
  for (const { name, tensors } of groups) {
    check(/^[\w-]+$/.test(name), "group name", "letters, digits, - and _", name);
    if (tensors === undefined) continue;
    const what = `group ${name}: tensors`;
    check(tensors.length <= 500, what, "at most 500 characters", `${tensors.length}`);
    check(
      !/\)[*+{]|\\[1-9k]|\(\?[^:]/.test(tensors),
      what,
      "no repeated group, look-around or back-reference",
      tensors,
      SLOW,
    );
    check((tensors.match(/[*+{]/g) ?? []).length <= 4, what, "at most four repetitions", tensors, SLOW);
    try {
      new RegExp(tensors);
    } catch {
      check(false, `group ${name}: tensors`, "a regular expression", tensors);
    }
  }
}
