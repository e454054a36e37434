import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "gradgrad-package-"));
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** What a user writes: step an optimizer from a file's bytes, on any gradient. */
const use = `
import { bindNetwork, createRng, decodeOptimizer, defaultLstm, encodeOptimizer, initNetwork, layout, load } from "gradgrad";
const phi = initNetwork(defaultLstm, createRng(1));
const provenance = { family: "x", horizon: 1, seed: 0, version: "0", training: {}, score: 1, select: "final", largestParameter: 1, largestGradient: 1 };
const file = decodeOptimizer(encodeOptimizer({ shape: defaultLstm, phi, provenance }));
const optimizer = bindNetwork(file.shape, file.phi);
const state = optimizer.init(layout({ w: [2, 3] }));
const delta = new Float32Array(6);
optimizer.update(state, Float32Array.of(1, -2, 3, 0, 1e-9, -1e9), delta);
const carried = await load("mnist-mlp");
bindNetwork(carried.shape, carried.phi).update(optimizer.init(layout({ w: [6] })), Float32Array.of(1, 1, 1, 1, 1, 1), delta);
console.log(JSON.stringify([...delta]));
`;

beforeAll(() => {
  mkdirSync(home, { recursive: true });
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", home], { cwd: root });
  const tarball = readdirSync(home).find((n) => n.endsWith(".tgz"))!;
  writeFileSync(join(home, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
  run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--silent", `./${tarball}`);
  writeFileSync(join(home, "use.mjs"), use);
}, 240_000);

it("packed and installed elsewhere, works in Node and as a command", () => {
  const deltas = JSON.parse(run("node", "use.mjs")) as number[];
  expect(deltas).toHaveLength(6);
  expect(deltas.every(Number.isFinite)).toBe(true);
  expect(run("npx", "gradgrad", "--help")).toContain("Experiments:");
});

it("bundles for a browser without a single Node module, and gives the same bytes", async () => {
  const result = await build({
    entryPoints: [join(home, "use.mjs")],
    bundle: true,
    format: "esm",
    platform: "browser",
    outfile: join(home, "bundle.mjs"),
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.keys(result.metafile.inputs);
  expect(inputs.filter((i) => i.includes("node:") || i.includes("jax") || i.includes("dist/node"))).toEqual([]);
  expect(result.metafile.outputs[Object.keys(result.metafile.outputs)[0]!]!.bytes).toBeLessThan(440_000); // with the five trained optimizers that `load` may be asked for
  expect(run("node", "bundle.mjs")).toBe(run("node", "use.mjs"));
});

it.each(["jax", "tfjs", "figures", "problems/mlp", "problems/convnet", "problems/art"])(
  "gradgrad/%s bundles for a browser, also where it is imported for what it does alone",
  async (entry) => {
    const { outputFiles, metafile, warnings } = await build({
      stdin: { contents: `import "gradgrad/${entry}";`, resolveDir: home },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      external: ["@jax-js/*", "@tensorflow/*", "linkedom", "@observablehq/*"],
      metafile: true,
      logLevel: "silent",
    });
    expect(Object.keys(metafile.inputs).filter((i) => i.includes("node:") || i.includes("dist/node"))).toEqual([]);
    if (entry !== "tfjs") return;
    // A model that was saved with its optimizer is loaded by the class that this import registers.
    expect(warnings).toEqual([]);
    expect(outputFiles[0]!.text).toContain("GradgradLearned");
  },
);

it("has a manifest without faults", async () => {
  const pkgDir = join(home, "node_modules", "gradgrad");
  const { messages, pkg } = await publint({ pkgDir, level: "warning" });
  expect(messages.map((m) => formatMessage(m, pkg))).toEqual([]);
});
