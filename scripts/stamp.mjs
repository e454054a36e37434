// Writes dist/commit.txt: the code that was compiled, which results name. The working tree may move on before it runs.
import { execFileSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const git = (...args) =>
  execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** What the compiled code, and what measures it, are made of. */
const INPUTS = ["src", "assembly", "web", "scripts", "bench", "package.json", "package-lock.json", "tsconfig*.json"];

function commit() {
  try {
    if (realpathSync(git("rev-parse", "--show-toplevel")) !== realpathSync(root)) return "unknown";
    const changed = git("status", "--porcelain", "--", ...INPUTS);
    return git("rev-parse", "--short=12", "HEAD") + (changed ? "-dirty" : "");
  } catch {
    return "unknown";
  }
}

writeFileSync(new URL("../dist/commit.txt", import.meta.url), `${commit()}\n`);
