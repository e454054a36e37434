import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { root } from "./documents.ts";

// Reads dist/, as its user does: `npm test` builds first.
it("docs/api is what `npm run docs:api` writes, and no export or method lacks a docstring", () => {
  const ran = spawnSync(process.execPath, ["scripts/api.mjs", "--check"], { cwd: root, encoding: "utf8" });
  expect(`${ran.stdout}${ran.stderr}`).toBe("");
  expect(ran.status).toBe(0);
});
