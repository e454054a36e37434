import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, type TestAPI } from "vitest";
import { fromHash, type Settings } from "../../web/src/settings.ts";
import { itInChromium, startChromium } from "../chromium.ts";
import { serve } from "./serve.ts";

/** The static build. */
const dist = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** A test of a page that `visits` opens. */
export const it: TestAPI = itInChromium("of the page");

/** Small enough to finish in seconds; two trajectories a round, so that two threads have work. */
export const small: Settings = { ...fromHash(""), hidden: 8, rounds: 12, seed: 3 };

/** A fresh page of the static build for every test, in a folder of a host; what it asks the network for; and its parts. */
export interface Visit {
  page: Page;
  readonly base: string;
  requests: string[];
  /** Goes to the page with a hash, and waits until its lab is ready. */
  open(hash: string): Promise<void>;
  button(name: string): Locator;
  /** Presses a button and gives the file that it downloads. */
  downloaded(name: string): Promise<Buffer>;
}

/** Opens a page before every test; after it, fails where the page complained: a violation of its policy is a complaint too. */
export function visits(): Visit {
  let browser: Browser;
  let server: { url: string; close: () => void };
  let complaints: string[];
  const visit: Visit = {
    page: undefined as unknown as Page,
    base: "/any/folder/",
    requests: [],
    async open(hash) {
      await visit.page.goto(`${server.url}#${hash}`);
      await visit.page.locator("section.controls button.main:enabled").waitFor();
    },
    button: (name) => visit.page.getByRole("button", { name, exact: true }),
    async downloaded(name) {
      const [file] = await Promise.all([visit.page.waitForEvent("download"), visit.button(name).click()]);
      return readFileSync(await file.path());
    },
  };
  beforeAll(async () => {
    if (!existsSync(`${dist}/index.html`)) throw new Error("No web/dist: npm run web:build");
    browser = await startChromium();
    server = await serve(dist, visit.base);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  beforeEach(async () => {
    visit.page = await browser.newPage({ viewport: { width: 1200, height: 900 }, acceptDownloads: true });
    visit.requests = [];
    complaints = [];
    visit.page.on("request", (r) => visit.requests.push(r.url()));
    visit.page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
    visit.page.on("pageerror", (e) => complaints.push(e.message));
  });
  afterEach(async () => {
    await visit.page.context().close();
    expect(complaints).toEqual([]);
  });
  return visit;
}
