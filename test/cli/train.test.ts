import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import type { Experiment } from "../../src/experiments/experiment.ts";

// The compiled code: its workers are JavaScript.
const compiled = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const { train }: typeof import("../../src/cli/train.ts") = await import(compiled("cli/train.js"));
const { experimentByName }: typeof import("../../src/experiments/registry.ts") = await import(
  compiled("experiments/registry.js")
);

const folders: string[] = [];
const folder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), "gradgrad-")));
  return folders.at(-1)!;
};
afterAll(() => {
  for (const f of folders) rmSync(f, { recursive: true });
});

const demo = experimentByName("demo");
const few = { ...demo.options, iterations: 4, validateEvery: 2, validationTrajectories: 1 };
const small: Experiment = { ...demo, name: "small", options: few };
const large: Experiment = { ...demo, name: "large", startFrom: small, options: { ...few, iterations: 2 } };

it("an experiment that starts from another trains that one first, and resumes in either", async () => {
  const [whole, parts] = [folder(), folder()];
  const call = { threads: 1, quiet: true };
  const one = await train(large, { ...call, folder: whole, resume: false });
  expect(one.file.provenance.training).toMatchObject({
    experiment: "large",
    start: { training: { experiment: "small", iterations: 4, iterationsDone: 4 } },
  });
  const first = await train(small, { ...call, folder: parts, resume: false, minutes: 1e-9 });
  expect(first.finished).toBe(false);
  const stopped = await train(large, { ...call, folder: parts, resume: true, minutes: 1e-9 });
  expect(stopped.finished).toBe(false);
  const two = await train(large, { ...call, folder: parts, resume: true });
  expect(two.finished).toBe(true);
  const file = "large-seed0.safetensors";
  expect(readFileSync(join(parts, file))).toEqual(readFileSync(join(whole, file)));
}, 60_000);
