import { encodeOptimizer, type OptimizerFile } from "../../../src/learned/file.ts";
import type { NetworkShape } from "../../../src/learned/network.ts";
import type { FileFacts } from "./messages.ts";

function network(shape: NetworkShape): string {
  if (!("kind" in shape)) return `LSTM, ${shape.layers} × ${shape.hidden}`;
  if (shape.kind === "coupled") return `${shape.memory ? "NTM-BFGS" : "LSTM+GAC"}, ${shape.layers} × ${shape.hidden}`;
  return `${shape.groups.length} networks: ${shape.groups.map((g) => g.name).join(", ")}`;
}

/** One line of a value that anyone may have written: it may be anything. */
function line(value: unknown): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

/** What an optimizer file says of itself. */
export function factsOf(name: string, file: OptimizerFile): FileFacts {
  const { shape, phi, provenance: p } = file;
  const { experiment, iterationsDone } = (p.training ?? {}) as { experiment?: unknown; iterationsDone?: unknown };
  const facts: [string, unknown][] = [
    ["Network", network(shape)],
    ["Numbers φ", phi.length.toLocaleString("en")],
    ["Experiment", experiment],
    ["Rounds", iterationsDone],
    ["Trained on", p.family],
    ["Steps of a run", p.horizon],
    ["Seed", p.seed],
    ["Validation score", typeof p.score === "number" ? `${p.score.toPrecision(4)} (${line(p.select)})` : p.score],
    ["Largest gradient seen", typeof p.largestGradient === "number" ? p.largestGradient.toPrecision(3) : undefined],
    ["Written by", `gradgrad ${line(p.version)}`],
    ["Commit", p.commit],
    ["Trained in", p.runtime],
  ];
  return {
    name,
    bytes: encodeOptimizer(file) as Uint8Array<ArrayBuffer>,
    facts: facts.filter(([, v]) => v !== undefined && v !== null).map(([k, v]) => [k, line(v)] as const),
  };
}
