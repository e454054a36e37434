/** gradgrad: trained optimizers. Everything that runs in Node and in a browser; classifiers are `gradgrad/problems/mlp`. */
export * from "./core/check.ts";
export * from "./core/layout.ts";
export { createRng, type Rng, type RngState } from "./core/rng.ts";
export { type CheckFamilyOptions, checkFamily, type FamilyReport } from "./evaluation/check-family.ts";
export type { Finding } from "./evaluation/finding.ts";
export * from "./evaluation/index.ts";
export { type EsmOptions, exportEsm } from "./export/esm.ts";
export type { LstmKernel, ReplayJob } from "./kernels/lstm-kernel.ts";
export { referenceKernel } from "./kernels/lstm-reference.ts";
export { type LstmShape, type Preprocessing, phiLayout } from "./kernels/lstm-shape.ts";
export { type Simd, simdAvailable, wasmKernel } from "./kernels/lstm-wasm.ts";
export {
  type Averaging,
  averagingDefaults,
  type CoupledShape,
  type MemoryShape,
  memoryDefaults,
} from "./learned/coupled-shape.ts";
export * from "./learned/file.ts";
export * from "./learned/lstm.ts";
export * from "./learned/network.ts";
export type { Group, SeveralShape } from "./learned/several.ts";
export type { Teacher } from "./meta/imitate.ts";
export { localRunner } from "./meta/runner.ts";
export * from "./meta/train.ts";
export { lbfgs } from "./optimizers/lbfgs.ts";
export { newtonCg } from "./optimizers/newton-cg.ts";
export type { LineSearchOptimizer, Method, Optimizer } from "./optimizers/optimizer.ts";
export * from "./optimizers/registry.ts";
export { type CheckGradientOptions, checkGradient, type GradientCheck } from "./problems/check-gradient.ts";
export { type FamilyOptions, problemFamily } from "./problems/family.ts";
export type { Problem, ProblemFamily } from "./problems/problem.ts";
export { type QuadraticOptions, quadraticDefaults, quadratics } from "./problems/quadratic.ts";
export { load, type Shipped, shippedOptimizers } from "./shipped/load.ts";
