export * from "./compare.ts";
export * from "./metrics.ts";
export * from "./run.ts";
export * from "./statistics.ts";
export * from "./summary.ts";
export * from "./tune.ts";
