import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./documents.ts";

/** A file of tests that need Chromium, on a machine without one. */
function without(required: string): { readonly status: number | null; readonly output: string } {
  const call = ["node_modules/vitest/vitest.mjs", "run", "test/tfjs/browser.test.ts"];
  const env = { ...process.env, CHROMIUM: join(root, "no-chromium"), GRADGRAD_CHROMIUM: required };
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { cwd: root, encoding: "utf8", env });
  return { status, output: stdout + stderr };
}

it("tests that need Chromium are skipped and named where there is none, and fail where it must be there", () => {
  const skipped = without("");
  expect(skipped.output).toContain("The tests of TensorFlow.js in a page are skipped.");
  expect(skipped.output).toMatch(/3 skipped/);
  expect(skipped.status).toBe(0);
  const failed = without("required");
  expect(failed.output).toContain("no-chromium: apt-get install chromium");
  expect(failed.status).toBe(1);
}, 60_000);
