import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// Runs the compiled command, as its user does: `npm test` builds first.
const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = (): string => mkdtempSync(join(tmpdir(), "gradgrad-cli-"));
const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
const small = ["--set", "iterations=6", "validateEvery=3", "steps=40", "validationSteps=40"];

describe("exit codes and messages", () => {
  it.each([
    [["train", "nothing"], "experiment: expected one of demo, quadratic-uniform, "],
    [["train", "demo", "--set", "unrol=5"], "Did you mean unroll?"],
    [["train", "demo", "--set", "unroll=7"], "unroll: expected a divisor of steps = 100, got 7"],
    [["train", "demo", "--resume", "--out", "/nonexistent"], "Start without --resume"],
    [["train"], "missing required argument 'experiment'"],
    [["evaluate", main, "--problem", "demo"], "main.js: optimizer file: expected a safetensors file"],
    [["compare", "adamm", "--problem", "demo"], "optimizer: expected a file that exists, or one of quadratic,"],
    [["inspect", "nowhere.safetensors"], "optimizer: expected a file that exists, or one of quadratic,"],
    [["inspect", "mnist-mpl"], "Did you mean mnist-mlp?"],
    [["evaluate", "nowhere.safetensors", "--problem", "demo"], "optimizer: expected a file that exists"],
    [["evaluate", "quadratic", "--problem", "demo", "--out", main], "--out: expected a folder to write to, got"],
    [["train", "demo", "--out", join(main, "inside-a-file")], "--out: expected a folder to write to, got"],
    [["train", "demo", "--set", "seed=5"], 'unknown key "seed"'],
    [["train", "demo", "--threads", "0"], "a whole number above zero"],
    [["train", "demo", "--seed", ""], "a whole number is expected"],
    [["train", "demo", "--set", "secondDerivatives=true", "simd=turbo"], "configuration simd: expected"],
    [["train", "mnist-transfer"], "experiment: expected mnist, whose optimizer it tests"],
    [["compare", "adam", "nag", "--problem", "demo", "--rows", "xml"], "Allowed choices are csv, json"],
    [["frobnicate"], "unknown command 'frobnicate'"],
  ])("%j is a wrong call: 2", (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it("help teaches: 0", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    for (const word of ["train", "evaluate", "compare", "data", "inspect", "demo", "Exit codes"])
      expect(stdout).toContain(word);
  });

  it("what the package carries is taken by name", () => {
    const { status, stdout } = run("inspect", "mnist-mlp", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ shape: { layers: 2, hidden: 20 } });
  });
});

it("train writes an optimizer that inspect reads, evaluate tests, and the same call repeats to the byte", () => {
  const [a, b] = [folder(), folder()];
  for (const [out, threads] of [
    [a, "1"],
    [b, "2"],
  ])
    expect(run("train", "demo", ...small, "--out", out!, "--threads", threads!).status).toBe(0);
  const path = join(a, "demo-seed0.safetensors");
  expect(readFileSync(path).length).toBeLessThan(24_000);
  expect(readFileSync(join(b, "demo-seed0.safetensors"))).toEqual(readFileSync(path));

  const seen = JSON.parse(run("inspect", path, "--json").stdout);
  expect(seen).toMatchObject({ parameters: 5061, provenance: { seed: 0, training: { experiment: "demo" } } });

  const { status, stdout } = run(
    "compare",
    "nag",
    "lbfgs",
    path,
    join(b, "demo-seed0.safetensors"),
    "--problem",
    "demo",
    "--trajectories",
    "1",
    "--out",
    a,
    "--report",
    a,
    "--csv",
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/LSTM \(learned\) (wins|loses|is not distinguishable)/);
  const json = JSON.parse(readFileSync(join(a, "demo-compare.json"), "utf8"));
  expect(json.metrics[0].values.lstm).toHaveLength(100);
  const lbfgs = json.metrics[0].summary.rows.find((r: { name: string }) => r.name === "lbfgs");
  expect(json.metrics[0].values["lstm-2"]).toEqual(json.metrics[0].values.lstm); // the same file twice: both rows stand
  expect(lbfgs.evaluationsPerStep).toBeGreaterThan(1);
  const report = readFileSync(join(a, "report.html"), "utf8");
  for (const words of ["What this is about", "How the optimizer was trained", "meta-training seed 0, 6 rounds of"])
    expect(report).toContain(words);
  expect(existsSync(join(a, "meta-training.png"))).toBe(true);
  expect(readFileSync(join(a, "demo.csv"), "utf8").split("\n")[0]).toBe("optimizer,trajectory,step,loss");
  expect(existsSync(join(a, "demo-compare.csv"))).toBe(false);

  // The learning rates of an earlier test of the same: the same runs; of another: tuned again.
  writeFileSync(join(b, "demo.json"), readFileSync(join(a, "demo-compare.json")));
  const again = (...more: string[]): ReturnType<typeof run> =>
    run("compare", "nag", path, "--problem", "demo", "--trajectories", "1", "--out", b, "--tuned-by", b, ...more);
  expect(again().stderr).toContain("demo.json: no rate that it tried is run again");
  const second = JSON.parse(readFileSync(join(b, "demo-compare.json"), "utf8"));
  expect(second.tunedBy).toMatchObject({ commit: json.commit, date: json.date });
  expect(second.metrics[0].tuned).toEqual([json.metrics[0].tuned.find((t: { name: string }) => t.name === "nag")]);
  expect(second.metrics[0].values.nag).toEqual(json.metrics[0].values.nag);
  expect(again("--seed", "1").stderr).toContain("demo.json: not the same test, so rates are tuned");
  const [only] = JSON.parse(again("--json", "--csv", "--rows", "json").stdout);
  const read = (name: string): string => readFileSync(join(b, name), "utf8");
  const rows = JSON.parse(read("demo-compare-rows.json"));
  const [, first] = read("demo-compare.csv").split("\n");
  expect(first).toBe(Object.values(rows[0]).join());
  expect(rows).toHaveLength(2 * 100 * 101); // optimizers × functions × steps
  expect(JSON.parse(read("demo-compare.json")).command).not.toMatch(/csv|rows/);
  expect(only).toMatchObject({ key: "demo", verdict: { outcome: expect.any(String) }, summary: { reference: "lstm" } });
  expect(again("--tuned-by", join(b, "nowhere")).stderr).toContain("--tuned-by: expected a folder of results");
  const unfit = run("evaluate", "cifar-convnet", "--problem", "demo", "--out", b);
  expect(unfit.stderr).toContain("group conv: expected at least one tensor of 4 dimensions");
  expect(unfit.stderr).not.toContain("tune for"); // before an hour of tuning
  expect(unfit.status).toBe(2);
}, 120_000);

const until = (child: ChildProcess, text: string): Promise<void> =>
  new Promise((done, fail) => {
    child.stderr!.on("data", (d) => String(d).includes(text) && done());
    child.on("exit", () => fail(new Error("ended early")));
  });

it.each(["SIGINT", "SIGTERM"] as const)(
  "%s saves, and --resume goes on to the bytes of a run that was never stopped",
  async (signal) => {
    const [stopped, whole] = [folder(), folder()];
    const args = ["train", "demo", "--set", "iterations=40", "validateEvery=20", "validationTrajectories=1"];
    const child = spawn(process.execPath, [main, ...args, "--out", stopped], { stdio: ["ignore", "ignore", "pipe"] });
    await until(child, "meta-train demo 1/40");
    child.kill(signal);
    const said: string[] = [];
    child.stderr!.on("data", (d) => said.push(String(d)));
    expect(await new Promise((done) => child.removeAllListeners("exit").on("exit", done))).toBe(130);
    expect(said.join("")).toContain("--resume goes on");
    expect(existsSync(join(stopped, "demo-seed0.checkpoint"))).toBe(true);
    expect(run(...args, "--out", stopped, "--resume").status).toBe(0);
    expect(run(...args, "--out", whole).status).toBe(0);
    const file = "demo-seed0.safetensors";
    expect(readFileSync(join(stopped, file))).toEqual(readFileSync(join(whole, file)));
    writeFileSync(join(stopped, "demo-seed0.checkpoint"), "garbage");
    const broken = run(...args, "--out", stopped, "--resume");
    expect(broken.stderr).toContain("checkpoint: expected a gradgrad checkpoint");
    expect(broken.status).toBe(2);
  },
  120_000,
);

it("evaluate says on Ctrl-C what it keeps", async () => {
  const out = folder();
  const args = [main, "evaluate", "digits-mlp", "--problem", "digits", "--out", out];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr!.on("data", (d) => {
    said += d;
  });
  await until(child, "tune for digits 1/");
  child.kill("SIGINT");
  expect(await new Promise((done) => child.removeAllListeners("exit").on("exit", done))).toBe(130);
  const dirty = readFileSync(join(main, "../../commit.txt"), "utf8").includes("-dirty");
  // What code without a commit left, no later call takes.
  if (dirty) expect(said).toMatch(/Stopped\.\n/);
  else expect(said).toMatch(/Stopped\. [1-9]\d* runs are kept in .*digits\.jsonl: the same call goes on from them/);
}, 60_000);

it("train --from starts from a file's weights, refuses another network, and the new file says so", () => {
  const [a, b] = [folder(), folder()];
  run("train", "demo", ...small, "--out", a);
  const path = join(a, "demo-seed0.safetensors");
  expect(run("train", "demo", ...small, "--seed", "1", "--from", path, "--out", b).status).toBe(0);
  const { stdout } = run("inspect", join(b, "demo-seed1.safetensors"), "--json");
  expect(JSON.parse(stdout).provenance.training.start).toMatchObject({ file: "demo-seed0.safetensors" });
  const other = run("train", "demo", "--set", "shape.hidden=5", "--from", path, "--out", b);
  expect(other.stderr).toContain("--from: expected the experiment's network");
  expect(other.status).toBe(2);
}, 60_000);

it("--revectorize gives the same bytes where Node has it, and says so where not", () => {
  const [plain, wide] = [folder(), folder()];
  const { status, stderr } = run("train", "demo", ...small, "--out", wide, "--revectorize");
  if (Number(process.versions.node.split(".")[0]) < 24) {
    expect(stderr).toContain("--revectorize: expected Node 24 or newer");
    expect(status).toBe(2);
    return;
  }
  run("train", "demo", ...small, "--out", plain);
  const file = "demo-seed0.safetensors";
  expect(readFileSync(join(wide, file))).toEqual(readFileSync(join(plain, file)));
}, 60_000);

it("--rounds stops a run where it is told, and what a thread refuses is a wrong call here too", () => {
  const out = folder();
  const { status, stdout } = run("train", "demo", "--rounds", "3", "--out", out, "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ finished: false, score: null });
  const record = JSON.parse(readFileSync(join(out, "demo-seed0.json"), "utf8"));
  expect(record.command).toBe("gradgrad train demo --rounds 3");
  const relaxed = run("train", "demo", "--set", "simd=relaxed", "iterations=1", "--out", folder());
  if (Number(process.versions.node.split(".")[0]) >= 24) return expect(relaxed.status).toBe(0);
  expect(relaxed.stderr).toContain("simd: expected an instruction set that this engine has");
  expect(relaxed.status).toBe(2);
}, 60_000);
