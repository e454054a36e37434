import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { historyBeside, metaTrainingOf, originOf } from "../../src/cli/training-record.ts";
import { load } from "../../src/shipped/load.ts";

const folder = mkdtempSync(join(tmpdir(), "gradgrad-record-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = await load("quadratic");
const { seed, score, training } = file.provenance;
const round = { of: 20, metaLoss: 3, finalLoss: 2, gradientNorm: 1, nonFinite: 0, best: 2 };
const history = [
  { ...round, iteration: 10, validation: 2 },
  { ...round, iteration: 20, metaLoss: null, validation: null },
];
const record = { experiment: (training as { experiment: string }).experiment, seed, bestScore: score, history };
const path = join(folder, "mine.safetensors");
const write = (text: string): void => writeFileSync(join(folder, "mine.json"), text);

it("reads the record beside an optimizer file, what diverged included", () => {
  write(JSON.stringify({ ...record, command: "gradgrad train" }));
  expect(historyBeside(path, file)).toEqual([history[0], { ...history[1], metaLoss: Infinity, validation: Infinity }]);
  const meta = metaTrainingOf(path, file)!;
  expect(meta.points).toEqual([
    { at: 10, training: 3, validation: 2 },
    { at: 20, validation: Infinity },
  ]);
  expect(meta.imitation).toBe(false);
});

it("shows nothing of a record that is missing, broken, or of another training", () => {
  expect(historyBeside(join(folder, "none.safetensors"), file)).toBeUndefined();
  expect(historyBeside("quadratic", file)).toBeUndefined();
  const others = [
    { ...record, seed: seed + 1 },
    { ...record, experiment: "another" },
    { ...record, bestScore: 2 * score },
    { ...record, history: [{ iteration: "1" }] },
    { spec: {}, metrics: [] },
  ];
  for (const text of ["{", "[]", "null", ...others.map((o) => JSON.stringify(o))]) {
    write(text);
    expect(historyBeside(path, file), text).toBeUndefined();
  }
});

it("says where an optimizer comes from, by its own file", () => {
  const origin = originOf({ file, sha256: "0123456789abcdef0123" });
  const done = (training as { iterationsDone: number }).iterationsDone;
  for (const words of [record.experiment, `meta-training seed ${seed}`, `${done} rounds of`, "0123456789abcdef…"])
    expect(origin).toContain(words);
  expect(origin).toContain(`best validation score ${Number(score.toPrecision(4))}`);
  const bare = { ...file, provenance: { ...file.provenance, training: {}, score: Infinity } };
  expect(originOf({ file: bare, sha256: "" })).toMatch(/an unknown experiment.*trajectories of \d+ steps, never valid/);
});
