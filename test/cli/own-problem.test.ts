import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

// Runs the compiled command, as its user does: `npm test` builds first.
const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradgrad-own-"));
const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: folder });

/** Twenty lines of a user's, in TypeScript that has to be compiled; its folder has no node_modules. */
const problem = (wrong = "") => `
import { problemFamily } from "gradgrad";
enum At { rate = 1 }
export const title: string = "Decay";
export const options = { steps: 16, iterations: 6, validateEvery: 3, metaBatch: 2, validationTrajectories: 3 };
export const trial = { trajectories: 4, tuningTrajectories: 2 };
export default problemFamily({
  parameters: { theta: [2] },
  draw: (rng) => Float64Array.from({ length: 20 }, (_, t) => (1 + rng.uniform()) * Math.exp(-t / 10)),
  lossAndGrad(theta, grad, y) {
    grad.fill(0);
    return y.reduce((loss, v, t) => {
      const e = Math.exp(-theta[At.rate]! * t);
      const r = theta[0]! * e - v;
      grad[0]! += 2 * r * e ${wrong};
      grad[1]! -= 2 * r * theta[0]! * t * e;
      return loss + r * r;
    }, 0);
  },
});
`;

describe("a problem of one's own, as a module", () => {
  beforeAll(() => {
    writeFileSync(join(folder, "decay.ts"), problem());
    expect(run("train", "./decay.ts", "--threads", "2", "--out", "runs").status).toBe(0);
  });

  it("is trained on to the same bytes by any number of threads, named in the file, and tested", () => {
    expect(run("train", "./decay.ts", "--threads", "1", "--out", "again").status).toBe(0);
    const [a, b] = ["runs", "again"].map((f) => readFileSync(join(folder, f, "decay-seed0.safetensors")));
    expect(a!.equals(b!)).toBe(true);
    const { provenance } = JSON.parse(run("inspect", "runs/decay-seed0.safetensors", "--json").stdout);
    expect(provenance.family).toMatchObject({ kind: "module", path: "./decay.ts", part: "train" });
    const tested = run("evaluate", "runs/decay-seed0.safetensors", "--problem", "./decay.ts", "--out", "runs");
    expect(tested.stdout).toContain("LSTM (learned)");
    expect(tested.status).toBe(0);
  });

  it("is checked: 0, and 1 with what is wrong and what to do", () => {
    const good = run("check", "./decay.ts", "--json");
    expect(JSON.parse(good.stdout).suggestion.preprocessing).toBe("log-sign");
    expect(good.status).toBe(0);
    writeFileSync(join(folder, "wrong.ts"), problem("+ 5"));
    const { status, stdout } = run("check", "wrong.ts");
    expect(stdout).toMatch(/✗ gradient of theta .*differs from the loss by \d+%\n.*→ lossAndGrad must write ∇f/);
    expect(status).toBe(1);
    writeFileSync(join(folder, "impure.ts"), problem().replace("rng.uniform()", "Math.random()"));
    expect(run("check", "impure.ts").stdout).toContain("no Math.random");
  });

  it("has its optimizer looked at by the doctor, and a dead one found", () => {
    const { stdout, status } = run("doctor", "runs/decay-seed0.safetensors");
    expect(stdout).toMatch(/✓ training and use +the same losses to the bit/);
    expect(stdout).toMatch(/trajectories lost/);
    expect(status).toBe(stdout.includes("✗") ? 1 : 0);
    mkdirSync(join(folder, "elsewhere"));
    const from = { encoding: "utf8" as const, cwd: join(folder, "elsewhere") };
    const call = [main, "doctor", "../runs/decay-seed0.safetensors", "--json"];
    const lost = spawnSync(process.execPath, call, from);
    expect(lost.stderr).toMatch(/got "\.\/decay\.ts"\. Nothing is there, seen from .*elsewhere/);
    expect(lost.stderr).toContain("Where it lies now, --problem says");
    expect(lost.status).toBe(2);
    expect(
      JSON.parse(spawnSync(process.execPath, [...call, "--problem", "../decay.ts"], from).stdout).findings,
    ).not.toEqual([]);
    const still = ["--set", "shape.outputScale=1e-9", "--out", "dead"];
    expect(run("train", "./decay.ts", ...still).status).toBe(0);
    const dead = run("doctor", "dead/decay-seed0.safetensors", "--json");
    const bad = JSON.parse(dead.stdout).findings.filter((f: { verdict: string }) => f.verdict === "bad");
    expect(bad.map((f: { about: string }) => f.about)).toContain("loss over the horizon");
    expect(dead.status).toBe(1);
  });

  it.each([
    ["none.ts", "", "default export of none.ts: expected a problem family: problemFamily({ … }), or { name, sample }"],
    ["typo.ts", `${problem()}\nexport const name = "decay";`, "name of typo.ts: expected default, validation, test"],
    ["option.ts", problem().replace("iterations", "iteration"), "Did you mean iterations?"],
    ["broken.ts", "export default {", "broken.ts: expected a module that loads, got"],
    [
      "thrown.ts",
      problem().replace("1 + rng", "1 + rgn"),
      "thrown.ts: expected sample(rng) to return a problem, got rgn is not defined",
    ],
    ["nowhere.ts", undefined, "problem: expected a module: a .ts, .js or .mjs file"],
  ])("%s is a wrong call: 2", (name, text, message) => {
    if (text !== undefined) writeFileSync(join(folder, name), text);
    const { status, stderr } = run("train", name);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it("that diverges is no crash: one line says what to do", () => {
    writeFileSync(join(folder, "nan.ts"), problem().replace("return loss + r * r;", "return NaN;"));
    const { status, stderr } = run("train", "./nan.ts");
    expect(stderr).toMatch(/gradgrad: nan: every meta-validation diverged.*gradgrad check.*\n$/);
    expect(status).toBe(1);
  });

  it("is named, with the line, where its own code throws in the middle of a run", () => {
    writeFileSync(
      join(folder, "boom.ts"),
      problem().replace("grad.fill(0);", 'if (theta[0]! > 0) throw new Error("inside");'),
    );
    const { status, stderr } = run("train", "./boom.ts");
    expect(stderr).toMatch(/gradgrad: \.\/boom\.ts: Error: inside\n.*boom\.ts:\d+/);
    expect(status).toBe(1);
  });

  it("must stay as it was while its training goes on, and what it imports too", () => {
    const helped = problem().replace(/import .*/, 'import { problemFamily } from "./lib/again.js";');
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib", "again.ts"), 'export { problemFamily } from "gradgrad";');
    writeFileSync(join(folder, "helped.ts"), helped);
    const call = ["train", "./helped.ts", "--out", "stopped"];
    const first = run(...call, "--rounds", "3");
    expect(first.stderr).not.toContain("Cannot find");
    expect(first.status).toBe(0);
    writeFileSync(join(folder, "lib", "again.ts"), 'export { problemFamily } from "gradgrad"; // changed');
    const other = run(...call, "--resume");
    expect(other.stderr).toContain("checkpoint: expected a run of helped with the same options, problems and start");
    expect(other.status).toBe(2);
    writeFileSync(join(folder, "lib", "again.ts"), 'export { problemFamily } from "gradgrad";');
    expect(run(...call, "--resume").status).toBe(0);
  });

  it("is no longer what a file was trained on once its text has changed", () => {
    writeFileSync(join(folder, "decay.ts"), problem().replace("/ 10", "/ 9"));
    const { status, stderr } = run("doctor", "runs/decay-seed0.safetensors");
    expect(stderr).toContain("./decay.ts: expected the module as it was when the run began");
    expect(status).toBe(2);
    // A file from elsewhere may name any module: its text is looked at before it runs.
    writeFileSync(join(folder, "decay.ts"), 'console.log("it ran"); export default 1;');
    const { stdout, stderr: why } = run("doctor", "runs/decay-seed0.safetensors");
    expect(stdout + why).not.toContain("it ran");
  });
});
