import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { createTar } from "nanotar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCifar } from "../../src/data/cifar.ts";
import { selectLabels, sliceImages } from "../../src/data/images.ts";
import { makeShapes } from "../../src/data/shapes.ts";
import { cifarFiles, cifarSums, downloadCifar, loadCifarBatch, loadCifarRecords } from "../../src/node/cifar.ts";

/** Records whose bytes tell where they lie: label i mod 10, red x, green 32 + x, blue y. */
function records(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 3073);
  for (let i = 0; i < count; i++) {
    bytes[i * 3073] = i % 10;
    for (let p = 0; p < 1024; p++) {
      bytes[i * 3073 + 1 + p] = p % 32;
      bytes[i * 3073 + 1025 + p] = 32 + (p % 32);
      bytes[i * 3073 + 2049 + p] = p >> 5;
    }
  }
  return bytes;
}

describe("CIFAR-10's binary format", () => {
  it("gives [row][column][red, green, blue] and labels", () => {
    const set = parseCifar("b", records(12));
    expect([set.count, set.size, set.channels, set.classes]).toEqual([12, 3072, 3, 10]);
    expect([...set.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    const at = 3 * (5 * 32 + 7);
    expect([...set.pixels.subarray(3072 + at, 3072 + at + 3)]).toEqual([7, 39, 5]);
  });

  it("refuses a record that is cut, no record, and a label above 9", () => {
    expect(() => parseCifar("b", records(2).subarray(0, 6000))).toThrow(/b: expected a whole number of records/);
    expect(() => parseCifar("b", new Uint8Array(0))).toThrow(/0 bytes/);
    const bad = records(2);
    bad[3073] = 10;
    expect(() => parseCifar("b", bad)).toThrow("b label 1: expected below 10, got 10");
  });

  it("selects and renames labels, and slices", () => {
    const set = parseCifar("b", records(20));
    const two = selectLabels(set, [7, 3]);
    expect([...two.labels]).toEqual([1, 0, 1, 0]); // 3, 7, 13, 17
    expect([two.count, two.classes, two.channels]).toEqual([4, 2, 3]);
    expect([...sliceImages(set, 8, 11).labels]).toEqual([8, 9, 0]);
    expect(() => selectLabels(set, [1, 1])).toThrow(/two or more different ones below 10/);
    expect(() => selectLabels(set, [1, 12])).toThrow(/labels/);
    expect(() => sliceImages(set, 8, 30)).toThrow(/slice/);
  });
});

describe("gradgrad data cifar10", () => {
  const tar = createTar([
    { name: "cifar-10-batches-bin/data_batch_1.bin", data: records(3) },
    { name: "cifar-10-batches-bin/../../evil", data: records(1) },
  ]);
  const bytes = gzipSync(tar);
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => response.end(bytes));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar.tar.gz`;
  });
  afterAll(() => void server.close());
  const sum = createHash("md5").update(bytes).digest("hex");

  it("unpacks the archive whose sum is right, and only into its folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
    await downloadCifar(folder, undefined, { url, sum });
    expect(readdirSync(folder, { recursive: true })).toEqual([
      "cifar-10-batches-bin",
      "cifar-10-batches-bin/data_batch_1.bin",
    ]);
    expect(loadCifarBatch("data_batch_1.bin", folder).count).toBe(3); // cut after a record: taken
    const sums = cifarSums(folder);
    expect(sums["data_batch_1.bin"]).toMatch(/^[0-9a-f]{32}$/);
    expect(sums["data_batch_1.bin"]).not.toBe(cifarFiles["data_batch_1.bin"]); // and recorded as what it is
    expect(sums["data_batch_2.bin"]).toBe(cifarFiles["data_batch_2.bin"]);
  });

  it("keeps nothing of another sum, and says which file is missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
    await expect(downloadCifar(folder, undefined, { url, sum: "0" })).rejects.toThrow(/could not be downloaded. MD5/);
    expect(readdirSync(folder)).toEqual([]);
    expect(() => loadCifarBatch("data_batch_1.bin", folder)).toThrow(/Run `gradgrad data cifar10`/);
  });
});

it("shapes made by rule are the same bytes on every engine, of ten classes, no two alike", () => {
  const set = makeShapes(200, 1);
  expect(new Set(set.labels).size).toBe(10);
  expect([set.size, set.channels]).toEqual([3072, 3]);
  expect(createHash("sha256").update(set.pixels).digest("hex").slice(0, 16)).toBe("ea6f49c964089b8f");
  const texts = new Set(Array.from({ length: 200 }, (_, i) => set.pixels.slice(i * 3072, (i + 1) * 3072).join()));
  expect(texts.size).toBe(200);
});

if (!process.env.GRADGRAD_DATA) console.warn("GRADGRAD_DATA is not set: the tests on real CIFAR-10 are skipped.");
const folder = process.env.GRADGRAD_DATA;
describe.skipIf(!folder)("CIFAR-10 in GRADGRAD_DATA", () => {
  it("has the official batches", () => {
    const set = loadCifarBatch("data_batch_1.bin", folder);
    expect([...set.labels.subarray(0, 5)]).toEqual([6, 9, 9, 4, 1]); // frog, truck, truck, deer, automobile
    expect([...set.pixels.subarray(0, 3)]).toEqual([59, 62, 63]);
    expect(loadCifarBatch("data_batch_2.bin", folder).count).toBe(10_000);
    expect(loadCifarBatch("test_batch_first1000.bin", folder).count).toBe(1_000);
  });

  it("takes the first thousand test records from a file of their own or from the whole batch", () => {
    const records = loadCifarRecords(folder);
    expect(records.count).toBe(1_000);
    expect([...records.labels.subarray(0, 5)]).toEqual([3, 8, 8, 0, 6]); // cat, ship, ship, airplane, frog
    const copy = mkdtempSync(join(tmpdir(), "gradgrad-"));
    const bytes = readFileSync(join(folder!, "cifar-10-batches-bin", "test_batch_first1000.bin"));
    mkdirSync(join(copy, "cifar-10-batches-bin"));
    const whole = join(copy, "cifar-10-batches-bin", "test_batch.bin");
    writeFileSync(whole, Buffer.concat([bytes, bytes]));
    expect(Buffer.compare(loadCifarRecords(copy).pixels, records.pixels)).toBe(0);
    bytes[5000]! ^= 1;
    writeFileSync(whole, bytes);
    expect(() => loadCifarRecords(copy)).toThrow(/MD5 of .*test_batch.bin's first 1,000 records/);
    rmSync(whole);
    expect(() => loadCifarRecords(copy)).toThrow(/test_batch_first1000.bin or .*test_batch.bin/);
  });

  it("is refused with one byte changed", () => {
    const copy = mkdtempSync(join(tmpdir(), "gradgrad-"));
    const bytes = readFileSync(join(folder!, "cifar-10-batches-bin", "data_batch_2.bin"));
    bytes[5000]! ^= 1;
    mkdirSync(join(copy, "cifar-10-batches-bin"));
    writeFileSync(join(copy, "cifar-10-batches-bin", "data_batch_2.bin"), bytes);
    expect(() => loadCifarBatch("data_batch_2.bin", copy)).toThrow(/MD5 of .*data_batch_2.bin/);
  });
});
