import { join } from "node:path";
import { threeHeadsError } from "../experiments/bfgs-heads.ts";
import { releasedGolden } from "../experiments/golden.ts";
import { metaGradientErrors, sampledReplayBias } from "../experiments/golden-gradient.ts";
import { jaxParity } from "../jax/parity.ts";
import { checkFolder, writeWhole } from "../node/write.ts";
import { load } from "../shipped/load.ts";
import { provenance } from "./provenance.ts";
import { sayer } from "./say.ts";

/** Runs what other implementations say the numbers of, and writes golden.json. */
export async function goldenCommand({ out, json }: { readonly out: string; readonly json: boolean }): Promise<void> {
  const say = sayer(json);
  checkFolder("--out", out);
  const { cost, x } = await releasedGolden();
  const heads = threeHeadsError();
  const jax = jaxParity(await load("mnist-mlp"));
  const draws = 2000;
  const errors = metaGradientErrors();
  const bias = sampledReplayBias("stratified", draws);
  const importanceBias = sampledReplayBias("importance", draws);
  const values = {
    "golden/cost": { value: cost, n: 1 },
    "golden/x": { value: x, n: 1 },
    "golden/meta-gradient-error": { value: errors.reference, n: 10 },
    "golden/meta-gradient-error-kernel": { value: errors.kernel, n: 10 },
    "golden/sampled-replay-bias": { value: bias, n: draws },
    "golden/sampled-replay-bias-importance": { value: importanceBias, n: draws },
    "ntm-bfgs/bfgs-three-heads-error": { value: heads, n: 10 },
    "jax/parity": { value: jax, n: 100 },
  };
  const path = join(out, "golden.json");
  writeWhole(path, `${JSON.stringify({ ...provenance("gradgrad golden", 0), values }, null, 1)}\n`);
  say(`cost ${cost.toFixed(7)} (released 0.7325326), x ${x.toFixed(4)} (released 0.8559)`);
  say(
    `meta-gradient against differences at frozen inputs: relative error ${errors.reference.toExponential(1)} in the float64 reference, ${errors.kernel.toExponential(1)} in the kernels`,
  );
  say(
    `a quarter of the coordinates replayed: the mean of ${draws} is ${bias.toFixed(1)} standard errors from all of them, drawn by importance ${importanceBias.toFixed(1)}`,
  );
  say(`three write heads against BFGS's update: relative error ${heads.toExponential(1)}`);
  say(`mnist-mlp in jax-js against the kernels: largest difference ${jax.toExponential(1)}`);
  if (json) console.log(JSON.stringify({ path, values }));
}
