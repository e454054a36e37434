/** One thing that a check or a doctor looked at, and what to do about it. */
export interface Finding {
  /** What was looked at: "gradient of w", "dead φ". */
  readonly about: string;
  readonly verdict: "good" | "note" | "bad";
  /** What was seen, with numbers. */
  readonly words: string;
  /** What to do; none where all is well. */
  readonly advice?: string;
}

/** A finding out of a condition: good, or else what it says. */
export function finding(
  about: string,
  words: string,
  trouble?: { readonly verdict: "note" | "bad"; readonly advice: string } | false,
): Finding {
  return { about, words, ...(trouble ? trouble : { verdict: "good" }) };
}

/** A number in three digits. */
export const brief = (x: number): string => (x === 0 ? "0" : x.toPrecision(3));
