import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { it, type TestAPI } from "vitest";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = process.env.GRADGRAD_CHROMIUM === "required";
const missing = `No ${executablePath}: apt-get install chromium, or name another Chromium by CHROMIUM=path`;

/**
 * `it` for tests that start Chromium: where there is none they are skipped, and named, unless GRADGRAD_CHROMIUM=required says that
 * it must be there.
 */
export function itInChromium(tests: string): TestAPI {
  const skipped = !required && !existsSync(executablePath);
  if (skipped) console.warn(`${missing}. The tests ${tests} are skipped.`);
  return it.skipIf(skipped) as TestAPI;
}

/** Starts Chromium. Throws with how to get it where there is none. */
export async function startChromium(...args: string[]): Promise<Browser> {
  if (!existsSync(executablePath)) throw new Error(missing);
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
}
