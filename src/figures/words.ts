/** What is said of a row. */
interface Evaluating {
  readonly name: string;
  readonly label: string;
  /** Where it makes more than one. */
  readonly evaluationsPerStep?: number;
}

/** Evaluations of a method that makes more than one a step, in words; undefined for one that does not. */
export function evaluationWords({ evaluationsPerStep: n }: Omit<Evaluating, "name" | "label">): string | undefined {
  return n === undefined ? undefined : `${n.toFixed(1)} evaluations a step`;
}

/** The label of a row with its evaluations, where it makes more than one a step. */
export function labelWithEvaluations(row: Omit<Evaluating, "name">): string {
  return [row.label, evaluationWords(row)].filter((w) => w !== undefined).join(", ");
}

/** The same words by name, as second lines of labels. */
export function evaluationNotes(rows: readonly Evaluating[]): Map<string, string> {
  return new Map(
    rows.flatMap((row) => {
      const words = evaluationWords(row);
      return words === undefined ? [] : [[row.name, words] as const];
    }),
  );
}
