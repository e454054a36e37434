import { type Finding, finding } from "../evaluation/finding.ts";
import type { MetaTrainOptions, Report } from "../meta/train.ts";

/** What the record of a meta-training tells: rounds with a validation, in order. */
export function historyFindings(history: readonly Report[], o: MetaTrainOptions): Finding[] {
  const validated = history.filter((r) => r.validation !== undefined);
  const lost = history.reduce((a, r) => a + r.nonFinite, 0);
  const findings = [
    finding(
      "trajectories lost",
      `${lost} ended in a loss that was not finite, in the ${history.length} rounds that the record keeps`,
      lost > 0.05 * history.length * o.metaBatch && {
        verdict: "note",
        advice: "lower learningRate or shape.outputScale, or a longer warmup",
      },
    ),
  ];
  if (validated.length >= 4) {
    // JSON has no Infinity: a validation that diverged reads null.
    const scores = validated.map((r) => r.validation ?? Number.POSITIVE_INFINITY);
    const best = Math.min(...scores);
    const when = scores.indexOf(best);
    const last = scores.at(-1)!;
    const early = scores[Math.floor(0.75 * scores.length) - 1]!;
    findings.push(
      finding(
        "validation",
        `best ${best.toPrecision(4)} after round ${validated[when]!.iteration} of ${o.iterations}, last ${last.toPrecision(4)}`,
        when >= scores.length - 2 && best < 0.9 * early
          ? { verdict: "note", advice: "it was still falling: more iterations" }
          : last > 1.2 * best && {
              verdict: "note",
              advice: "it rose after its best: a lower learningRate, or fewer iterations",
            },
      ),
    );
  }
  const clipped = history.filter((r) => r.gradientNorm > o.clip).length / history.length;
  if (o.clip > 0 && history.length > 0)
    findings.push(
      finding(
        "clipping",
        `${Math.round(100 * clipped)}% of the rounds' last meta-gradients were longer than clip = ${o.clip}${clipped > 0.9 ? ": the learning rate alone sets the steps of φ" : ""}`,
      ),
    );
  return findings;
}
