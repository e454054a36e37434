import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { version } from "./version.ts";

/** Which code ran: the commit, with "-dirty" unless the tree was clean. */
function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "src", "assembly", "package-lock.json");
    return git("rev-parse", "--short=12", "HEAD") + (changed ? "-dirty" : "");
  } catch {
    return "unknown";
  }
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
