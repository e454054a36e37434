import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDigits } from "../../src/data/digits.ts";
import { parseIdx } from "../../src/data/idx.ts";
import { imageSet, poolImages } from "../../src/data/images.ts";
import { downloadMnist, loadMnist, mnistFiles } from "../../src/node/datasets.ts";

describe("IDX files", () => {
  const bytes = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);

  it("are read, gzipped or not", () => {
    for (const b of [bytes, gzipSync(bytes)]) {
      const { dimensions, data } = parseIdx("x", b);
      expect([dimensions, [...data]]).toEqual([
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ]);
    }
  });

  it.each([
    ["nothing", new Uint8Array(0), "x: expected an IDX file, got"],
    ["another magic number", bytes.with(2, 9), "x: expected IDX magic 00 00 08"],
    ["a short header", bytes.subarray(0, 7), "x: expected a header of 12 bytes"],
    ["missing data", bytes.subarray(0, 17), "x: expected "],
    ["data too many", Uint8Array.from([...bytes, 0]), "x: expected "],
    ["the start of a gzip", Uint8Array.of(0x1f, 0x8b), "x: expected a whole gzip file"],
    ["a broken gzip", gzipSync(bytes).subarray(0, 20), "x: expected "],
    ["a huge claim", bytes.with(4, 255), "x: expected "],
  ])("with %s are refused", (_, broken, message) => {
    expect(() => parseIdx("x", broken)).toThrow(message);
  });
});

describe("digits made by rule", () => {
  it("are the same bytes whenever they are made", async () => {
    const hash = (b: Uint8Array): string => createHash("sha256").update(b).digest("hex").slice(0, 16);
    const [a, b] = [await makeDigits(50, 1), await makeDigits(50, 1)];
    expect(hash(a.pixels)).toBe(hash(b.pixels));
    expect(hash(a.pixels)).toBe("8264c4325f06aada"); // on every engine
    expect(hash((await makeDigits(50, 2)).pixels)).not.toBe(hash(a.pixels));
  });

  it("look like digits: ink on a dark ground, all ten classes, no two alike", async () => {
    const { pixels, labels, size } = await makeDigits(300, 3);
    expect(new Set(labels).size).toBe(10);
    const mean = pixels.reduce((a, p) => a + p, 0) / pixels.length / 255;
    expect(mean).toBeGreaterThan(0.05);
    expect(mean).toBeLessThan(0.35);
    const texts = new Set(Array.from({ length: 300 }, (_, i) => pixels.slice(i * size, (i + 1) * size).join()));
    expect(texts.size).toBe(300);
  });
});

it("pooling averages squares and refuses a factor that does not divide", () => {
  const set = imageSet(
    "s",
    Uint8Array.from([0, 4, 8, 12, 4, 8, 12, 16, 1, 1, 1, 1, 1, 1, 1, 5]),
    Uint8Array.of(0),
    16,
    2,
  );
  expect([...poolImages(set, 2).pixels]).toEqual([4, 12, 1, 2]);
  const colours = Uint8Array.from({ length: 12 }, (_, i) => 10 * (i % 3) + Math.floor(i / 3)); // 2 × 2 of red, green, blue
  expect([...poolImages(imageSet("c", colours, Uint8Array.of(0), 12, 2, 3), 2).pixels]).toEqual([2, 12, 22]);
  expect(() => poolImages(set, 3)).toThrow("pool: expected a divisor of the side of square images (4), got 3");
});

describe("download", () => {
  let server: Server;
  let url: string;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      response.end("not MNIST");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => void server.close());

  it("keeps nothing whose sum is wrong, and says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
    await expect(downloadMnist(folder, undefined, [url])).rejects.toThrow(/could not be downloaded.*MD5/);
    expect(asked).toEqual([`/${Object.keys(mnistFiles)[0]}`]);
    expect(existsSync(join(folder, "mnist")) ? readdirSync(join(folder, "mnist")) : []).toEqual([]);
  });
});

const folder = process.env.GRADGRAD_DATA;
describe.skipIf(!folder)("MNIST in GRADGRAD_DATA", () => {
  it("is downloaded from a mirror that has it whole, after one that has not, and not again", async () => {
    const files = createServer((request, response) => {
      if (request.url!.startsWith("/broken/")) return void response.writeHead(404).end();
      response.end(readFileSync(join(folder!, "mnist", request.url!)));
    });
    await new Promise<void>((done) => files.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/`;
    const copy = mkdtempSync(join(tmpdir(), "gradgrad-"));
    const words: string[] = [];
    const get = (): Promise<void> => downloadMnist(copy, (w) => words.push(w), [`${url}broken/`, url]);
    await get();
    files.close();
    expect(readdirSync(join(copy, "mnist")).sort()).toEqual(Object.keys(mnistFiles).sort());
    expect(loadMnist(copy).train.count).toBe(55_000);
    expect(words.filter((w) => w.endsWith("sum right"))).toHaveLength(4);
    await get();
    expect(words.filter((w) => w.endsWith("already there"))).toHaveLength(4);
    rmSync(copy, { recursive: true });
  });

  it("has the official files", () => {
    const { train, test } = loadMnist(folder);
    expect([train.count, test.count, train.size]).toEqual([55_000, 10_000, 784]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  it("is refused with one byte changed", () => {
    const copy = mkdtempSync(join(tmpdir(), "gradgrad-"));
    expect(() => loadMnist(copy)).toThrow(/MNIST: expected a file, got .*Run `gradgrad data mnist`/);
    const name = "train-images-idx3-ubyte.gz";
    const bytes = readFileSync(join(folder!, "mnist", name));
    bytes[1000]! ^= 1;
    mkdirSync(join(copy, "mnist"));
    writeFileSync(join(copy, "mnist", name), bytes);
    expect(() => loadMnist(copy)).toThrow(/MD5 of .*train-images.*expected f68b/);
  });
});
if (!folder) console.warn("GRADGRAD_DATA is not set: the tests on real MNIST are skipped.");
