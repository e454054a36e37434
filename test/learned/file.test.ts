import fc from "fast-check";
import { expect, it } from "vitest";
import { ArgumentError } from "../../src/core/check.ts";
import { createRng } from "../../src/core/rng.ts";
import { decodeOptimizer, encodeOptimizer, type OptimizerFile } from "../../src/learned/file.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork } from "../../src/learned/network.ts";

const file: OptimizerFile = {
  shape: defaultLstm,
  phi: initNetwork(defaultLstm, createRng(1)),
  provenance: {
    family: { kind: "quadratic" },
    horizon: 100,
    seed: 1,
    version: "0.1.0",
    training: {},
    score: 0.04,
    select: "final",
    largestParameter: 1,
    largestGradient: 2,
  },
};
const bytes = encodeOptimizer(file);
const edited = (from: string, to: string): Uint8Array => {
  const text = Buffer.from(bytes).toString("latin1");
  expect(text).toContain(from);
  return Uint8Array.from(Buffer.from(text.replace(from, to), "latin1"));
};

it("returns what was stored, in about 21 KB", () => {
  expect(decodeOptimizer(bytes)).toEqual(file);
  expect(bytes.length).toBeLessThan(23_000);
});

it("refuses a newer format, a wrong type, a number that is not finite, and what is too long, each by name", () => {
  expect(() => decodeOptimizer(edited("gradgrad 1", "gradgrad 3"))).toThrow(/newer gradgrad: update/);
  expect(() => decodeOptimizer(edited('"F32"', '"F16"'))).toThrow(/tensor lstm_1\/w_gates: expected .*F32.*F16/);
  expect(() => decodeOptimizer(Uint8Array.from([...bytes, 0]))).toThrow(/expected \d+ bytes for this network/);
  const nan = bytes.slice();
  nan.set([0, 0, 192, 127], nan.length - 4);
  expect(() => decodeOptimizer(nan)).toThrow(/phi\[5140\]: expected a finite number, got NaN/);
});

it("refuses a provenance that lacks what its readers count on, by name", () => {
  const without = (name: string): Uint8Array =>
    encodeOptimizer({ ...file, provenance: { ...file.provenance, [name]: undefined } });
  for (const name of Object.keys(file.provenance))
    expect(() => decodeOptimizer(without(name))).toThrow(`optimizer file provenance.${name}: expected`);
  const wrong = { ...file, provenance: { ...file.provenance, horizon: "x" as unknown as number } };
  expect(() => decodeOptimizer(encodeOptimizer(wrong))).toThrow(/provenance.horizon: expected number, got "x"/);
  const never = { ...file, provenance: { ...file.provenance, score: Number.POSITIVE_INFINITY } };
  expect(decodeOptimizer(encodeOptimizer(never))).toEqual(never);
});

it("writes nothing that it would not read", () => {
  const of = (changes: object): (() => unknown) => {
    const provenance = { ...file.provenance, ...changes };
    return () => encodeOptimizer({ ...file, provenance });
  };
  expect(of({ largestGradient: Number.POSITIVE_INFINITY })).toThrow(/provenance.largestGradient: expected number/);
  expect(of({ training: "mine" })).toThrow(/provenance.training: expected Object, got "mine"/);
  const phi = file.phi.map((v, i) => (i === 7 ? Number.NaN : v));
  expect(() => encodeOptimizer({ ...file, phi })).toThrow(/phi\[7\]: expected a finite number, got NaN/);
  const shape = { ...defaultLstm, colour: "red" };
  expect(() => encodeOptimizer({ ...file, shape })).toThrow(/shape colour/);
});

it("names what ran the training and its commit, where they are known; files without them are read as ever", () => {
  const known = { ...file, provenance: { ...file.provenance, runtime: "Node v24.21.0", commit: "0123abc-dirty" } };
  expect(decodeOptimizer(encodeOptimizer(known))).toEqual(known);
  expect(Object.keys(decodeOptimizer(bytes).provenance)).not.toContain("commit");
  for (const name of ["runtime", "commit"]) {
    const wrong = { ...file, provenance: { ...file.provenance, [name]: 5 } };
    expect(() => decodeOptimizer(encodeOptimizer(wrong))).toThrow(`provenance.${name}: expected string, got 5`);
  }
});

it("refuses every truncation with an ArgumentError", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (n) => {
      expect(() => decodeOptimizer(bytes.subarray(0, n))).toThrow(ArgumentError);
    }),
  );
});

it("never fails but with an ArgumentError, whatever bytes are changed", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (edits) => {
      const copy = bytes.slice();
      for (const [at, value] of edits) copy[at % 2 ? at : at % 900] = value;
      try {
        decodeOptimizer(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(ArgumentError);
      }
    }),
    { numRuns: 1000 },
  );
});
