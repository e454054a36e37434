import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { check } from "../core/check.ts";
import { parseIdx } from "../data/idx.ts";
import { type ImageSet, imageSet } from "../data/images.ts";
import { download } from "./download.ts";
import { writeWhole } from "./write.ts";

/** Where data sets lie: `GRADGRAD_DATA`, or `.gradgrad` in the home folder. */
export function dataFolder(): string {
  return process.env.GRADGRAD_DATA ?? join(homedir(), ".gradgrad");
}

/** The official files and their MD5 sums. */
export const mnistFiles = {
  "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
  "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
  "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
  "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
} as const;

const mirrors = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
] as const;

/** MD5 as data sets publish it. */
export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

function readMnist(name: keyof typeof mnistFiles, folder: string): ReturnType<typeof parseIdx> {
  const path = join(folder, "mnist", name);
  check(
    existsSync(path),
    "MNIST",
    "a file",
    path,
    "Run `gradgrad data mnist`, or set GRADGRAD_DATA to the folder that holds mnist/",
  );
  const bytes = readFileSync(path);
  check(
    md5(bytes) === mnistFiles[name],
    `MD5 of ${path}`,
    mnistFiles[name],
    md5(bytes),
    "Run `gradgrad data mnist` to download it again",
  );
  return parseIdx(path, bytes);
}

/**
 * MNIST from the data folder: the first 55,000 training images (as the released code trains on) and the 10,000 test
 * images.
 *
 * @throws ArgumentError naming a file that is missing or has the wrong sum.
 */
export function loadMnist(folder: string = dataFolder()): { train: ImageSet; test: ImageSet } {
  const part = (prefix: "train" | "t10k", count: number): ImageSet => {
    const images = readMnist(`${prefix}-images-idx3-ubyte.gz`, folder);
    const labels = readMnist(`${prefix}-labels-idx1-ubyte.gz`, folder);
    return imageSet(`mnist-${prefix}`, images.data.subarray(0, count * 784), labels.data.subarray(0, count), 784, 10);
  };
  return { train: part("train", 55_000), test: part("t10k", 10_000) };
}

/** Downloads the official files, from the first mirror that gives them whole. Files are written whole or not at all. */
export async function downloadMnist(
  folder: string = dataFolder(),
  onProgress: (words: string) => void = () => {},
  from: readonly string[] = mirrors,
): Promise<void> {
  for (const [name, sum] of Object.entries(mnistFiles)) {
    const path = join(folder, "mnist", name);
    if (existsSync(path) && md5(readFileSync(path)) === sum) {
      onProgress(`${name}: already there`);
      continue;
    }
    const problems: string[] = [];
    for (const mirror of from) {
      try {
        const bytes = await download(mirror + name, (words) => onProgress(`${name}: ${words}`));
        if (md5(bytes) !== sum) throw new Error(`MD5 ${md5(bytes)}, expected ${sum}`);
        writeWhole(path, bytes);
        onProgress(`${name}: ${bytes.length.toLocaleString("en")} bytes, sum right`);
        problems.length = 0;
        break;
      } catch (error) {
        problems.push(`${mirror}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (problems.length > 0) throw new Error(`${name} could not be downloaded. ${problems.join("; ")}`);
  }
}
