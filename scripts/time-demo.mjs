// node scripts/time-demo.mjs OUT: how long README's first command takes here, `npm start` after `npm ci`, build and all.
import { spawnSync } from "node:child_process";
import { provenance } from "../dist/cli/provenance.js";
import { writeWhole } from "../dist/node/write.js";

const [out] = process.argv.slice(2);
const start = performance.now();
const { status } = spawnSync("npm", ["start"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
const seconds = (performance.now() - start) / 1000;
const values = { "demo/seconds": { value: Number(seconds.toPrecision(3)), n: 1 } };
const from = provenance("node scripts/time-demo.mjs results", 0);
writeWhole(`${out}/first-command.json`, `${JSON.stringify({ ...from, values }, null, 1)}\n`);
console.log(`${out}/first-command.json: ${seconds.toFixed(1)} s`);
