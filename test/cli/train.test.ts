import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
const middle: Experiment = { ...demo, name: "middle", startFrom: small, options: { ...few, iterations: 2 } };
const large: Experiment = { ...demo, name: "large", startFrom: middle, options: { ...few, iterations: 2 } };

it("an experiment that starts from another trains that one first, and resumes in either", async () => {
  const [whole, parts] = [folder(), folder()];
  const call = { threads: 1, quiet: true };
  const one = await train(large, { ...call, folder: whole, resume: false });
  expect(one.file.provenance.training).toMatchObject({
    experiment: "large",
    start: {
      training: {
        experiment: "middle",
        start: { training: { experiment: "small", iterations: 4, iterationsDone: 4 } },
      },
    },
  });
  // Stopped after every round: four of the first, two of each other.
  let calls = 0;
  for (let t = await train(large, { ...call, folder: parts, resume: false, minutes: 1e-9 }); ; calls++) {
    if (t.finished) break;
    t = await train(large, { ...call, folder: parts, resume: true, minutes: 1e-9 });
  }
  expect(calls).toBe(3 + 1 + 1);
  const file = "large-seed0.safetensors";
  expect(readFileSync(join(parts, file))).toEqual(readFileSync(join(whole, file)));
}, 60_000);

it("takes what the same training left of an earlier stage, and nothing that was trained otherwise", async () => {
  const call = { threads: 1, quiet: true, folder: folder(), resume: false };
  await train(middle, call);
  const again = (): string[] => readdirSync(call.folder).filter((f) => f.endsWith(".old"));
  const { file } = await train(large, call);
  expect(again()).toEqual([]);
  // Another problem of the same name and options, such as a module whose text has changed.
  const harder = { ...middle, train: { ...middle.train, functions: 7 } as Experiment["train"] };
  await expect(train(harder, { ...call, resume: true })).rejects.toThrow("with the same options, problems and start");
  // `reproduce` and a search before the run take what fits, and keep the rest.
  await train(harder, { ...call, resume: "if it fits" });
  expect(again().map((f) => f.replace("middle-seed0.", ""))).toEqual(["checkpoint.old", "json.old", "safetensors.old"]);
  await train(middle, call);
  const other: Experiment = { ...middle, options: { ...middle.options, learningRate: 0.001 } };
  const apart = await train({ ...large, startFrom: other }, call);
  expect(again()).toContain("large-seed0.safetensors.old");
  expect(apart.file.phi).not.toEqual(file.phi);
}, 60_000);

it("a forgotten --resume loses nothing: the earlier checkpoint is kept", async () => {
  const call = { threads: 1, quiet: true, folder: folder() };
  await train(small, { ...call, resume: false, rounds: 2 });
  const path = join(call.folder, "small-seed0.checkpoint");
  const before = readFileSync(path);
  await train(small, { ...call, resume: false, rounds: 1 });
  expect(readFileSync(`${path}.old`)).toEqual(before);
}, 60_000);

it("names in the record all the code that ran, where a run went on under newer", async () => {
  const call = { threads: 1, quiet: true, folder: folder() };
  const record = (): object => JSON.parse(readFileSync(join(call.folder, "small-seed0.json"), "utf8"));
  try {
    process.env.GRADGRAD_COMMIT = "older";
    await train(small, { ...call, resume: false, rounds: 1 });
    expect(record()).toMatchObject({ commit: "older" });
    process.env.GRADGRAD_COMMIT = "newer";
    const { file } = await train(small, { ...call, resume: true });
    expect(file.provenance).toMatchObject({ commit: "newer", runtime: `Node ${process.version}` });
    process.env.GRADGRAD_COMMIT = "unknown"; // as outside of a checkout
    const elsewhere = await train(small, { ...call, folder: folder(), resume: false });
    expect(Object.keys(elsewhere.file.provenance)).not.toContain("commit");
  } finally {
    delete process.env.GRADGRAD_COMMIT;
  }
  expect(record()).toMatchObject({ commit: "newer", earlierCommits: ["older"] });
}, 60_000);

it("a run that `patience` ended is finished, says so, and is not gone on with", async () => {
  const call = { threads: 1, folder: folder() };
  const options = {
    ...few,
    iterations: 30,
    validateEvery: 1,
    learningRate: 0.5,
    clip: 0,
    warmup: 0,
    average: 0,
    patience: 2,
  };
  const e = { ...small, options };
  const write = process.stderr.write;
  const said: string[] = [];
  process.stderr.write = ((text: string) => said.push(text) > 0) as typeof write;
  const run = (c: { resume: boolean; rounds?: number; folder?: string }) => train(e, { ...call, ...c });
  const [first, again, parts] = await (async () => {
    const one = await run({ resume: false });
    const two = await run({ resume: true });
    const other = folder();
    await run({ resume: false, folder: other, rounds: 1 });
    return [one, two, await run({ resume: true, folder: other })];
  })().finally(() => {
    process.stderr.write = write;
  });
  const done = first.checkpoint.iteration;
  expect(done).toBeLessThan(30);
  expect([first.finished, again.finished, again.checkpoint.iteration]).toEqual([true, true, done]);
  expect(said.join("")).toContain(`Ended after ${done} of 30 rounds: no better validation in the last 2 (patience).`);
  const record = JSON.parse(readFileSync(join(call.folder, "small-seed0.json"), "utf8"));
  expect(record).toMatchObject({ stoppedBy: "patience", iterationsDone: done });
  expect(readFileSync(parts.path)).toEqual(readFileSync(first.path));
}, 60_000);

it("Ctrl-C in the last round of a stage does not begin the next one", async () => {
  const call = { threads: 1, folder: folder() };
  const write = process.stderr.write;
  process.stderr.write = ((text: string) => {
    if (text.includes("meta-train small 4/4")) process.emit("SIGINT");
    return true;
  }) as typeof write;
  const stopped = await train(large, { ...call, resume: false }).finally(() => {
    process.stderr.write = write;
  });
  expect(stopped).toMatchObject({ interrupted: true, finished: false });
  expect(readdirSync(call.folder).filter((f) => !f.startsWith("small"))).toEqual([]);
  expect(await train(large, { ...call, resume: true, quiet: true })).toMatchObject({ finished: true });
}, 60_000);

it("a call with other options loses no finished optimizer, however often it is given", async () => {
  const call = { threads: 1, quiet: true, folder: folder(), resume: false };
  const path = join(call.folder, "small-seed0.safetensors");
  await train(small, call);
  const finished = readFileSync(path);
  await train(small, call); // the same bytes again: nothing to keep
  expect(readdirSync(call.folder).filter((f) => f.endsWith(".old"))).toEqual([]);
  for (const learningRate of [0.02, 0.03])
    await train({ ...small, options: { ...few, learningRate } }, { ...call, rounds: 1 });
  expect(readFileSync(`${path}.old`)).toEqual(finished);
  expect(readdirSync(call.folder)).toContain("small-seed0.safetensors.old2");
}, 60_000);

it("refuses to resume what never began, and to keep an optimizer whose every validation diverged", async () => {
  const call = { threads: 1, quiet: true };
  await expect(train(large, { ...call, folder: folder(), resume: true })).rejects.toThrow("Start without --resume");
  const wild = { ...small, options: { ...few, shape: { ...few.shape, outputScale: 1e38 } } };
  await expect(train(wild, { ...call, folder: folder(), resume: false })).rejects.toThrow(
    "every meta-validation diverged",
  );
}, 60_000);

it("a resumed run that has nothing to keep does not give another run's optimizer for its own", async () => {
  const call = { threads: 1, quiet: true, folder: folder() };
  await train(small, { ...call, resume: false });
  const path = join(call.folder, "small-seed0.safetensors");
  const finished = readFileSync(path);
  const wild = { ...small, options: { ...few, learningRate: 1e38, average: 0 } };
  for (const resume of [false, true])
    await expect(train(wild, { ...call, resume })).rejects.toThrow("every meta-validation diverged");
  // A call that was killed between its last checkpoint and its file writes the file, and keeps the other's.
  const other = { ...small, options: { ...few, learningRate: 0.02 } };
  const { file } = await train(other, { ...call, resume: false });
  writeFileSync(path, finished);
  const again = await train(other, { ...call, resume: true });
  expect(again.file.phi).toEqual(file.phi);
  expect(readdirSync(call.folder).filter((f) => f.startsWith("small-seed0.safetensors.old")).length).toBe(2);
}, 60_000);

it("--rounds counts rounds from the first one, resumed or not", async () => {
  const call = { threads: 1, quiet: true, folder: folder(), rounds: 2 };
  const once = await train(small, { ...call, resume: false });
  const again = await train(small, { ...call, resume: true });
  expect([once.checkpoint.iteration, again.checkpoint.iteration]).toEqual([2, 2]);
  expect(again.file).toEqual(once.file);
}, 60_000);

it("a search is written try by try, and goes on where it was stopped", async () => {
  const { search }: typeof import("../../src/cli/search.ts") = await import(compiled("cli/search.js"));
  const [whole, parts] = [folder(), folder()];
  const call = { threads: 1, command: "gradgrad train small --search 3" };
  const e = { ...small, options: { ...few, iterations: 20 } };
  const options = await search(e, 3, { ...call, folder: whole, resume: false });
  await search(e, 1, { ...call, folder: parts, resume: false });
  expect(await search(e, 3, { ...call, folder: parts, resume: true })).toEqual(options);
  const tried = (f: string) => JSON.parse(readFileSync(join(f, "small-seed0.search.json"), "utf8")).tried;
  expect(tried(whole)).toHaveLength(3);
  expect(tried(parts)).toEqual(tried(whole));
}, 60_000);
