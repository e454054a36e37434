import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "./documents.ts";

const folder = mkdtempSync(join(root, "test", "house", "docstrings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".ts") && !f.endsWith(".generated.ts"))
  .map((f) => ({ file: f.replaceAll("\\", "/"), text: readFileSync(join(root, "src", f), "utf8") }));

/** Where each exported value is made. */
const homes = new Map(
  sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(([, name]) => [name!, file] as const),
  ),
);

/** What examples take for granted: a problem, a family, a model with its data. */
const given: Readonly<Record<string, string>> = {
  family: "const family = quadratics();",
  problem: "const problem = quadratics().sample(createRng(0));",
  tf: 'import * as tf from "@tensorflow/tfjs";',
  np: 'import { numpy as np, tree } from "@jax-js/jax";',
  model: `const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 2 })] });
const count = 64;
const [x, y] = [tf.randomNormal([count, 4]), tf.oneHot(tf.randomUniform([count], 0, 2, "int32"), 2)];`,
  params: "let params = np.zeros([3]); const grads = np.zeros([3]); let updates;",
};
/** What else each of these needs. */
const needs: Readonly<Record<string, readonly string[]>> = { model: ["tf"], params: ["np"] };

const examples = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/@example\n([\s\S]*?)\n\s*(?:\* @|\*\/)/g)].map(
    ([, block], i) => [`${file} ${i + 1}`, block!.replaceAll(/^ *\* ?/gm, "")] as const,
  ),
);

it.each(examples)("the example of %s runs", async (name, code) => {
  const says = (word: string): boolean => new RegExp(`(?<![.\\w])${word}\\b`).test(code);
  const makes = (word: string): boolean => new RegExp(`(?:const|let) [^=;]*\\b${word}\\b`).test(code);
  const asked = Object.keys(given).filter((word) => says(word) && !makes(word));
  const all = new Set(asked.flatMap((word) => [...(needs[word] ?? []), word]));
  const before = Object.keys(given)
    .filter((word) => all.has(word))
    .map((word) => given[word]!);
  const whole = [...before, code].join("\n");
  const named = [...homes].filter(
    ([word]) => new RegExp(`(?<![.\\w"])${word}\\b(?!")`).test(whole) && !whole.includes(`const ${word} `),
  );
  const imports = named.map(([word, file]) => `import { ${word} } from ${JSON.stringify(join(root, "src", file))};`);
  const path = join(folder, `${name.replaceAll(/\W+/g, "-")}.ts`);
  writeFileSync(path, [...imports, whole].join("\n"));
  await import(path);
});

it("there are examples", () => expect(examples.length).toBeGreaterThan(15));
