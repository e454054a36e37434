// Meta-training as a whole (rollout, replay, Adam, validation) on one and on two threads: seconds a round.
import { performance } from "node:perf_hooks";
import { experimentByName } from "../dist/experiments/registry.js";
import { initialCheckpoint, metaTrain } from "../dist/meta/train.js";
import { poolRunner } from "../dist/node/pool.js";

const WARM = 3; // rounds in which engines still compile and images are made
const median = (v) => [...v].sort((a, b) => a - b)[v.length >> 1];

/** The two alternate; each call times `TIMED` rounds after the warm ones, with validation every second round. */
export async function twoThreads(repeats, TIMED = 6) {
  const experiment = experimentByName("digits");
  const iterations = WARM + TIMED;
  const options = { ...experiment.options, iterations, metaBatch: 2, validateEvery: 2, validationTrajectories: 2 };
  const seconds = { 1: [], 2: [] };
  for (let r = 0; r < repeats; r++)
    for (const threads of [1, 2]) {
      const runner = poolRunner({ train: experiment.train, validation: experiment.validation }, threads);
      let start = 0;
      for await (const { iteration } of metaTrain(options, runner, initialCheckpoint(options)))
        if (iteration === WARM) start = performance.now();
      seconds[threads].push((performance.now() - start) / 1000 / TIMED);
      await runner.close();
    }
  return { unit: "seconds a round", one: median(seconds[1]), two: median(seconds[2]) };
}
