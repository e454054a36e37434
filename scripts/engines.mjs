// node scripts/engines.mjs OUT RUNTIME…: meta-trains for a few rounds in each runtime (node, bun, a path) and compares the bytes of φ.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { provenance } from "../dist/cli/provenance.js";
import { defaultLstm } from "../dist/learned/lstm.js";
import { localRunner } from "../dist/meta/runner.js";
import { initialCheckpoint, metaTrain, metaTrainDefaults } from "../dist/meta/train.js";
import { writeWhole } from "../dist/node/write.js";
import { quadratics } from "../dist/problems/quadratic.js";

async function trained() {
  const options = { ...metaTrainDefaults, shape: defaultLstm, iterations: 8, validateEvery: 4 };
  const c = initialCheckpoint(options);
  for await (const _ of metaTrain(options, localRunner(quadratics({ functions: 4 })), c));
  const engine = process.versions.bun
    ? `JavaScriptCore, Bun ${process.versions.bun}`
    : `V8 ${process.versions.v8}, Node ${process.version}`;
  return { engine, phi: createHash("sha256").update(new Uint8Array(c.phi.buffer)).digest("hex") };
}

const [out, ...runtimes] = process.argv.slice(2);
if (out === undefined) console.log(JSON.stringify(await trained()));
else {
  const self = fileURLToPath(import.meta.url);
  const engines = runtimes.map((r) => JSON.parse(execFileSync(r, [self], { encoding: "utf8" })));
  const same = engines.filter((e) => e.phi === engines[0].phi).length;
  const values = { "engines/same-bytes": { value: same, n: engines.length } };
  const from = provenance("node scripts/engines.mjs results node NODE24 BUN", 0);
  writeWhole(`${out}/engines.json`, `${JSON.stringify({ ...from, engines, values }, null, 1)}\n`);
  for (const { engine, phi } of engines) console.log(phi.slice(0, 16), engine);
}
