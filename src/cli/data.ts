import { join } from "node:path";
import { check } from "../core/check.ts";
import { cifarFiles, cifarFolder, downloadCifar } from "../node/cifar.ts";
import { dataFolder, downloadMnist, mnistFiles } from "../node/datasets.ts";
import { sayer } from "./say.ts";

/** What can be downloaded: how, into which folder of the data folder, and the MD5 sums of the files that are read. */
const sets = {
  mnist: { download: downloadMnist, folder: "mnist", files: mnistFiles },
  cifar10: { download: downloadCifar, folder: cifarFolder, files: cifarFiles },
} as const;

/** Downloads a data set, unless it is there already. */
export async function dataCommand(name: string, { json }: { readonly json: boolean }): Promise<void> {
  check(Object.hasOwn(sets, name), "data set", Object.keys(sets).join(" or "), name);
  const { download, folder, files } = sets[name as keyof typeof sets];
  const say = sayer(json);
  say(`into ${dataFolder()}`);
  await download(dataFolder(), say);
  const found = Object.entries(files).map(([file, md5]) => ({ path: join(dataFolder(), folder, file), md5 }));
  if (json) console.log(JSON.stringify({ set: name, files: found }));
}
