// Pictures of the page, kept in docs/: light, dark and on a phone, some rounds into a training. Needs `npm run web:build`, and
// Chromium (CHROMIUM names another than /usr/bin/chromium).
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { preview } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = await preview({
  configFile: at("../web/vite.config.ts"),
  preview: { host: "127.0.0.1" },
  logLevel: "warn",
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

const settings = "problem=quadratic-uniform&rounds=400&seed=0";
for (const [name, colorScheme, width] of [
  ["page", "light", 1200],
  ["page-dark", "dark", 1200],
  ["page-phone", "light", 390],
]) {
  const page = await browser.newPage({ colorScheme, reducedMotion: "reduce", viewport: { width, height: 900 } });
  await page.goto(`${server.resolvedUrls.local[0]}#${settings}`);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByText("· finished").waitFor({ timeout: 600_000 });
  await page.waitForTimeout(2000); // the last curves are raced after the last round
  // From the top to the end of what it has learned.
  const { y, height } = await page.getByRole("heading", { name: "What has it learned?" }).locator("..").boundingBox();
  const clip = { x: 0, y: 0, width, height: Math.ceil(y + height + 8) };
  const shot = await page.screenshot({ clip, fullPage: true, animations: "disabled" });
  await sharp(shot)
    .png({ palette: true })
    .toFile(at(`../docs/${name}.png`));
  await page.close();
}
await browser.close();
await server.close();
