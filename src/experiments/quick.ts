import type { Experiment, TestSpec } from "./experiment.ts";
import type { FamilySpec } from "./families.ts";

/** Where a step costs a tenth of a second, a quick size has few of them. */
const QUICK_STEPS = { quadratic: undefined, module: undefined, mlp: undefined, convnet: 10, art: 16 } as const;

function quickFamily(family: FamilySpec): FamilySpec {
  if (family.kind === "quadratic") return { ...family, functions: Math.min(8, family.functions) };
  if (family.kind !== "art") return family;
  // Of 32 pixels four poolings leave too few.
  const shallow = (layers: readonly string[]): string[] => layers.filter((l) => !l.startsWith("block5"));
  const { side, contentLayers, styleLayers } = family;
  return {
    ...family,
    side: Math.min(32, side),
    contentLayers: shallow(contentLayers),
    styleLayers: shallow(styleLayers),
  };
}

function quickTest(t: TestSpec, methods: readonly string[]): TestSpec {
  const steps = QUICK_STEPS[t.family.kind] ?? t.steps;
  const short = steps < t.steps;
  return {
    ...t,
    family: quickFamily(t.family),
    ...(t.tuning ? { tuning: quickFamily(t.tuning) } : {}),
    tuningRefinements: 2,
    steps,
    trajectories: 2,
    tuningTrajectories: 1,
    ...(t.tuningWindow === undefined ? {} : { tuningWindow: Math.min(t.tuningWindow, steps) }),
    metrics: t.metrics
      .filter((m) => m.kind !== "sum")
      .filter((m) => short || m.kind === "final")
      .map((m) => (short ? { name: m.name, kind: "final", step: steps } : m)),
    methods,
  };
}

function quickRounds({ train, options: { unroll, secondDerivatives } }: Experiment): number {
  if (train.kind === "quadratic") return 20;
  if (secondDerivatives) return 2;
  return unroll === 100 || QUICK_STEPS[train.kind] ? 4 : 6;
}

/** The same experiment in a size that ends in seconds: it shows the way, not the numbers. */
export function quickly(e: Experiment): Experiment {
  const steps = QUICK_STEPS[e.train.kind];
  const rounds = quickRounds(e);
  const few = ["adam", e.train.kind === "art" ? "sgd" : "nag"]; // of art, those that Figure 10 is about
  const methods = e.tests.length > 3 || steps ? few : ["adam", "nag", "rmsprop", "sgd"];
  const { weights } = e.options;
  const short = steps
    ? {
        steps,
        unroll: steps / 2,
        validationSteps: steps,
        weights: typeof weights === "string" ? weights : weights.slice(-steps - 1),
      }
    : {};
  return {
    ...e,
    ...(e.startFrom ? { startFrom: quickly(e.startFrom) } : {}),
    train: quickFamily(e.train),
    validation: quickFamily(e.validation),
    options: {
      ...e.options,
      ...short,
      iterations: rounds,
      validateEvery: rounds,
      validationTrajectories: 2,
      warmup: 5,
    },
    tests: e.tests.map((t) => quickTest(t, methods)),
  };
}
