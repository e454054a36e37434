import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createRng } from "../../src/core/rng.ts";
import { checkFamily } from "../../src/evaluation/check-family.ts";
import { createFamily } from "../../src/experiments/families.ts";
import { loadImages } from "../../src/node/images.ts";
import { loadOwnExperiment, loadOwnFamily } from "../../src/node/module.ts";

const folder = fileURLToPath(new URL("../../examples", import.meta.url));
const examples = readdirSync(folder).filter((f) => f.endsWith(".ts"));

it.each(examples)("%s: a pure problem with the gradient of its loss", async (name) => {
  const experiment = await loadOwnExperiment(`${folder}/${name}`);
  const family = await createFamily(experiment.train, loadImages, undefined, loadOwnFamily);
  const { findings } = await checkFamily(family, { rng: createRng("example"), steps: 10, problems: 2 });
  expect(findings.filter((f) => f.verdict === "bad" || (f.verdict === "note" && /gradient of/.test(f.about)))).toEqual(
    [],
  );
});
