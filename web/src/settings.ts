/** Everything that decides a run on the page; a link holds it. */
export interface Settings {
  readonly problem: "quadratic-uniform" | "quadratic-gaussian" | "digits";
  readonly network: "lstm" | "lstm-gac";
  /** Units a layer, and layers. */
  readonly hidden: number;
  readonly layers: number;
  readonly rounds: number;
  /** Trajectories a round, which may run side by side on threads. */
  readonly batch: number;
  readonly seed: number;
}

type Problem = Settings["problem"];

/** What a problem starts with: networks take a hundred times as long a round as quadratics, and need fewer. */
export function defaultsOf(problem: Problem): Settings {
  const quick = problem.startsWith("quadratic");
  return { problem, network: "lstm", hidden: 20, layers: 2, rounds: quick ? 600 : 100, batch: quick ? 2 : 1, seed: 0 };
}

export type NumberName = Exclude<keyof Settings, "problem" | "network">;

/** Names that a link may hold. */
const choices: { readonly [N in "problem" | "network"]: readonly Settings[N][] } = {
  problem: ["quadratic-uniform", "quadratic-gaussian", "digits"],
  network: ["lstm", "lstm-gac"],
};
/** The least and the most that a number may be. */
export const ranges: Readonly<Record<NumberName, readonly [number, number]>> = {
  hidden: [4, 40],
  layers: [1, 3],
  rounds: [10, 20_000],
  batch: [1, 16],
  seed: [0, 2 ** 31 - 1],
};

/** A number as a setting: whole and in its range; undefined for what is no number. */
export function inRange(name: NumberName, value: number): number | undefined {
  const [low, high] = ranges[name];
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : undefined;
}

/** The settings of a link's hash; what it lacks, or what is no setting, is the default. */
export function fromHash(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const chosen = <N extends keyof typeof choices>(name: N): Settings[N] =>
    choices[name].find((c) => c === given.get(name)) ?? (choices[name][0] as Settings[N]);
  const out: { -readonly [N in keyof Settings]: Settings[N] } = {
    ...defaultsOf(chosen("problem")),
    network: chosen("network"),
  };
  for (const name of Object.keys(ranges) as NumberName[]) {
    const value = given.get(name);
    if (value) out[name] = inRange(name, Number(value)) ?? out[name];
  }
  return out;
}

/** Threads that a link asks for; 0 where it does not. They change no byte, so they are no setting of the run. */
export function threadsFromHash(hash: string): number {
  const count = Number(new URLSearchParams(hash.replace(/^#/, "")).get("threads"));
  return Number.isInteger(count) && count > 0 && count <= 16 ? count : 0;
}

/** The hash of a link: only what differs from the defaults. */
export function toHash(settings: Settings, threads = 0): string {
  const out = new URLSearchParams();
  const defaults = defaultsOf(settings.problem);
  if (settings.problem !== choices.problem[0]) out.set("problem", settings.problem);
  for (const [name, value] of Object.entries(settings))
    if (value !== defaults[name as keyof Settings]) out.set(name, String(value));
  if (threads > 0) out.set("threads", String(threads));
  return out.toString();
}
