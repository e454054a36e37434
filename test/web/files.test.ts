import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect } from "vitest";
import { type ExportedOptimizer, parity } from "../../src/export/parity.ts";
import { decodeOptimizer, encodeOptimizer } from "../../src/learned/file.ts";
import { initialCheckpoint } from "../../src/meta/train.ts";
import { experimentOf } from "../../web/src/lab/experiments.ts";
import { toHash } from "../../web/src/settings.ts";
import { it, small, visits } from "./browser.ts";

const folder = mkdtempSync(join(tmpdir(), "gradgrad-web-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const visit = visits();

it("exports a module that takes the library's steps", async () => {
  await visit.open(toHash(small));
  await visit.button("Step").click();
  await visit.page.getByText("Round 1 of").waitFor();
  const file = decodeOptimizer(new Uint8Array(await visit.downloaded("Download file")));
  const path = join(folder, "exported.mjs");
  writeFileSync(path, await visit.downloaded("Export module"));
  const { init } = (await import(pathToFileURL(path).href)) as { init: (n: unknown) => ExportedOptimizer };
  expect(await parity(file, init)).toBeLessThan(1e-6);
});

/** Drops a file on the page, as a person's mouse does. */
async function drop(name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await visit.page.evaluateHandle(
    ({ name, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], name));
      return data;
    },
    { name, bytes: [...bytes] },
  );
  await visit.page.getByText("Drop a .safetensors file").dispatchEvent("drop", { dataTransfer: transfer });
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
  await visit.open(toHash(small));
  await drop("mine.safetensors", bytes);
  await visit.page.getByRole("heading", { name: "mine" }).waitFor();
  const facts = visit.page.locator("dl");
  for (const fact of ["LSTM, 2 × 8", "mine", '{"kind":"x<b>"}', "gradgrad 0.0.1", "0.2500 (final)"])
    expect(await facts.getByText(fact, { exact: true }).count(), fact).toBe(1);

  await drop("broken.safetensors", bytes.slice(0, -5));
  const alert = visit.page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/^optimizer file: expected \d+ bytes for this network, got "\d+ bytes"/);
  expect(await visit.page.getByRole("heading", { name: "mine" }).count()).toBe(1);

  // The other way in, which needs no mouse.
  await visit.page
    .locator("input[type=file]")
    .first()
    .setInputFiles({
      name: "again.safetensors",
      mimeType: "application/octet-stream",
      buffer: Buffer.from(bytes),
    });
  await visit.page.getByRole("heading", { name: "again" }).waitFor();
  expect(await alert.count()).toBe(0);
  await visit.button("Race").click();
  await visit.page.getByRole("heading", { name: "On quadratics, gaussian" }).waitFor();
});

it("paints a picture that was brought in the style of another", async () => {
  await visit.open(toHash(small));
  await visit.button("Paint").waitFor();
  const picture = await visit.page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    const c = canvas.getContext("2d")!;
    c.fillStyle = "red";
    c.fillRect(5, 5, 20, 20);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    return [...new Uint8Array(await blob!.arrayBuffer())];
  });
  const content = visit.page.locator(".maps figure", { hasText: "Content" });
  await content.locator("input[type=file]").setInputFiles({
    name: "red.png",
    mimeType: "image/png",
    buffer: Buffer.from(picture),
  });
  await content.getByRole("img", { name: "Content: red.png" }).waitFor();
  await content.locator("input[type=file]").setInputFiles({
    name: "no.png",
    mimeType: "image/png",
    buffer: Buffer.from("no"),
  });
  expect(await visit.page.getByRole("alert").textContent()).toBe("no.png: expected a picture (PNG, JPEG, …)");
  // Another file than VGG-19's is refused, and the filters stay what they were.
  const weights = visit.page.locator("label.drop", { hasText: "VGG-19" }).locator("input[type=file]");
  const other = Buffer.from(readFileSync("results/optimizers/quadratic-uniform-seed0.safetensors"));
  await weights.setInputFiles({ name: "adam.safetensors", mimeType: "application/octet-stream", buffer: other });
  await visit.page
    .getByRole("alert")
    .getByText(/adam.safetensors/)
    .waitFor();
  expect(await visit.page.getByText("fixed random filters").count()).toBe(1);
  await visit.page.locator("select[name=side]").selectOption("64");
  await visit.page.locator("select[name=steps]").selectOption("64");
  await visit.button("Paint").click();
  await visit.page.getByText(/^Step 64 of 64, loss 0\.\d+/).waitFor();
  expect((await visit.downloaded("Save picture")).subarray(1, 4).toString()).toBe("PNG");

  const lossAt = async (words: RegExp): Promise<number> => {
    await visit.button("Paint").waitFor(); // the last picture is done
    await visit.button("Paint").click();
    await visit.page.getByText(words).waitFor();
    await visit.button("Paint").waitFor();
    return Number(/loss ([\d.]+)/.exec((await visit.page.getByText(words).textContent())!)![1]);
  };
  const few = await lossAt(/^Step 64 of 64, loss/);
  await visit.page.locator("input[name=style]").fill("50");
  expect(await lossAt(/^Step 64 of 64, loss/), "its weight counts").toBeGreaterThan(1.2 * few);
  await visit.page.locator("select[name=painter]").selectOption("lbfgs");
  expect(await lossAt(/^Evaluation \d+, loss/)).toBeGreaterThan(0);
});
