import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, isAbsolute, relative, resolve } from "node:path";
import { version } from "./version.ts";

/** Which code runs: the commit it was compiled from, with "-dirty" unless the tree was clean; "unknown" outside of a checkout. */
function commit(): string {
  try {
    return readFileSync(new URL("../commit.txt", import.meta.url), "utf8").trim();
  } catch {
    return "unknown";
  }
}

/** Options that say where a call's files go and how it runs, but not what comes out. */
const HOW = ["--out", "--report", "--rows", "--threads", "--tuned-by"];

/** A file as a record names it: from the working folder; one outside by its name, as where it lies is this machine's own. */
export function recordedPath(path: string): string {
  const from = relative(process.cwd(), resolve(path));
  return from.startsWith("..") || isAbsolute(from) ? basename(path) : from;
}

/** This process's call, without what only says where and how. */
export function recordedCall(args: readonly string[] = process.argv.slice(2)): string {
  const kept = args.filter(
    (a, i) =>
      !["--json", "--resume", "--csv"].includes(a) &&
      !HOW.includes(a) &&
      !HOW.includes(args[i - 1] ?? "") &&
      !HOW.some((o) => a.startsWith(`${o}=`)),
  );
  return ["gradgrad", ...kept.map((a) => (isAbsolute(a) ? recordedPath(a) : a))].join(" ");
}

/** What every committed result says about itself. */
export interface ResultProvenance {
  readonly command: string;
  readonly seed: number;
  readonly commit: string;
  readonly machine: string;
  readonly date: string;
  readonly version: string;
}

export function provenance(command: string, seed: number): ResultProvenance {
  return {
    command,
    seed,
    commit: process.env.GRADGRAD_COMMIT ?? commit(),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, Node ${process.version}`,
    date: new Date().toISOString().slice(0, 10),
    version,
  };
}

/** The code that runs, as an optimizer file names it: one that was not compiled from a checkout has no commit. */
export function codeOf(commit: string): { version: string; runtime: string; commit?: string } {
  return { version, runtime: `Node ${process.version}`, ...(commit === "unknown" ? {} : { commit }) };
}
