// Meta-training as a whole (rollout, replay, Adam, validation) on one and on two threads, and two such runs side by side, which
// share nothing: what the machine itself gives a second thread. Seconds a round.
import { performance } from "node:perf_hooks";
import { experimentByName } from "../dist/experiments/registry.js";
import { initialCheckpoint, metaTrain } from "../dist/meta/train.js";
import { poolRunner } from "../dist/node/pool.js";

const WARM = 3; // rounds in which engines still compile and images are made
const median = (v) => [...v].sort((a, b) => a - b)[v.length >> 1];

/** The three alternate; each call times `TIMED` rounds after the warm ones, with validation every second round. */
export async function twoThreads(repeats, TIMED = 6) {
  const experiment = experimentByName("digits");
  const iterations = WARM + TIMED;
  const options = { ...experiment.options, iterations, metaBatch: 2, validateEvery: 2, validationTrajectories: 2 };
  const secondsOf = async (threads) => {
    const runner = poolRunner({ train: experiment.train, validation: experiment.validation }, threads);
    let start = 0;
    for await (const { iteration } of metaTrain(options, runner, initialCheckpoint(options)))
      if (iteration === WARM) start = performance.now();
    const seconds = (performance.now() - start) / 1000 / TIMED;
    await runner.close();
    return seconds;
  };
  const [one, two, pair] = [[], [], []];
  for (let r = 0; r < repeats; r++) {
    one.push(await secondsOf(1));
    two.push(await secondsOf(2));
    pair.push(Math.max(...(await Promise.all([secondsOf(1), secondsOf(1)]))));
  }
  return { unit: "seconds a round", one: median(one), two: median(two), "two runs side by side": median(pair) };
}
