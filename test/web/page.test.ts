import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type ExportedOptimizer, parity } from "../../src/export/parity.ts";
import { decodeOptimizer, encodeOptimizer } from "../../src/learned/file.ts";
import { localRunner } from "../../src/meta/runner.ts";
import { initialCheckpoint, metaTrain } from "../../src/meta/train.ts";
import { quadratics } from "../../src/problems/quadratic.ts";
import { experimentOf } from "../../web/src/lab/experiments.ts";
import { fromHash, toHash } from "../../web/src/settings.ts";
import { dist, startBrowser } from "./browser.ts";
import { serve } from "./serve.ts";

const folder = mkdtempSync(join(tmpdir(), "gradgrad-web-"));
/** Small enough to finish in seconds; two trajectories a round, so that two threads have work. */
const small = { ...fromHash(""), hidden: 8, rounds: 12, seed: 3 };

let browser: Browser;
let server: { url: string; close: () => void };
let page: Page;
/** What the page asked for over the network, and what it complained about. */
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
  server = await serve(dist, "/any/folder/");
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1200, height: 900 }, acceptDownloads: true });
  requests = [];
  complaints = [];
  page.on("request", (r) => requests.push(r.url()));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
});
afterEach(async () => {
  await page.context().close();
  // A violation of the Content-Security-Policy is a console error too.
  expect(complaints).toEqual([]);
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const progress = () => page.getByTestId("progress");
async function open(hash: string): Promise<void> {
  await page.goto(`${server.url}#${hash}`);
  await page.locator("button.main:enabled, progress[value='12']").first().waitFor();
}
async function roundNow(): Promise<number> {
  return Number(/Round (\d+)/.exec((await progress().textContent())!)![1]);
}
async function downloaded(name: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), button(name).click()]);
  return readFileSync(await file.path());
}

/** φ as Node trains it, on one thread. */
async function trainedInNode(): Promise<Uint8Array> {
  const { options, train, validation } = experimentOf(small);
  if (train.kind !== "quadratic" || validation.kind !== "quadratic") throw new Error("quadratics");
  const checkpoint = initialCheckpoint(options);
  const runner = localRunner(quadratics(train), quadratics(validation));
  for await (const _ of metaTrain(options, runner, checkpoint));
  return new Uint8Array(checkpoint.bestPhi.buffer);
}

it.each([1, 2])("trains in a worker, on %i threads, to the bytes of Node", async (threads) => {
  await open(toHash(small, threads));
  await button("Start").click();
  await page.getByText("· finished").waitFor();
  expect(await page.getByRole("status").textContent()).toBe("Finished 12 rounds");
  expect(await page.getByText(`${threads === 1 ? "One thread" : "2 threads"} of this machine's`).count()).toBe(1);
  const { phi, provenance } = decodeOptimizer(new Uint8Array(await downloaded("Download file")));
  expect(provenance.training).toMatchObject({ experiment: "page-quadratic-uniform", iterationsDone: 12 });
  expect(Buffer.from(phi.buffer).equals(await trainedInNode())).toBe(true);
});

it("pauses at the end of a round, steps, goes on after a reload, and resets", async () => {
  const rounds = 5000;
  await open(toHash({ ...small, rounds }));
  await button("Start").click();
  await button("Pause").click();
  await button("Go on").waitFor();
  const paused = await roundNow();
  expect(paused).toBeGreaterThan(0);
  await button("Step").click();
  await page.getByText(`Round ${paused + 1} of`).waitFor();
  await page.reload();
  await button("Go on").waitFor();
  expect(await roundNow()).toBe(paused + 1);
  expect(await page.locator("input[name=hidden]").inputValue()).toBe("8");
  await button("Reset").click();
  await page.getByText(`Round 0 of ${rounds}`).waitFor();
  await button("Start").waitFor();
});

it("keeps the settings in its address, and takes the sensible ones of a link", async () => {
  await open("problem=quadratic-gaussian&hidden=999&seed=x&network=none&rounds=50");
  expect(await page.locator("select[name=problem]").inputValue()).toBe("quadratic-gaussian");
  expect(await page.locator("input[name=hidden]").inputValue()).toBe("40");
  expect(await page.locator("input[name=seed]").inputValue()).toBe("0");
  await page.locator("input[name=seed]").fill("7");
  await page.locator("input[name=seed]").blur();
  await page.waitForFunction(() => location.hash.includes("seed=7"));
  expect(fromHash(new URL(page.url()).hash)).toMatchObject({ problem: "quadratic-gaussian", seed: 7, rounds: 50 });
});

it("exports a module that takes the library's steps", async () => {
  await open(toHash(small));
  await button("Step").click();
  await page.getByText("Round 1 of").waitFor();
  const file = decodeOptimizer(new Uint8Array(await downloaded("Download file")));
  const path = join(folder, "exported.mjs");
  writeFileSync(path, await downloaded("Export module"));
  const { init } = (await import(pathToFileURL(path).href)) as { init: (n: unknown) => ExportedOptimizer };
  expect(await parity(file, init)).toBeLessThan(1e-6);
});

/** Drops a file on the page, as a person's mouse does. */
async function drop(name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], name));
      return data;
    },
    { name, bytes: [...bytes] },
  );
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer: transfer });
}

it("reads a dropped file and races it; a corrupted one is refused and nothing is lost", async () => {
  const phi = initialCheckpoint(experimentOf(small).options).phi;
  const provenance = {
    family: { kind: "x<b>" },
    horizon: 100,
    seed: 5,
    version: "0.0.1",
    training: { experiment: "mine" },
  };
  const bytes = encodeOptimizer({
    shape: experimentOf(small).options.shape,
    phi,
    provenance: { ...provenance, score: 0.25, select: "final", largestParameter: 1, largestGradient: 2 },
  });
  await open(toHash(small));
  await drop("mine.safetensors", bytes);
  await page.getByRole("heading", { name: "mine" }).waitFor();
  const facts = page.locator("dl");
  for (const fact of ["LSTM, 2 × 8", "mine", '{"kind":"x<b>"}', "gradgrad 0.0.1", "0.2500 (final)"])
    expect(await facts.getByText(fact, { exact: true }).count(), fact).toBe(1);

  await drop("broken.safetensors", bytes.slice(0, -5));
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/^optimizer file: expected \d+ bytes for this network, got "\d+ bytes"/);
  expect(await page.getByRole("heading", { name: "mine" }).count()).toBe(1);

  // The other way in, which needs no mouse.
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({
      name: "again.safetensors",
      mimeType: "application/octet-stream",
      buffer: Buffer.from(bytes),
    });
  await page.getByRole("heading", { name: "again" }).waitFor();
  expect(await alert.count()).toBe(0);
  await button("Race").click();
  await page.getByRole("heading", { name: "On quadratics, gaussian" }).waitFor();
});

it("works by keyboard alone, names every control, and asks the network for nothing after it has loaded", async () => {
  await open(toHash(small));
  await page.locator(".panel canvas").first().waitFor(); // measured: the baselines are tuned
  const loaded = requests.length;
  expect(requests.every((r) => r.startsWith(server.url))).toBe(true);
  await page.locator("select[name=problem]").focus();
  const passed: string[] = [];
  for (let i = 0; i < 12 && passed.at(-1) !== "Start"; i++) {
    await page.keyboard.press("Tab");
    passed.push(
      await page.evaluate(() => document.activeElement!.getAttribute("name") ?? document.activeElement!.textContent!),
    );
  }
  expect(passed).toEqual(["network", "hidden", "layers", "rounds", "batch", "seed", "threads", "Start"]);
  await page.keyboard.press("Enter");
  await page.getByText("· finished").waitFor();
  expect(requests.slice(loaded)).toEqual([]);

  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, canvas, progress")]
      .filter(
        (e) => !(e.textContent?.trim() || e.getAttribute("aria-label") || e.closest("label")?.textContent?.trim()),
      )
      .map((e) => e.outerHTML),
  );
  expect(nameless).toEqual([]);
});

it("draws every panel, fits a phone, and keeps its frames while it trains", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(toHash({ ...small, rounds: 5000 }));
  await button("Start").click();
  await page.locator(".maps canvas").nth(2).waitFor();
  const labels = await page.locator("canvas").evaluateAll((all) => all.map((c) => c.getAttribute("aria-label")!));
  for (const start of [
    "Meta-loss by round",
    "Median loss after 100 steps",
    "The paths of",
    "Median size",
    "Adam: the update",
  ])
    expect(
      labels.some((l) => l.startsWith(start)),
      `${start}: ${labels.join("; ")}`,
    ).toBe(true);
  const blank = await page
    .locator("canvas")
    .evaluateAll(
      (all) =>
        (all as HTMLCanvasElement[]).filter(
          (c) => !c.getContext("2d")!.getImageData(0, 0, c.width, c.height).data.some(Boolean),
        ).length,
    );
  expect(blank).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let count = 0;
        const begun = performance.now();
        const frame = (): void => {
          count++;
          const passed = performance.now() - begun;
          if (passed > 2000) resolve((1000 * count) / passed);
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
  );
  console.log(`${frames.toFixed(0)} frames a second while training`);
  expect(frames).toBeGreaterThan(20); // 60 on a machine of its own; a browser without a GPU beside other work has fewer
  await button("Pause").click();
});
