import type { Vec } from "../core/layout.ts";
import { exp } from "../core/math.ts";
import { createRng } from "../core/rng.ts";
import { type Finding, finding } from "../evaluation/finding.ts";
import { type LstmShape, stateSize } from "../kernels/lstm-shape.ts";
import { type NetworkShape, openNetwork, placedParts } from "../learned/network.ts";
import { placeOf, problemOf, startTrajectory } from "../meta/unroll.ts";
import type { ProblemFamily } from "../problems/problem.ts";

/** What one network saw and did along a trajectory. */
interface Seen {
  readonly name: string;
  readonly shape: LstmShape;
  /** Sums over coordinates and steps. */
  count: number;
  /** |∇| · inputScale below e^−p, and above 1. */
  small: number;
  large: number;
  /** |update| / outputScale. */
  output: number;
  /** By unit the least and the largest h. */
  readonly least: Float64Array;
  readonly most: Float64Array;
}

const percent = (x: number): string => `${Number((100 * x).toPrecision(2))}%`;

/** Inputs, states and outputs of every coordinatewise LSTM of a network, along one trajectory. */
export async function networkFindings(
  family: ProblemFamily,
  shape: NetworkShape,
  phi: Vec,
  seed: string,
  steps: number,
): Promise<Finding[]> {
  const problem = problemOf(family, seed);
  const place = placeOf(problem, "strict");
  const { theta, batches } = startTrajectory(problem, shape, seed);
  const rng = createRng(seed).split("batches");
  rng.restore(batches);
  const network = openNetwork(shape, place);
  network.load(phi);
  network.reset();
  const [grad, delta] = [new Float32Array(theta.length), new Float32Array(theta.length)];
  const parts = partsOf(shape, place);
  for (let t = 0; t < steps; t++) {
    const loss = await problem.lossAndGrad(theta, problem.batch(rng), grad);
    if (!Number.isFinite(loss)) break;
    network.forward(grad, delta);
    const state = network.saveState();
    for (const p of parts) look(p.seen, p.gather(grad), p.gather(delta), p.stateOf(state));
    for (let i = 0; i < theta.length; i++) theta[i]! += delta[i]!;
  }
  network.close();
  problem.dispose?.();
  return parts.flatMap(({ seen }) => tell(seen));
}

interface Looked {
  readonly seen: Seen;
  gather(v: Vec): Vec;
  stateOf(state: Vec): Vec;
}

/** Networks whose coordinates share information keep other states: only plain LSTMs are looked into. */
function partsOf(shape: NetworkShape, place: Parameters<typeof placedParts>[1]): Looked[] {
  const seenOf = (name: string, net: LstmShape): Seen => {
    const units = net.layers * net.hidden;
    const [least, most] = [new Float64Array(units).fill(2), new Float64Array(units).fill(-2)];
    return { name, shape: net, count: 0, small: 0, large: 0, output: 0, least, most };
  };
  if (!("kind" in shape)) return [{ seen: seenOf("", shape), gather: (v) => v, stateOf: (s) => s }];
  if (shape.kind !== "several") return [];
  return placedParts(shape, place).flatMap(({ group, gather, stateOf }) =>
    "kind" in group.net ? [] : [{ seen: seenOf(`${group.name}: `, group.net), gather, stateOf }],
  );
}

/** Adds a step. A state is [block of 8 coordinates][layer][h, c][unit][8]. */
function look(seen: Seen, grad: Vec, delta: Vec, state: Vec): void {
  const { shape } = seen;
  const { preprocessing, hidden, layers, inputScale, outputScale } = shape;
  const low = preprocessing.kind === "log-sign" ? exp(-preprocessing.p) : 0;
  for (let i = 0; i < grad.length; i++) {
    const g = Math.abs(grad[i]!) * inputScale;
    if (g === 0) continue;
    seen.count++;
    if (g < low) seen.small++;
    if (g > 1) seen.large++;
    seen.output += Math.abs(delta[i]!) / outputScale;
  }
  const per = stateSize(shape);
  for (let i = 0; i < grad.length; i++)
    for (let l = 0; l < layers; l++)
      for (let u = 0; u < hidden; u++) {
        const h = state[(i >> 3) * 8 * per + 8 * (2 * l * hidden + u) + (i & 7)]!;
        const k = l * hidden + u;
        if (h < seen.least[k]!) seen.least[k] = h;
        if (h > seen.most[k]!) seen.most[k] = h;
      }
}

function tell(seen: Seen): Finding[] {
  const { name, shape, count, small, large, output, least, most } = seen;
  if (count === 0)
    return [finding(`${name}inputs`, "every gradient was zero", { verdict: "bad", advice: "gradgrad check" })];
  const dead = least.reduce((a, x, k) => a + Number(most[k]! - x < 0.01), 0);
  const size = output / count;
  const logged = shape.preprocessing.kind === "log-sign";
  return [
    finding(
      `${name}inputs`,
      logged
        ? `${percent(small / count)} of the gradients that are not zero are below e^−p, ${percent(large / count)} above 1`
        : `${percent(large / count)} of the gradients that are not zero are above 1 after scaling`,
      small > 0.5 * count
        ? {
            verdict: "note",
            advice: "most are too small to tell apart: a larger shape.inputScale or p (gradgrad check says which)",
          }
        : large > (logged ? 0.9 : 0.1) * count && {
            verdict: "note",
            advice: "a smaller shape.inputScale (gradgrad check says which)",
          },
    ),
    finding(
      `${name}updates`,
      `their mean size is ${size.toPrecision(3)} times outputScale = ${shape.outputScale}`,
      size < 1e-4
        ? {
            verdict: "bad",
            advice:
              "φ is dead: it does not move θ. A larger shape.outputScale, or start again with a lower learningRate",
          }
        : size > 3 && { verdict: "note", advice: "a larger shape.outputScale would suit the network's range" },
    ),
    finding(
      `${name}units`,
      `${dead} of ${least.length} never change, along all coordinates and steps`,
      dead > 0.5 * least.length && {
        verdict: "note",
        advice: "most of the network is idle: fewer hidden units do, or a lower learningRate keeps more alive",
      },
    ),
  ];
}
