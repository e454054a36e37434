import * as v from "valibot";
import { ArgumentError, check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import { isObject, parseObject, safetensorsHeader } from "../core/safetensors.ts";
import { type NetworkShape, networkLayout } from "./network.ts";
import { readShape } from "./read-shape.ts";

/** Newest format that this version reads. One coordinatewise LSTM is still written as format 1, which older versions read. */
export const FORMAT = 2;
/** No optimizer file is larger: φ of the largest network allowed is far below. */
const MOST_BYTES = 64 * 2 ** 20;

const finite = v.pipe(v.number(), v.finite());

/** What a file must say of itself; JSON writes a score of Infinity (never validated) as null. */
const provenanceSchema = v.looseObject({
  family: v.union([v.record(v.string(), v.unknown()), v.string()]),
  horizon: v.pipe(finite, v.integer(), v.minValue(1)),
  seed: finite,
  version: v.string(),
  runtime: v.exactOptional(v.string()),
  commit: v.exactOptional(v.string()),
  training: v.record(v.string(), v.unknown()),
  score: v.union([
    finite,
    v.pipe(
      v.null(),
      v.transform(() => Number.POSITIVE_INFINITY),
    ),
  ]),
  select: v.string(),
  largestParameter: finite,
  largestGradient: finite,
});

function readProvenance(value: Record<string, unknown>): Provenance {
  const result = v.safeParse(provenanceSchema, value);
  if (result.success) return result.output;
  const { path, expected, received } = result.issues[0];
  const where = path?.map((p) => String(p.key)).join(".") ?? "(whole)";
  throw new ArgumentError(
    `optimizer file provenance.${where}: expected ${expected ?? "a finite whole number"}, got ${received}`,
  );
}

/** Where an optimizer file comes from. */
export interface Provenance {
  /** Problem family, as its name and options. */
  readonly family: Readonly<Record<string, unknown>> | string;
  /** Steps of the meta-training trajectories. */
  readonly horizon: number;
  readonly seed: number;
  /** Version of gradgrad that wrote it. */
  readonly version: string;
  /** What ran the training, as "Node v24.21.0", and the commit of the code, where they are known; older files have neither. */
  readonly runtime?: string;
  readonly commit?: string;
  /** Every option of the meta-training run. */
  readonly training: Readonly<Record<string, unknown>>;
  /** Meta-validation score of this φ (lower is better), and what it measures. */
  readonly score: number;
  readonly select: string;
  /** Largest |φ| of this file, and largest |∇| seen in meta-training. */
  readonly largestParameter: number;
  readonly largestGradient: number;
}

/** A learned optimizer as it is stored: network, φ and provenance. */
export interface OptimizerFile {
  readonly shape: NetworkShape;
  readonly phi: Vec;
  readonly provenance: Provenance;
}

/**
 * Encodes as safetensors: φ's tensors in float32, everything else in the metadata. About 22 KB for the paper's network.
 *
 * @throws ArgumentError for what `decodeOptimizer` would refuse: it is told now, not when the file is needed.
 */
export function encodeOptimizer(file: OptimizerFile): Uint8Array {
  const l = networkLayout(file.shape);
  check(file.phi.length === l.size, "phi", `Float32Array(${l.size})`, file.phi);
  const header: Record<string, unknown> = {
    __metadata__: {
      format: `gradgrad ${"kind" in file.shape ? FORMAT : 1}`,
      shape: JSON.stringify(file.shape),
      provenance: JSON.stringify(file.provenance),
    },
  };
  for (const { name, shape, offset, size } of l.slots)
    header[name] = { dtype: "F32", shape, data_offsets: [4 * offset, 4 * (offset + size)] };
  let text = JSON.stringify(header);
  text += " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + 4 * l.size);
  const data = new DataView(bytes.buffer);
  data.setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  for (let i = 0; i < l.size; i++) data.setFloat32(8 + json.length + 4 * i, file.phi[i]!, true);
  decodeOptimizer(bytes);
  return bytes;
}

/**
 * Reads an optimizer file, trusting no byte.
 *
 * @throws ArgumentError that says what is wrong: truncated, oversized, mistyped, not finite, or of a newer format.
 */
export function decodeOptimizer(bytes: Uint8Array): OptimizerFile {
  const what = "optimizer file";
  check(bytes.length <= MOST_BYTES, what, `at most ${MOST_BYTES} bytes`, `${bytes.length} bytes`);
  const { header, start } = safetensorsHeader(what, bytes);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const meta = header.__metadata__;
  check(isObject(meta), what, "gradgrad metadata", "none", "A safetensors file, but not written by gradgrad");
  const format = /^gradgrad (\d{1,6})$/.exec(String(meta.format));
  check(format !== null, `${what} format`, `"gradgrad ${FORMAT}"`, meta.format);
  check(
    Number(format[1]) <= FORMAT,
    `${what} format`,
    `at most ${FORMAT}`,
    Number(format[1]),
    "Written by a newer gradgrad: update this one",
  );
  const shape = readShape(parseObject(`${what} shape`, meta.shape));
  const provenance = readProvenance(parseObject(`${what} provenance`, meta.provenance));
  const l = networkLayout(shape);
  const names = Object.keys(header).filter((k) => k !== "__metadata__");
  check(names.length === l.slots.length, `${what} tensors`, l.slots.map((s) => s.name).join(", "), names.join(", "));
  check(
    bytes.length === start + 4 * l.size,
    what,
    `${start + 4 * l.size} bytes for this network`,
    `${bytes.length} bytes`,
  );
  for (const s of l.slots) {
    const t = header[s.name];
    const wanted = { dtype: "F32", shape: s.shape, data_offsets: [4 * s.offset, 4 * (s.offset + s.size)] };
    check(
      isObject(t) &&
        t.dtype === "F32" &&
        JSON.stringify(t.shape) === JSON.stringify(wanted.shape) &&
        JSON.stringify(t.data_offsets) === JSON.stringify(wanted.data_offsets),
      `tensor ${s.name}`,
      JSON.stringify(wanted),
      JSON.stringify(t),
    );
  }
  const phi = Float32Array.from({ length: l.size }, (_, i) => data.getFloat32(start + 4 * i, true));
  const bad = phi.findIndex((v) => !Number.isFinite(v));
  check(bad < 0, `phi[${bad}]`, "a finite number", phi[bad]);
  return { shape, phi, provenance };
}
