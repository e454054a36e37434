import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { experimentByName } from "../../src/experiments/registry.ts";
import { blocksOf, documents, root } from "./documents.ts";

// Blocks of shell in the papers and guides: "sh test" is run as it stands, and the "text" after it must be what it prints, line by
// line, with … for anything; plain "sh" takes long or needs data, so its commands are only checked for names and options.
// A block that begins with `// NAME.ts` or `// NAME.mjs` is that file.
const main = join(root, "dist", "cli", "main.js");

/** Lines of an expected output, in order, each somewhere in what came. */
function misses(expected: string, output: string): string[] {
  let rest = output;
  return expected
    .trim()
    .split("\n")
    .filter((line) => {
      const parts = line.trim().split("…");
      const pattern = parts
        .map((p) => p.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/\s+/g, "\\s+"))
        .join(".*");
      const at = new RegExp(pattern).exec(rest);
      if (at) rest = rest.slice(at.index + at[0].length);
      return !at;
    });
}

const guides = documents.filter((d) => blocksOf(d).some((b) => b.kind === "sh test"));

describe("a guide can be followed by copying", () => {
  it.each(guides)("%s", (guide) => {
    const folder = mkdtempSync(join(tmpdir(), "gradgrad-guide-"));
    let output = "";
    for (const { kind, code } of blocksOf(guide)) {
      const name = /^\/\/ ([\w-]+\.(?:ts|mjs))\b/.exec(code)?.[1];
      if (name) writeFileSync(join(folder, name), code);
      if (kind === "text") expect(misses(code, output)).toEqual([]);
      if (kind !== "sh test") continue;
      const script = `set -e\ngradgrad() { "${process.execPath}" "${main}" "$@"; }\n${code}`;
      const ran = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
      expect(ran.status, `${code}\n${ran.stdout}\n${ran.stderr}`).toBe(0);
      output = ran.stdout;
    }
    rmSync(folder, { recursive: true, force: true });
  });
});

const help = new Map<string, string>();
/** What `gradgrad COMMAND --help` prints. */
function helpOf(command: string): string {
  if (!help.has(command))
    help.set(command, spawnSync(process.execPath, [main, command, "--help"], { encoding: "utf8" }).stdout);
  return help.get(command)!;
}

/** What is wrong with the call of a command, by its help. */
function wrong(words: readonly string[]): string[] {
  const [command, ...rest] = words;
  if (command === "--help") return [];
  const text = helpOf(command!);
  const usage = /^Usage: gradgrad (\S+) \[options\] (.*)$/m.exec(text) ?? /^Usage: gradgrad (\S+)(.*)$/m.exec(text);
  if (usage?.[1] !== command) return [`no command ${command}`];
  const faults: string[] = [];
  let given = 0;
  for (let i = 0; i < rest.length; i++) {
    const option = rest[i]!;
    if (!option.startsWith("--")) given++;
    else {
      const line = new RegExp(`${option}( <[^>]+>)?( |$)`, "m").exec(text);
      if (!line) faults.push(`${command} has no option ${option}`);
      if (line?.[1]) i++;
    }
    if (option === "--problem" && !/\.\w+$/.test(rest[i]!)) experimentByName(rest[i]!);
  }
  if (command === "train" && !/\.\w+$/.test(rest[0]!)) experimentByName(rest[0]!);
  const needed = (usage[2]!.match(/<[^>]+>/g) ?? []).length;
  if (given < needed || (given > needed && !usage[2]!.includes("...")))
    faults.push(`${command} takes ${usage[2]}, not ${given} words`);
  return faults;
}

it("every other command of the docs is one that there is, with its options", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const faults: string[] = [];
  for (const document of documents)
    for (const { code } of blocksOf(document).filter((b) => b.kind === "sh"))
      for (const line of code.split("\n").flatMap((l) => l.replace(/\s#.*/, "").split("&&"))) {
        const [program, ...words] = line.trim().split(/\s+/);
        let of: string[] = [];
        if (program === "gradgrad") of = wrong(words);
        else if (program === "npm" && words[0] === "run" && words[1] === "gradgrad") of = wrong(words.slice(3));
        else if (program === "npm" && words[0] === "run") of = words[1]! in scripts ? [] : [`no script ${words[1]}`];
        else if (!["", "alias"].includes(program!) && !(program === "npm" && /^(ci|start|test)$/.test(words[0]!)))
          of = [`${program} is not known here`];
        faults.push(...of.map((f) => `${document}: ${f}`));
      }
  expect(faults).toEqual([]);
});
