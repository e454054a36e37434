import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import type { Experiment } from "../../src/experiments/experiment.ts";
import { encodeOptimizer } from "../../src/learned/file.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork, type NetworkShape } from "../../src/learned/network.ts";

// The compiled code: its workers are JavaScript.
const compiled = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const { evaluateCommand }: typeof import("../../src/cli/evaluate.ts") = await import(compiled("cli/evaluate.js"));
const { experimentByName }: typeof import("../../src/experiments/registry.ts") = await import(
  compiled("experiments/registry.js")
);

const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
afterAll(() => rmSync(folder, { recursive: true }));

const demo = experimentByName("demo");
const family = { ...demo.tests[0]!.family, functions: 2 } as Experiment["train"];
const experiment: Experiment = {
  ...demo,
  name: "tiny",
  tests: [
    {
      key: "tiny",
      family,
      steps: 5,
      trajectories: 2,
      tuningTrajectories: 1,
      metrics: [{ name: "final", kind: "final", step: 5 }],
    },
  ],
};

/** An optimizer file of random weights that says where it comes from. */
function write(name: string, shape: NetworkShape, seed: number, training: object): string {
  const path = join(folder, `${name}.safetensors`);
  const about = { horizon: 5, seed, version: "0", score: 1, select: "final", largestParameter: 1, largestGradient: 1 };
  const provenance = { ...about, family: { ...family }, training: { ...training, seed } };
  writeFileSync(path, encodeOptimizer({ shape, phi: initNetwork(shape, createRng(seed)), provenance }));
  return path;
}

const call = {
  seed: 0,
  command: "gradgrad compare",
  threads: 1,
  out: join(folder, "out"),
  rows: [],
  say: () => {},
  methods: ["adam"],
};

it("only the seeds of one recipe are a group; another recipe of the same name stands apart, by its path", async () => {
  const one = { experiment: "tiny", learningRate: 0.1 };
  const files = [
    write("a0", defaultLstm, 0, one),
    write("a1", defaultLstm, 1, one),
    write("b2", defaultLstm, 2, { ...one, learningRate: 0.2 }),
    write("c3", { ...defaultLstm, hidden: 4 }, 3, one),
    write("d4", defaultLstm, 4, { experiment: "ti\u001b[31mny", learningRate: 0.1 }),
  ];
  const [result] = await evaluateCommand(experiment, files, call);
  const { headline, metrics } = result!;
  expect(headline).toMatchObject({ lstm: 0, "lstm-3": 2, "lstm-4": 3 });
  const labels = metrics[0]!.summary.rows.map((r) => r.label);
  expect(labels).toEqual([
    "LSTM (learned), seed 0",
    "LSTM (learned), seed 1",
    `LSTM, ${files[2]}, seed 2`,
    `LSTM, ${files[3]}, seed 3`,
    "LSTM, ti[31mny, seed 4", // nothing that a terminal obeys
    "Adam",
  ]);
}, 60_000);

it("what another call left is kept, and the same call again takes its own place", async () => {
  const out = join(folder, "twice");
  const left = (): string[] => readdirSync(out).sort();
  for (const command of ["gradgrad compare adam", "gradgrad compare adam"])
    await evaluateCommand(experiment, [], { ...call, out, command, methods: ["adam", "nag"] });
  expect(left()).toEqual(["tiny-compare.json"]);
  await evaluateCommand(experiment, [], { ...call, out, command: "gradgrad compare nag", methods: ["nag", "sgd"] });
  expect(left()).toEqual(["tiny-compare.json", "tiny-compare.json.old"]);
  const { command } = JSON.parse(readFileSync(join(out, "tiny-compare.json.old"), "utf8"));
  expect(command).toBe("gradgrad compare adam");
}, 60_000);

it("a network that the test's problems have no place for is refused before anything is tuned", async () => {
  const several: NetworkShape = { kind: "several", groups: [{ name: "all", net: defaultLstm }] };
  const file = write("several", several, 0, { experiment: "tiny" });
  const tell: string[] = [];
  const said = { ...call, say: (words: string) => tell.push(words), out: join(folder, "none") };
  await expect(evaluateCommand(experiment, [file], said)).rejects.toThrow(
    "functions: expected 1 with several optimizers, got 2",
  );
  expect(tell).toEqual([]);
}, 60_000);
