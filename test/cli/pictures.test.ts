import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makePictures } from "../../src/cli/pictures.ts";
import { experimentByName } from "../../src/experiments/registry.ts";
import { readPicture } from "../../src/node/art.ts";
import { load } from "../../src/shipped/load.ts";

const folder = mkdtempSync(join(tmpdir(), "gradgrad-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("makes a contact sheet of a test's own problems, at the rate that the test found for Adam", async () => {
  const [test] = experimentByName("neural-art-made").tests;
  if (test!.family.kind !== "art") throw new Error("expected neural art");
  const small = { ...test!, steps: 2, family: { ...test!.family, side: 32 } };
  const metrics = [{ tuned: [{ name: "adam", tuned: { learningRate: 8 } }] }];
  writeFileSync(join(folder, `${small.key}.json`), JSON.stringify({ seed: 0, metrics }));
  const figure = { name: "t", title: "T", runs: [], pictures: { problem: "", keys: [small.key], count: 2 } };
  const learned = { file: await load("neural-art"), sha256: "one" };
  const paths = await makePictures(figure, [small], learned, folder);
  expect(paths).toEqual(["svg", "png"].map((end) => join(folder, "figures", `figure-t.${end}`)));
  const svg = readFileSync(paths[0]!, "utf8");
  const pictures = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map((m) => m[1]!);
  expect(pictures).toHaveLength(8); // content, style, learned, Adam
  expect(pictures[1]).toBe(pictures[5]); // one style
  expect(pictures[2]).not.toBe(pictures[3]);
  expect(svg.match(/>loss [0-9.]+</g)).toHaveLength(4);
  expect((await readPicture(paths[1]!)).width).toBeGreaterThan(600);
  // What is there of the same optimizer is taken; of another it is made anew.
  writeFileSync(paths[0]!, svg.replace(">T<", ">taken<"));
  expect(await makePictures(figure, [small], learned, folder)).toEqual([paths[0]]);
  expect(readFileSync(paths[0]!, "utf8")).toContain(">taken<");
  await makePictures(figure, [small], { ...learned, sha256: "other" }, folder);
  expect(readFileSync(paths[0]!, "utf8")).not.toContain(">taken<");
  rmSync(join(folder, `${small.key}.json`));
  await expect(makePictures(figure, [small], learned, folder)).rejects.toThrow("result: expected a file");
  expect(existsSync(paths[0]!)).toBe(true);
});
