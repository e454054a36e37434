import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { layout } from "../../src/core/layout.ts";
import { createRng } from "../../src/core/rng.ts";
import { encodeOptimizer } from "../../src/learned/file.ts";
import { bindNetwork } from "../../src/learned/network.ts";
import { load } from "../../src/shipped/load.ts";
import { itInChromium, startChromium } from "../chromium.ts";
import { serve } from "../web/serve.ts";
import type { Stepped, Steps } from "./page.ts";

// Chromium's own graphics in software: what a machine without a graphics card offers of them.
const graphics = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--enable-unsafe-webgpu"];
const webgpu = ["--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

const folder = mkdtempSync(join(tmpdir(), "gradgrad-tfjs-"));
const it = itInChromium("of TensorFlow.js in a page");
let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let page: Page;

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
    outfile: join(folder, "page.js"),
    bundle: true,
    format: "esm",
    platform: "browser",
    logLevel: "error",
  });
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  server = await serve(folder, "/");
  browser = await startChromium(...graphics, ...webgpu);
  page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.fit");
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Calls a function of the page's. */
const call = <T>(name: string, ...args: unknown[]): Promise<T> =>
  page.evaluate(`${name}(${args.map((a) => JSON.stringify(a)).join(", ")})`);

it.each(["cpu", "webgl", "webgpu"])(
  "in Chromium on %s: the library's steps, and no download from a graphics card",
  async (backend) => {
    const file = await load("mnist-mlp");
    const shapes = [[3, 5], [5], [2, 2, 1, 3]];
    const l = layout(Object.fromEntries(shapes.map((s, i) => [`v${i}`, s])));
    const rng = createRng(3);
    const sizes = Float64Array.from({ length: l.size }, () => Math.exp(-12 * rng.uniform()));
    const grads = Array.from({ length: 16 }, () => Float32Array.from(sizes, (s) => s * rng.normal()));
    const gradients = grads.map((g) => l.slots.map((s) => Array.from(g.slice(s.offset, s.offset + s.size))));

    const stepped = await call<Stepped | undefined>("steps", backend, Array.from(encodeOptimizer(file)), {
      shapes,
      gradients,
    } satisfies Steps);
    if (!stepped) {
      expect(backend).toBe("webgpu"); // the only one that a Chromium may lack
      console.warn("skipped: this Chromium offers no WebGPU");
      return;
    }
    const ours = bindNetwork(file.shape, file.phi);
    const state = ours.init(l);
    const [delta, theta] = [new Float32Array(l.size), new Float64Array(l.size)];
    for (const g of grads) {
      ours.update(state, g, delta);
      for (let i = 0; i < l.size; i++) theta[i]! += delta[i]!;
    }
    state.close();
    for (let i = 0; i < l.size; i++) expect(Math.abs(stepped.theta[i]! - theta[i]!)).toBeLessThan(1e-5);
    if (backend !== "cpu") expect(stepped.downloads).toBe(0);
    expect(stepped.leaked).toBe(0);

    const { losses, gained } = await call<{ losses: number[]; gained: number }>("fit", backend);
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    expect(gained).toBe(0);
  },
);
