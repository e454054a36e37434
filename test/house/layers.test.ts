import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** ARCHITECTURE.md's table: folder → folders it may import. */
function table(): Map<string, string[]> {
  const rows = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(/^\| \d \| `(\w+)` \| .* \| (.+) \|$/gm);
  const allowed = new Map<string, string[]>();
  for (const [, folder, imports] of rows) {
    const before = [...allowed.keys()];
    allowed.set(folder!, imports!.startsWith("all") ? before : imports === "–" ? [] : imports!.split(", "));
  }
  return allowed;
}

it("every import goes where ARCHITECTURE.md's table lets it", () => {
  const allowed = table();
  const wrong: string[] = [];
  for (const file of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((f) =>
    f.endsWith(".ts"),
  )) {
    const folder = file.split("/")[0]!;
    const text = readFileSync(join(root, "src", file), "utf8");
    for (const [, path] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const target = relative(join(root, "src"), resolve(dirname(join(root, "src", file)), path!)).split("/")[0]!;
      // index.ts is the library as its users see it: node gives it to their modules.
      const surface = target === "index.ts" && folder === "node";
      if (!file.includes("/") || target === folder || target.startsWith("..") || surface) continue;
      if (!allowed.get(folder)?.includes(target)) wrong.push(`${file} imports ${target}`);
    }
  }
  expect(allowed.size).toBeGreaterThan(8);
  expect(wrong).toEqual([]);
});
