import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../core/check.ts";
import { createRng } from "../core/rng.ts";
import { runTrajectory } from "../evaluation/index.ts";
import { watched } from "../evaluation/watched.ts";
import type { TestSpec } from "../experiments/experiment.ts";
import { createFamily } from "../experiments/families.ts";
import type { PaperFigure } from "../experiments/paper-figures.ts";
import { contactSheet, type SheetRow } from "../figures/contact-sheet.ts";
import { toPng } from "../figures/png.ts";
import { bindNetwork } from "../learned/network.ts";
import { encodePicture, loadArt } from "../node/art.ts";
import { loadImages } from "../node/images.ts";
import { writeWhole } from "../node/write.ts";
import { methodByName } from "../optimizers/registry.ts";
import { fitted } from "../problems/neural-art.ts";
import { createProgress } from "./progress.ts";
import { sha256 } from "./results.ts";
import type { ReadOptimizer } from "./start.ts";
import { readResult } from "./summary.ts";

/**
 * Makes test pictures again, the very ones of the results, by the learned optimizer and by tuned Adam: a contact sheet. One that
 * says that it was made of the same optimizer and results is left as it is.
 */
export async function makePictures(
  figure: PaperFigure,
  all: readonly TestSpec[],
  { file, sha256: optimizer }: ReadOptimizer,
  folder: string,
): Promise<string[]> {
  const { keys, count } = figure.pictures!;
  const tests = all.filter((t) => keys.includes(t.key));
  const base = join(folder, "figures", `figure-${figure.name}`);
  const rates = tests.map(({ key }) =>
    readResult(folder, key).metrics![0]!.tuned.map((t) => [t.name, t.tuned.learningRate]),
  );
  const madeOf = `<!-- made of ${sha256(new TextEncoder().encode(JSON.stringify([optimizer, tests, rates])))} -->`;
  if (existsSync(`${base}.svg`) && readFileSync(`${base}.svg`, "utf8").includes(madeOf)) return [`${base}.svg`];
  const learned = bindNetwork(file.shape, file.phi);
  const rows: SheetRow[] = [];
  const progress = createProgress(`pictures of figure ${figure.name}`);
  for (const test of tests) {
    const { family, key, steps } = test;
    check(family.kind === "art", key, "neural art", family.kind);
    const { seed, metrics } = readResult(folder, key);
    const adam = metrics![0]!.tuned.find((t) => t.name === "adam")!.tuned.learningRate;
    const art = await createFamily(family, loadImages, loadArt);
    const contents = await createFamily({ ...family, start: "content" }, loadImages, loadArt);
    const style = await fitted(await loadArt.style(family.style), family.side);
    for (let k = 0; k < count; k++) {
      const rng = createRng(`test/${key}/${seed}/test`).split(k); // as the test's own
      const content = new Float32Array(3 * family.side * family.side);
      contents.sample(rng.split("problem"), k).init(rng.split("theta"), content);
      const pictures = [await encodePicture(content, family.side), await encodePicture(style, family.side)];
      const words = ["", ""];
      for (const optimizer of [learned, methodByName("adam").create(adam, steps)]) {
        let last: Float32Array = content;
        const problem = watched(art.sample(rng.split("problem"), k), (_, theta) => {
          last = theta.slice();
        });
        const [run] = await runTrajectory(problem, optimizer, { steps, rng });
        pictures.push(await encodePicture(last, family.side));
        words.push(`loss ${run!.losses[steps]!.toPrecision(3)}`);
        progress.update(rows.length + pictures.length / 4, tests.length * count, key);
      }
      rows.push({ pictures, words });
    }
  }
  progress.end();
  const sheet = contactSheet(
    ["content", "style", "LSTM (learned)", "Adam, tuned"],
    rows,
    figure.title,
    "From the same noise. The first rows at the training size and style, the last at twice the size and a new style.",
  );
  writeWhole(`${base}.svg`, sheet.replace(/<\/svg>\s*$/, `${madeOf}</svg>\n`));
  writeWhole(`${base}.png`, toPng(sheet));
  return [`${base}.svg`, `${base}.png`];
}
