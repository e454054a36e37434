import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it, vi } from "vitest";
import type { PaperFigure } from "../../src/experiments/paper-figures.ts";

// Runs the compiled code, whose workers are JavaScript: `npm test` builds first.
const compiled = (path: string): string => fileURLToPath(new URL(`../../dist/cli/${path}`, import.meta.url));
const { reproduce }: typeof import("../../src/cli/reproduce.ts") = await import(compiled("reproduce.js"));
const folder = mkdtempSync(join(tmpdir(), "gradgrad-json-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a call prints on stdout, which must be one line of JSON, and on stderr. */
function run(...args: string[]): { readonly value: unknown; readonly words: string } {
  const call = [compiled("main.js"), ...args, "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  return { value: JSON.parse(stdout), words: stderr };
}

it("golden prints its values as JSON, and its words on stderr", () => {
  const { value, words } = run("golden", "--out", folder);
  const path = join(folder, "golden.json");
  const { values } = JSON.parse(readFileSync(path, "utf8"));
  expect(value).toEqual({ path, values });
  expect(words).toContain("(released 0.8559)");
});

it("summary prints the paths that it writes as JSON", () => {
  expect(run("summary", "--results", folder).value).toEqual({ paths: [join(folder, "summary.json")] });
});

it.skipIf(!process.env.GRADGRAD_DATA)("data prints a set's files and their sums as JSON", () => {
  const { value, words } = run("data", "mnist");
  const { set, files } = value as { set: string; files: { path: string; md5: string }[] };
  expect([set, files.length]).toEqual(["mnist", 4]);
  for (const { path, md5 } of files) expect([existsSync(path), md5]).toEqual([true, expect.stringMatching(/^\w{32}$/)]);
  expect(words).toContain("already there");
});

it("reproduce gives the paths of its figure, and prints nothing but what it is given to say", async () => {
  const [problem, key] = ["quadratic-10", "quadratic-10"];
  const figure: PaperFigure = {
    name: "small",
    title: "Small",
    runs: [{ problem, optimizers: ["quadratic-10"], seeds: [0] }],
    panels: [{ title: "10 dimensions", key, metric: "final", from: 0, to: 100 }],
  };
  const log = vi.spyOn(console, "log");
  const words: string[] = [];
  const call = { out: folder, quick: true, command: "gradgrad reproduce small", suffix: "" };
  const paths = await reproduce(figure, { ...call, say: (w) => words.push(w) });
  expect(paths).toEqual([".svg", ".md"].map((ending) => join(folder, "figures", `figure-small${ending}`)));
  for (const said of ["figure small needs", "LSTM (learned)", ...paths!]) expect(words.join("\n")).toContain(said);
  expect(log).not.toHaveBeenCalled();
  log.mockRestore();
}, 60_000);

it("a wrong call of reproduce --json prints nothing on stdout", () => {
  const call = [compiled("main.js"), "reproduce", "none", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: "utf8" });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("figure: expected all, or one of");
});
