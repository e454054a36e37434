// Meta-training as a whole (rollout, replay, Adam, validation) on one and on two threads: seconds a round.
import { performance } from "node:perf_hooks";
import { experimentByName } from "../dist/experiments/registry.js";
import { initialCheckpoint, metaTrain } from "../dist/meta/train.js";
import { poolRunner } from "../dist/node/pool.js";

export async function twoThreads(repeats) {
  const experiment = experimentByName("digits");
  const options = { ...experiment.options, iterations: 4, metaBatch: 2, validateEvery: 4, validationTrajectories: 4 };
  const seconds = { 1: [], 2: [] };
  for (let r = 0; r < repeats; r++)
    for (const threads of [1, 2]) {
      const runner = poolRunner({ train: experiment.train, validation: experiment.validation }, threads);
      const warm = metaTrain({ ...options, iterations: 1 }, runner, initialCheckpoint({ ...options, iterations: 1 }));
      for await (const _ of warm);
      const start = performance.now();
      for await (const _ of metaTrain(options, runner, initialCheckpoint(options)));
      seconds[threads].push((performance.now() - start) / 1000);
      await runner.close();
    }
  const median = (v) => [...v].sort((a, b) => a - b)[v.length >> 1];
  return { one: median(seconds[1]), two: median(seconds[2]) };
}
