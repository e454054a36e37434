import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { blocksOf, documents, root, textOf } from "./documents.ts";

const folder = mkdtempSync(join(root, "test", "house", "docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fenced TypeScript of the papers and guides. */
const snippets = documents.flatMap((file) =>
  blocksOf(file)
    .filter((b) => b.kind === "ts")
    .map(({ code }, i) => [`${file} ${i + 1}`, code] as const),
);

describe("code in the docs runs", () => {
  it.each(snippets)("%s", async (name, code) => {
    const path = join(folder, `${name.replaceAll(/\W+/g, "-")}.ts`);
    writeFileSync(
      path,
      code
        .replaceAll('"gradgrad/node"', JSON.stringify(join(root, "src/node/index.ts")))
        .replaceAll('"gradgrad/problems/mlp"', JSON.stringify(join(root, "src/problems/mlp.ts")))
        .replaceAll('"gradgrad/tfjs"', JSON.stringify(join(root, "src/tfjs/index.ts")))
        .replaceAll('"gradgrad/jax"', JSON.stringify(join(root, "src/jax/index.ts")))
        .replaceAll('"gradgrad"', JSON.stringify(join(root, "src/index.ts"))),
    );
    expect(process.cwd()).toBe(root);
    await import(path);
  });
});

it("code in the docs has the types that it says", () => {
  const typed = mkdtempSync(join(folder, "types-"));
  for (const [name, code] of snippets) writeFileSync(join(typed, `${name.replaceAll(/\W+/g, "-")}.ts`), code);
  const paths = Object.fromEntries(
    [
      ["", ""],
      ["/jax", "jax/"],
      ["/tfjs", "tfjs/"],
      ["/node", "node/"],
    ].map(([at, of]) => [`gradgrad${at}`, [join(root, `src/${of}index.ts`)]]),
  );
  const options = { isolatedDeclarations: false, declaration: false, noUnusedLocals: false, paths };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: options, include: ["."] };
  writeFileSync(join(typed, "tsconfig.json"), JSON.stringify(config));
  const ran = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", typed], {
    encoding: "utf8",
  });
  expect(ran.stdout).toBe("");
  expect(ran.status).toBe(0);
});

it("every file that the papers and guides name exists", () => {
  const files = new Set(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((f) => !f.startsWith("node_modules"))
      .map((f) => f.replaceAll("\\", "/")),
  );
  const missing: string[] = [];
  for (const paper of documents) {
    const text = textOf(paper);
    for (const [, path] of text.matchAll(
      /`((?:src|test|bench|scripts|assembly|results|web|docs|examples)\/[\w./-]+\.\w+)`/g,
    ))
      if (!files.has(path!)) missing.push(`${paper}: ${path}`);
    for (const [, link] of text.matchAll(/\]\((?!https:)([^)#]+)[^)]*\)/g)) {
      const path = join(dirname(paper), link!).replaceAll("\\", "/");
      if (!files.has(path)) missing.push(`${paper}: ${link}`);
    }
  }
  expect(missing).toEqual([]);
});

it("guides are short, and README names each", () => {
  for (const guide of documents.filter((d) => /^docs\/[\w-]+\.md$/.test(d))) {
    expect(textOf(guide).split("\n").length, guide).toBeLessThanOrEqual(121);
    expect(textOf("README.md"), guide).toContain(`](${guide})`);
  }
});
