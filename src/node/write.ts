import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ArgumentError } from "../core/check.ts";

/** As `mkdirSync` with `recursive`, which never returns where a file system refuses new folders (Node 20 under /proc). */
function makeFolder(path: string): void {
  const there = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (there()) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!there()) throw error; // another process was faster
  }
}

/** Makes a folder where there is none. Throws ArgumentError, under the given name, where nothing can be written there. */
export function checkFolder(name: string, folder: string): void {
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new ArgumentError(`${name}: expected a folder to write to, got "${folder}" (${(error as Error).message})`);
  }
}

/** Moves a file out of the way, to NAME.old or NAME.old2 and so on; what lies there stays. Returns its new path. */
export function setAside(path: string): string {
  let to = `${path}.old`;
  for (let k = 2; existsSync(to); k++) to = `${path}.old${k}`;
  renameSync(path, to);
  return to;
}

/** Writes a file whole or not at all: into a neighbour first, then renamed. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  makeFolder(resolve(dirname(path)));
  const part = `${path}.part-${process.pid}`;
  try {
    writeFileSync(part, data);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
