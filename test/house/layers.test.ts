import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** ARCHITECTURE.md's table: folder → folders it may import. "all but a, b" is every earlier one but those. */
function table(): Map<string, string[]> {
  const rows = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(/^\| \d \| `(\w+)` \| .* \| (.+) \|$/gm);
  const allowed = new Map<string, string[]>();
  for (const [, folder, imports] of rows) {
    const but = /^all but (.+)$/.exec(imports!)?.[1]?.split(", ") ?? [];
    const before = [...allowed.keys()].filter((f) => !but.includes(f));
    allowed.set(folder!, imports!.startsWith("all") ? before : imports === "–" ? [] : imports!.split(", "));
  }
  return allowed;
}

/** Every source file as the table sees it: src/FOLDER/…, and the page's web/src/… */
const sources = ["src", "web/src"].flatMap((base) =>
  readdirSync(join(root, base), { recursive: true, encoding: "utf8" })
    .filter((f) => /\.tsx?$/.test(f))
    .map((f) => `${base}/${f}`),
);
const folderOf = (file: string): string => {
  const parts = file.split("/");
  return parts[0] === "src" ? parts[1]! : parts[0]!;
};

it("every import goes where ARCHITECTURE.md's table lets it", () => {
  const allowed = table();
  const wrong: string[] = [];
  for (const file of sources) {
    if (/^src\/[^/]+$/.test(file)) continue; // the package's own entry
    const folder = folderOf(file);
    const text = readFileSync(join(root, file), "utf8");
    for (const [, path] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const target = folderOf(relative(root, resolve(dirname(join(root, file)), path!)));
      // index.ts is the library as its users see it: node gives it to their modules.
      const surface = target === "index.ts" && folder === "node";
      if (target === folder || target.startsWith("..") || surface) continue;
      if (!allowed.get(folder)?.includes(target)) wrong.push(`${file} imports ${target}`);
    }
  }
  expect(allowed.size).toBeGreaterThan(8);
  expect(sources.some((f) => f.startsWith("web/"))).toBe(true);
  expect(wrong).toEqual([]);
});
