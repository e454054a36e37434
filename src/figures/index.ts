export * from "./learning-curves.ts";
export * from "./meta-progress.ts";
export * from "./report.ts";
