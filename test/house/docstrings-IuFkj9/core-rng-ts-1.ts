import { createRng } from "/work/main/src/core/rng.ts";
const rng = createRng(1); const theta0 = rng.split("theta").normal();