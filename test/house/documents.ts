import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The papers at the root, and the guides. */
export const documents: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"))
    .filter((f) => f.endsWith(".md"))
    .map((f) => `docs/${f}`),
];

/** A fenced block: what stands after the fence ("ts", "sh test"), and its text. */
export interface Block {
  readonly kind: string;
  readonly code: string;
}

export function textOf(document: string): string {
  return readFileSync(join(root, document), "utf8");
}

export function blocksOf(document: string): Block[] {
  return [...textOf(document).matchAll(/^```([^\n]*)\n([\s\S]*?)^```/gm)].map(([, kind, code]) => ({
    kind: kind!,
    code: code!,
  }));
}
