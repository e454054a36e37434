import type { MetaTrainOptions } from "../meta/train.ts";
import type { FamilySpec } from "./families.ts";

/** One experiment: what to meta-train on, how, and on which problems to test. CLI, page and tests run the same ones. */
export interface Experiment {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** The problem in plain words, for someone who has never heard of the paper. */
  readonly words: string;
  /** Its row in the results of its problem, where that is not "lstm": another recipe or another network. */
  readonly row?: { readonly name: string; readonly label: string };
  /** Where this one only tests: name of the experiment whose optimizer it tests, on problems that it was not trained for. */
  readonly optimizerOf?: string;
  /** Trained before this one, on a cheaper cousin of the problem; this one starts from its φ. */
  readonly startFrom?: Experiment;
  readonly train: FamilySpec;
  /** Chooses φ. Streams are disjoint from those of meta-training and of the tests. */
  readonly validation: FamilySpec;
  readonly options: MetaTrainOptions;
  readonly tests: readonly TestSpec[];
}

/** The loss after a step, or the sum or mean of the losses of steps `from` … `step`. */
export type TestMetric =
  | { readonly name: string; readonly kind: "final"; readonly step: number }
  | { readonly name: string; readonly kind: "sum" | "mean"; readonly from: number; readonly step: number };

/** One comparison on fresh problems. */
export interface TestSpec {
  /** First part of the keys in results/summary.json. */
  readonly key: string;
  /** Title of its figure, where the experiment's does not tell its tests apart. */
  readonly title?: string;
  readonly family: FamilySpec;
  /**
   * Chooses the baselines' learning rates. Default `family`, in streams of its own: then the baselines are tuned on the very kind
   * of problem that is tested, also where the learned optimizer never saw it.
   */
  readonly tuning?: FamilySpec;
  readonly steps: number;
  /** Trajectories, each of as many functions as the family runs side by side. */
  readonly trajectories: number;
  /** What is reported; learning rates are tuned for each. */
  readonly metrics: readonly TestMetric[];
  readonly tuningTrajectories: number;
  /** The loss after a step is tuned on the mean of so many last steps: on minibatches one step's is noise. Default 1. */
  readonly tuningWindow?: number;
  /** How many times the search for a rate halves its step. Default 4. */
  readonly tuningRefinements?: number;
  /** Hand-designed methods that take part. Default all. */
  readonly methods?: readonly string[];
  /** The mean of this one over the learned optimizer's, by the first metric, is a number of the summary. */
  readonly ratioOf?: string;
}
