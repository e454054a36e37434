import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Starts Chromium. Throws with how to get it where there is none. */
export async function startChromium(...args: string[]): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(`No ${executablePath}: apt-get install chromium, or name another Chromium by CHROMIUM=path`);
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
}
