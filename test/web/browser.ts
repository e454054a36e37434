import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";

/** The static build. */
export const dist: string = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** Starts Chromium. Throws with how to get what is missing. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(`No ${executablePath}: apt-get install chromium, or name another Chromium by CHROMIUM=path`);
  if (!existsSync(`${dist}/index.html`)) throw new Error("No web/dist: npm run web:build");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
