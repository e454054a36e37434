import { resolve } from "node:path";
import { expect, it } from "vitest";
import { recordedCall, recordedPath } from "../../src/cli/provenance.ts";

it("a record names files from the working folder, and none of this machine's folders", () => {
  expect(recordedPath("a/b.safetensors")).toBe("a/b.safetensors");
  expect(recordedPath(resolve("a/b.safetensors"))).toBe("a/b.safetensors");
  expect(recordedPath("/elsewhere/b.safetensors")).toBe("b.safetensors");
  expect(recordedPath("../b.safetensors")).toBe("b.safetensors");
  const args = [
    "evaluate",
    "/elsewhere/b.safetensors",
    "--problem",
    "mnist",
    "--out",
    "/elsewhere",
    "--rows",
    "json",
    "--seed",
    "3",
  ];
  expect(recordedCall(args)).toBe("gradgrad evaluate b.safetensors --problem mnist --seed 3");
});
