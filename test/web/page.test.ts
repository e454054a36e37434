import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { toHash } from "../../web/src/settings.ts";
import { it, small, visits } from "./browser.ts";

const visit = visits();

it("works by keyboard alone, names every control, and asks the network for nothing after it has loaded", async () => {
  await visit.open(toHash(small));
  const last = visit.page.getByRole("heading", { name: "Paint with it" });
  const place = (await last.boundingBox())!.y;
  await visit.page.locator(".maps canvas").nth(2).waitFor(); // measured: the baselines are tuned
  expect((await last.boundingBox())!.y, "what is measured moves nothing from under a pointer").toBeCloseTo(place, 0);
  const loaded = visit.requests.length;
  expect(visit.requests.every((r) => new URL(r).pathname.startsWith(visit.base))).toBe(true);
  await visit.page.locator("select[name=problem]").focus();
  const passed: string[] = [];
  for (let i = 0; i < 12 && passed.at(-1) !== "Start"; i++) {
    await visit.page.keyboard.press("Tab");
    passed.push(
      await visit.page.evaluate(
        () => document.activeElement!.getAttribute("name") ?? document.activeElement!.textContent!,
      ),
    );
  }
  expect(passed).toEqual(["network", "hidden", "layers", "rounds", "batch", "seed", "threads", "Start"]);
  await visit.page.keyboard.press("Enter");
  await visit.page.getByText("· finished").waitFor();
  expect(visit.requests.slice(loaded)).toEqual([]);

  const nameless = await visit.page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, canvas, progress")]
      .filter((e) => {
        // A select's own text is its options, which name nothing.
        const own = e.matches("select") ? "" : (e.textContent ?? "");
        const label = e.closest("label")?.textContent?.replace(e.textContent ?? "", "") ?? "";
        return !(own.trim() || e.getAttribute("aria-label") || label.trim());
      })
      .map((e) => e.outerHTML),
  );
  expect(nameless).toEqual([]);
});

it("draws every panel, fits a phone, and keeps its frames while it trains", async () => {
  await visit.page.setViewportSize({ width: 390, height: 844 });
  await visit.open(toHash({ ...small, rounds: 5000 }));
  await visit.button("Start").click();
  await visit.page.locator(".maps canvas").nth(2).waitFor();
  const labels = await visit.page.locator("canvas").evaluateAll((all) => all.map((c) => c.getAttribute("aria-label")!));
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
  const blank = await visit.page
    .locator("canvas")
    .evaluateAll(
      (all) =>
        (all as HTMLCanvasElement[]).filter(
          (c) => !c.getContext("2d")!.getImageData(0, 0, c.width, c.height).data.some(Boolean),
        ).length,
    );
  expect(blank).toBe(0);
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

  const frames = await visit.page.evaluate(
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
  await visit.button("Pause").click();
});

it("loads at most 250 KB, gzipped, before anyone touches it", async () => {
  await visit.open(toHash(small));
  const script = fileURLToPath(new URL("../../scripts/web-size.mjs", import.meta.url));
  const { bytes, files } = JSON.parse(execFileSync("node", [script], { encoding: "utf8" })) as {
    bytes: number;
    files: Record<string, number>;
  };
  expect(bytes).toBeLessThan(250_000);
  const asked = new Set(visit.requests.map((r) => new URL(r).pathname.replace(visit.base, "") || "index.html"));
  expect([...asked].filter((f) => !(f in files))).toEqual([]);
});
