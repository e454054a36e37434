import { accessSync, constants, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ArgumentError } from "../core/check.ts";

/** Makes a folder where there is none. Throws ArgumentError, under the given name, where nothing can be written there. */
export function checkFolder(name: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new ArgumentError(`${name}: expected a folder to write to, got "${folder}" (${(error as Error).message})`);
  }
}

/** Writes a file whole or not at all: into a neighbour first, then renamed. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.part-${process.pid}`;
  try {
    writeFileSync(part, data);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
