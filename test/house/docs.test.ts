import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(root, "test", "house", "docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fenced TypeScript of the papers. */
const snippets = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code], i) => [`${file} ${i + 1}`, code!] as const,
  ),
);

describe("code in the docs runs", () => {
  it.each(snippets)("%s", async (name, code) => {
    const path = join(folder, `${name.replaceAll(/\W+/g, "-")}.ts`);
    writeFileSync(
      path,
      code
        .replaceAll('"gradgrad/node"', JSON.stringify(join(root, "src/node/index.ts")))
        .replaceAll('"gradgrad/problems/mlp"', JSON.stringify(join(root, "src/problems/mlp.ts")))
        .replaceAll('"gradgrad/jax"', JSON.stringify(join(root, "src/jax/index.ts")))
        .replaceAll('"gradgrad"', JSON.stringify(join(root, "src/index.ts"))),
    );
    const cwd = process.cwd();
    expect(cwd).toBe(root.replace(/\/$/, ""));
    await import(path);
  });
});

it("every file that the papers name exists", () => {
  const files = new Set(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((f) => !f.startsWith("node_modules"))
      .map((f) => f.replaceAll("\\", "/")),
  );
  const missing: string[] = [];
  for (const paper of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
    for (const [, path] of readFileSync(join(root, paper), "utf8").matchAll(
      /`((?:src|test|bench|scripts|assembly|results|web)\/[\w./-]+\.\w+)`/g,
    ))
      if (!files.has(path!)) missing.push(`${paper}: ${path}`);
  expect(missing).toEqual([]);
});
