import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { decodeOptimizer } from "../../src/learned/file.ts";
import { load, shippedOptimizers } from "../../src/shipped/load.ts";

const test = {
  quadratic: "quadratic-uniform",
  "mnist-mlp": "mnist",
  "digits-mlp": "digits",
  "cifar-convnet": "cifar10",
  "neural-art": "neural-art-64",
} as Record<string, string>;
const experiment = { "neural-art": "neural-art" } as Record<string, string>;

it.each(Object.keys(shippedOptimizers))("%s is the headline seed of its test, under 50 KB", async (name) => {
  const file = await load(name);
  const key = test[name] ?? name;
  const { headline } = JSON.parse(readFileSync(`results/${key}.json`, "utf8")) as { headline: { lstm: number } };
  const bytes = readFileSync(`results/optimizers/${experiment[name] ?? key}-seed${headline.lstm}.safetensors`);
  expect(file).toEqual(decodeOptimizer(bytes));
  expect(bytes.length).toBeLessThan(50_000);
});

it("an unknown name is answered with those that exist", async () => {
  await expect(load("toString")).rejects.toThrow(/optimizer: expected one of quadratic, .*got "toString"/);
});
