import type { Report } from "../../../src/meta/train.ts";
import type { Settings } from "../settings.ts";
import type { Look } from "./look.ts";

/** First message to the worker that trains. */
export interface LabStart {
  readonly role: "lab";
}

/** What the page asks of the lab. */
export type ToLab =
  /** Turns to the run of these settings: a saved one goes on where it stood. */
  | { readonly kind: "open"; readonly settings: Settings; readonly threads: number; readonly run: number }
  | { readonly kind: "start" }
  | { readonly kind: "step" }
  /** Stops at the end of the present round. */
  | { readonly kind: "pause" }
  /** Forgets the run and begins anew. */
  | { readonly kind: "reset" }
  | { readonly kind: "download"; readonly id: number }
  | { readonly kind: "export"; readonly id: number }
  /** Reads an optimizer file. */
  | { readonly kind: "inspect"; readonly id: number; readonly name: string; readonly bytes: Uint8Array }
  /** Reads an optimizer that the package carries. */
  | { readonly kind: "shipped"; readonly id: number; readonly name: string }
  /** Runs the optimizer that was read last against tuned baselines. */
  | { readonly kind: "race"; readonly id: number; readonly problem: Settings["problem"] };

/** A median curve with the quantiles from 10 to 90%. */
export interface BandedCurve {
  readonly name: string;
  readonly label: string;
  readonly learned: boolean;
  /** Its tuned rate, of a hand-designed one. */
  readonly learningRate?: number;
  readonly median: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Optimizers on the same fresh problems. */
export interface Curves {
  readonly curves: readonly BandedCurve[];
  /** Functions. */
  readonly count: number;
}

/** An optimizer file's own words. */
export interface FileFacts {
  readonly name: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the lab tells of one run, by the number that it was opened under: what comes late, of a run before, is known. */
export type OfRun =
  | { readonly kind: "opened"; readonly reports: readonly Report[]; readonly threads: number; readonly seconds: number }
  | { readonly kind: "status"; readonly running: boolean }
  | { readonly kind: "progress"; readonly reports: readonly Report[]; readonly seconds: number }
  | { readonly kind: "curves"; readonly curves: Curves }
  | { readonly kind: "look"; readonly look: Look }
  | { readonly kind: "tuning"; readonly done: number; readonly of: number }
  | { readonly kind: "error"; readonly message: string };

/** What the lab tells. */
export type FromLab =
  | (OfRun & { readonly run: number })
  /** Names of the optimizers that the package carries. */
  | { readonly kind: "shipped"; readonly names: readonly string[] }
  | ({ readonly kind: "answer"; readonly id: number } & ({ readonly value: unknown } | { readonly error: string }));
