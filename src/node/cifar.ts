import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "fflate";
import { parseTar } from "nanotar";
import { check } from "../core/check.ts";
import { CIFAR_RECORD, parseCifar } from "../data/cifar.ts";
import type { ImageSet } from "../data/images.ts";
import { dataFolder, md5 } from "./datasets.ts";
import { download } from "./download.ts";
import { writeWhole } from "./write.ts";

/** Where in the data folder the batches lie. */
export const cifarFolder = "cifar-10-batches-bin";
const BATCH = 30_730_000;

/** The official archive (binary version) and its MD5 sum. */
const archive = {
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  sum: "c32a1d4ab5d03f1284b67883e8d87530",
};

/** MD5 sums of the batches that experiments read, where they are whole. */
export const cifarFiles = {
  "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
  "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
} as const;

/**
 * A batch of CIFAR-10 from the data folder, in the official binary format; cut after any record it is taken as it is.
 *
 * @throws ArgumentError naming a file that is missing, has the wrong sum or is cut within a record.
 */
export function loadCifarBatch(name: string, folder: string = dataFolder()): ImageSet {
  const path = join(folder, cifarFolder, name);
  check(
    existsSync(path),
    "CIFAR-10",
    "a file",
    path,
    `Run \`gradgrad data cifar10\`, or set GRADGRAD_DATA to the folder that holds ${cifarFolder}/`,
  );
  const bytes = readFileSync(path);
  const sum = (cifarFiles as Record<string, string>)[name];
  if (sum !== undefined && bytes.length === BATCH)
    check(md5(bytes) === sum, `MD5 of ${path}`, sum, md5(bytes), "Run `gradgrad data cifar10` to download it again");
  return parseCifar(path, bytes);
}

/** The first thousand test records, as a file of their own or in front of the whole batch; and their MD5 sum. */
const records = {
  files: ["test_batch_first1000.bin", "test_batch.bin"],
  count: 1_000,
  sum: "371f65da31ad652f5e24b3699a3e6515",
} as const;

/**
 * The first thousand records of CIFAR-10's test batch, from the data folder: of `test_batch_first1000.bin`, or else of `test_batch.bin`.
 *
 * @throws ArgumentError where neither file is there, or the records have the wrong sum.
 */
export function loadCifarRecords(folder: string = dataFolder()): ImageSet {
  const paths = records.files.map((name) => join(folder, cifarFolder, name));
  const path = paths.find(existsSync);
  check(path !== undefined, "CIFAR-10", "a file", paths.join(" or "), "Run `gradgrad data cifar10`");
  const bytes = readFileSync(path).subarray(0, records.count * CIFAR_RECORD);
  const fix = "Run `gradgrad data cifar10` to download it again";
  check(md5(bytes) === records.sum, `MD5 of ${path}'s first 1,000 records`, records.sum, md5(bytes), fix);
  return parseCifar(path, bytes);
}

/** MD5 sum of those records, by a name of their own. */
export const cifarRecordSums = (): Record<string, string> => ({ "test_batch.bin, 1,000 records": records.sum });

/** MD5 sums of what the data folder holds of those batches: a whole one's are `cifarFiles`', which `loadCifarBatch` checks. */
export function cifarSums(folder: string = dataFolder()): Record<string, string> {
  return Object.fromEntries(
    Object.entries(cifarFiles).map(([name, sum]) => {
      const path = join(folder, cifarFolder, name);
      const cut = existsSync(path) && statSync(path).size !== BATCH;
      return [name, cut ? md5(readFileSync(path)) : sum];
    }),
  );
}

/** Downloads the official archive, checks its sum and unpacks its six batches. Files are written whole or not at all. */
export async function downloadCifar(
  folder: string = dataFolder(),
  onProgress: (words: string) => void = () => {},
  from: { readonly url: string; readonly sum: string } = archive,
): Promise<void> {
  const there = Object.entries(cifarFiles).every(([name, sum]) => {
    const path = join(folder, cifarFolder, name);
    return existsSync(path) && md5(readFileSync(path)) === sum;
  });
  if (there && from === archive) {
    onProgress("CIFAR-10: already there");
    return;
  }
  try {
    const bytes = await download(from.url, (words) => onProgress(`CIFAR-10: ${words}`));
    check(md5(bytes) === from.sum, `MD5 of ${from.url}`, from.sum, md5(bytes));
    const files = parseTar(gunzipSync(bytes)).filter((f) => /^cifar-10-batches-bin\/[\w.]+$/.test(f.name) && f.data);
    check(files.length > 0, from.url, `files in ${cifarFolder}/`, "none");
    for (const { name, data } of files) {
      writeWhole(join(folder, name), data!);
      onProgress(`${name}: ${data!.length.toLocaleString("en")} bytes`);
    }
  } catch (error) {
    throw new Error(`CIFAR-10 could not be downloaded. ${error instanceof Error ? error.message : String(error)}`);
  }
}
