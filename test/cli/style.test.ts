import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { crop } from "../../src/data/picture.ts";
import { makePainting, makeScenes } from "../../src/data/scenes.ts";
import { encodeOptimizer } from "../../src/learned/file.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { initNetwork } from "../../src/learned/network.ts";
import { readPicture, writePicture } from "../../src/node/art.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradgrad-style-"));
const at = (name: string): string => join(folder, name);
const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [main, "style", at("content.png"), at("style.png"), ...args], { encoding: "utf8" });
const small = ["--features", "random", "--size", "32", "--steps", "6", "--out", at("out.png"), "--json"];

it("Ctrl-C keeps the best picture until then", async () => {
  await writePicture(at("content.png"), crop(makeScenes(1, 1)[0]!, { x: 0, y: 0, size: 192 }, 64), 64);
  await writePicture(at("style.png"), crop(makePainting(1), { x: 0, y: 0, size: 192 }, 64), 64);
  const out = ["--features", "random", "--size", "32", "--steps", "100000", "--out", at("stopped.png"), "--json"];
  const call = [main, "style", at("content.png"), at("style.png"), "--optimizer", "adam", ...out];
  const child = spawn(process.execPath, call);
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (d) => {
      said[name] += d;
      if (said.stderr.includes("lowest") && !child.killed) child.kill("SIGINT");
    });
  const stuck = setTimeout(() => child.kill("SIGKILL"), 30_000);
  expect(await new Promise((done) => child.on("exit", done))).toBe(130);
  clearTimeout(stuck);
  expect(said.stdout).toBe(""); // no result
  expect(said.stderr).toContain(`Stopped: the best picture until now is ${at("stopped.png")}`);
  expect((await readPicture(at("stopped.png"))).width).toBe(32);
}, 60_000);

it("style makes a picture by any optimizer: hand-designed, of curvature, or from a file", async () => {
  await writePicture(at("content.png"), crop(makeScenes(1, 1)[0]!, { x: 0, y: 0, size: 192 }, 64), 64);
  await writePicture(at("style.png"), crop(makePainting(1), { x: 0, y: 0, size: 192 }, 64), 64);
  const file = {
    shape: defaultLstm,
    phi: initNetwork(defaultLstm, createRng(1)),
    provenance: {
      ...{ family: {}, horizon: 1, seed: 0, version: "0", training: {}, score: 1, select: "final" },
      ...{ largestParameter: 1, largestGradient: 1 },
    },
  };
  writeFileSync(at("phi.safetensors"), encodeOptimizer(file));
  for (const optimizer of ["adam", "lbfgs", at("phi.safetensors")]) {
    const { status, stdout, stderr } = run("--optimizer", optimizer, ...small);
    expect(stderr).not.toContain("expected");
    expect(status).toBe(0);
    const { first, loss, steps } = JSON.parse(stdout);
    expect(steps).toBe(6);
    if (optimizer === "adam" || optimizer === "lbfgs") expect(loss).toBeLessThan(0.95 * first);
    const made = await readPicture(at("out.png"));
    expect([made.width, made.height]).toEqual([32, 32]);
  }
});

it("L-BFGS falls at once on a large picture, whose pixels have gradients below its thresholds", async () => {
  const { stdout } = run(...small, "--size", "256", "--steps", "4", "--optimizer", "lbfgs");
  const { first, loss } = JSON.parse(stdout);
  expect(loss).toBeLessThan(0.8 * first);
});

it.each([
  [["--optimizer", "adamm"], "--optimizer: expected a file that exists, or one of quadratic, "],
  [["--optimizer", "nag"], "--learning-rate: expected a rate for nag"],
  [["--optimizer", "adam", "--learning-rate", "-8"], "a number above zero is expected"],
  [["--learning-rate", "8"], "--learning-rate: expected none, got 8. lbfgs takes none"],
  [["--style-weight", "x"], "a number of at least zero is expected"],
  [["--out", "x.jpg"], "--out: expected a path that ends in .png"],
  [["--features", "vgg16"], '--features: expected vgg19 or random, got "vgg16"'],
  [["--features", "random", "--size", "30"], "side: expected a size that leaves whole images"],
  [["--features", "random", "--style-layers", "block1"], "layers: expected random1"],
])("%j is a wrong call: 2", (args, message) => {
  const { status, stderr } = run("--out", at("none.png"), ...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
  expect(existsSync(at("none.png"))).toBe(false);
});
