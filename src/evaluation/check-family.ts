import { log } from "../core/math.ts";
import type { Rng } from "../core/rng.ts";
import { adamMethod } from "../optimizers/adam.ts";
import type { ProblemFamily } from "../problems/problem.ts";
import { checkGradients } from "./check-family-gradient.ts";
import { alongAdam, noiseOfMinibatches } from "./check-family-scales.ts";
import { brief, type Finding, finding } from "./finding.ts";
import { meanOver } from "./metrics.ts";
import { tuneLearningRate, tuningRuns } from "./tune.ts";

/** How long `checkFamily` looks. */
export interface CheckFamilyOptions {
  readonly rng: Rng;
  /** Steps of the runs that are looked at. Default 100. */
  readonly steps?: number;
  /** Problems that are looked at. Default 4. */
  readonly problems?: number;
  /** The clock, in milliseconds, for the time a step takes; without it that is left out. */
  readonly now?: () => number;
}

/** What was found, and options of a meta-training that fit. */
export interface FamilyReport {
  readonly findings: readonly Finding[];
  readonly suggestion: {
    readonly preprocessing: "log-sign" | "scale";
    /** Brings large gradients to about 1. */
    readonly inputScale: number;
    /** Three times the step of tuned Adam. */
    readonly outputScale: number;
  };
}

/** What fits before anything is known. */
const UNKNOWN: FamilyReport["suggestion"] = { preprocessing: "log-sign", inputScale: 1, outputScale: 0.1 };

const NO_GRADIENT: Finding = {
  about: "gradient",
  verdict: "bad",
  words: "every gradient is zero",
  advice: "the loss must depend on θ, and lossAndGrad write ∇f: there is nothing to learn from",
};

/** The nearest of 1, 2 and 5 times a power of ten, in the logarithm. */
export function roundNumber(x: number): number {
  let best = 1;
  for (let e = -12; e <= 12; e++)
    for (const m of [1, 2, 5]) {
      const v = Number(`${m}e${e}`);
      if (Math.abs(log(v / x)) < Math.abs(log(best / x))) best = v;
    }
  return best;
}

/**
 * Looks at a problem family before it is trained on: are its problems pure functions of their seed, is the gradient that of the
 * loss, how large and how noisy are gradients, and which preprocessing and scales fit.
 *
 * @example
 * const { findings } = await checkFamily(family, { rng: createRng(0) });
 * for (const f of findings) console.log(f.verdict, f.about, f.words, f.advice ?? "");
 */
export async function checkFamily(family: ProblemFamily, options: CheckFamilyOptions): Promise<FamilyReport> {
  const { rng, steps = 100, problems = 4, now } = options;
  const findings: Finding[] = [];
  findings.push(...(await checkPurity(family, rng.split("purity"))));
  // What is not finite where a run starts has no gradient to compare, and no rate to tune.
  if (findings[0]!.verdict === "bad") return { findings, suggestion: UNKNOWN };
  findings.push(...(await checkGradients(family, rng.split("gradient"), problems)));
  const one = family.sample(rng.split("noise problem"));
  findings.push(await noiseOfMinibatches(one, rng.split("noise")));
  one.dispose?.();
  // A broken gradient tunes nothing.
  if (findings.some((f) => f.verdict === "bad")) return { findings, suggestion: UNKNOWN };

  const window = Math.max(1, Math.floor(steps / 10));
  const { learningRate, score } = await tuneLearningRate(
    adamMethod,
    tuningRuns(family, steps, rng.split("tune"), problems),
    { metric: meanOver(steps - window + 1, steps), refinements: 1 },
  );
  const seen = await alongAdam(family, rng.split("along"), steps, problems, learningRate, now);
  const inputScale = roundNumber(1 / seen.large);
  const decades = Math.log10(seen.large / seen.small);
  findings.push(
    finding(
      "scale of gradients",
      `along tuned Adam (rate ${brief(learningRate)}, loss ${brief(seen.before)} → ${brief(score)}), nine in ten that are not zero lie between ${brief(seen.small)} and ${brief(seen.large)}, ${decades.toFixed(1)} decades`,
      !(seen.large > 1e-2 && seen.large < 100) && {
        verdict: "note",
        advice: `set shape.inputScale=${inputScale}, so that log|∇|/p is spread over its range`,
      },
    ),
    finding(
      "coordinates without a gradient",
      `${(100 * seen.zeros).toFixed(1)}% of all gradients are exactly zero`,
      seen.zeros > 0.99 && { verdict: "note", advice: "hardly any parameter matters to the loss" },
    ),
  );
  if (seen.zeros === 1) return { findings: [...findings, NO_GRADIENT], suggestion: UNKNOWN };
  const outputScale = roundNumber(3 * learningRate);
  findings.push(
    finding(
      "size of steps",
      `tuned Adam moves a parameter by up to ${brief(learningRate)} a step`,
      !(outputScale >= 0.02 && outputScale <= 0.5) && {
        verdict: "note",
        advice: `set shape.outputScale=${outputScale}: the network's output is of the order of 1`,
      },
    ),
  );
  if (seen.milliseconds !== undefined)
    findings.push(finding("time", `${brief(seen.milliseconds)} ms for a loss and gradient`));
  const preprocessing = decades < 1 ? "scale" : "log-sign";
  findings.push(
    finding(
      "preprocessing",
      preprocessing === "scale"
        ? "gradients span less than a decade: a constant rescaling may do, and log-and-sign does no harm"
        : 'gradients span more than a decade, so log-and-sign (the default); where it stalls, --set \'shape.preprocessing={"kind":"scale"}\' is worth a run',
    ),
  );
  return { findings, suggestion: { preprocessing, inputScale, outputScale } };
}

/** Meta-training asks for the same problem at every unroll, and for the same minibatch of all optimizers. */
async function checkPurity(family: ProblemFamily, rng: Rng): Promise<Finding[]> {
  const state = rng.state();
  const look = async (): Promise<{
    loss: number;
    again: number;
    grad: Float32Array;
    repeat: Float32Array;
    moved: boolean;
  }> => {
    rng.restore(state);
    const problem = family.sample(rng.split("problem"));
    const n = problem.layout.size;
    const theta = new Float32Array(n);
    problem.init(rng.split("theta"), theta);
    const before = theta.slice();
    const batch = problem.batch(rng.split("batch"));
    const grad = new Float32Array(n);
    const repeat = new Float32Array(n).fill(Number.NaN); // what is not written stays
    const loss = await problem.lossAndGrad(theta, batch, grad);
    const again = await problem.lossAndGrad(theta, batch, repeat);
    problem.dispose?.();
    return { loss, again, grad, repeat, moved: theta.some((x, i) => x !== before[i]) };
  };
  const [a, b] = [await look(), await look()];
  const same = (x: Float32Array, y: Float32Array): boolean => x.every((v, i) => Object.is(v, y[i]));
  const bad = (advice: string): { verdict: "bad"; advice: string } => ({ verdict: "bad", advice });
  const finite = Number.isFinite(a.loss) && a.grad.every(Number.isFinite);
  return [
    finding(
      "loss at θ₀",
      `${brief(a.loss)}, of ${a.grad.length} parameters`,
      !finite && bad("loss and gradient must be finite where a run starts: look at init"),
    ),
    finding(
      "one problem a seed",
      Object.is(a.loss, b.loss) && same(a.grad, b.grad)
        ? "the same rng gives the same loss and gradient"
        : "the same rng gave two problems",
      !(Object.is(a.loss, b.loss) && same(a.grad, b.grad)) &&
        bad("draw everything from the rng that is given: no Math.random, no state kept between problems"),
    ),
    finding(
      "whole gradient written",
      same(a.grad, a.repeat) && Object.is(a.loss, a.again)
        ? "every element, the same twice"
        : "a second call left elements unwritten, or differs",
      !(same(a.grad, a.repeat) && Object.is(a.loss, a.again)) &&
        bad("write every element of grad (begin with grad.fill(0)), and keep nothing between calls"),
    ),
    finding(
      "θ left alone",
      a.moved ? "lossAndGrad changed θ" : "lossAndGrad only reads it",
      a.moved && bad("copy θ before changing it"),
    ),
  ];
}
