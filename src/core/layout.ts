import { check, checkInteger } from "./check.ts";

/** A flat vector of 32-bit floats: θ, φ, a gradient or an update. */
export type Vec = Float32Array;

/** One named tensor inside a flat vector. `offset` and `size` count elements; row-major. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Names, shapes and offsets of the tensors that a flat vector holds, in order and without gaps. */
export interface Layout {
  readonly size: number;
  readonly slots: readonly Slot[];
}

/**
 * Lays tensors out one after another, in the order of JavaScript's objects: names that are whole numbers come first.
 *
 * @param shapes name → shape; a scalar is `[]`.
 * @throws ArgumentError if a dimension is not a whole number ≥ 1, or there is no tensor.
 * @example
 * const l = layout({ w: [2, 3], b: [3] }); // l.size === 9, l.slots[1].offset === 6
 */
export function layout(shapes: Readonly<Record<string, readonly number[]>>): Layout {
  return layoutOf(Object.entries(shapes).map(([name, shape]) => ({ name, shape })));
}

/** The same, in the order of a list. */
export function layoutOf(tensors: readonly Pick<Slot, "name" | "shape">[]): Layout {
  const slots: Slot[] = [];
  let size = 0;
  for (const { name, shape } of tensors) {
    for (const d of shape) checkInteger(`shape of ${name}`, d);
    const length = shape.reduce((a, b) => a * b, 1);
    slots.push({ name, shape, offset: size, size: length });
    size += length;
  }
  check(size > 0, "shapes", "at least one tensor", "none");
  return { size, slots };
}

/** A view (no copy) of the tensor `name` inside `vec`. Throws ArgumentError for an unknown name. */
export function view(l: Layout, vec: Vec, name: string): Vec {
  const slot = l.slots.find((s) => s.name === name);
  check(slot !== undefined, "tensor name", `one of ${l.slots.map((s) => s.name).join(", ")}`, name);
  return vec.subarray(slot.offset, slot.offset + slot.size);
}
