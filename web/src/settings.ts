/** Everything that decides a run on the page; a link holds it. */
export interface Settings {
  readonly problem: "quadratic-uniform" | "quadratic-gaussian" | "digits" | "shapes";
  readonly network: "lstm" | "lstm-gac";
  /** Units a layer, and layers. */
  readonly hidden: number;
  readonly layers: number;
  readonly rounds: number;
  /** Trajectories a round, which may run side by side on threads. */
  readonly batch: number;
  readonly seed: number;
}

export const defaults: Settings = {
  problem: "quadratic-uniform",
  network: "lstm",
  hidden: 20,
  layers: 2,
  rounds: 600,
  batch: 2,
  seed: 0,
};

export type NumberName = Exclude<keyof Settings, "problem" | "network">;

/** Names that a link may hold. */
const choices: { readonly [N in "problem" | "network"]: readonly Settings[N][] } = {
  problem: ["quadratic-uniform", "quadratic-gaussian", "digits", "shapes"],
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

/** A number as a setting: whole and in its range. */
export function inRange(name: NumberName, value: number): number {
  const [low, high] = ranges[name];
  return Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : defaults[name];
}

/** The settings of a link's hash; what it lacks, or what is no setting, is the default. */
export function fromHash(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const out: Record<string, unknown> = { ...defaults };
  for (const [name, allowed] of Object.entries(choices)) {
    const value = given.get(name);
    if (value !== null && (allowed as readonly string[]).includes(value)) out[name] = value;
  }
  for (const name of Object.keys(ranges) as NumberName[]) {
    const value = given.get(name);
    if (value !== null && value !== "") out[name] = inRange(name, Number(value));
  }
  return out as unknown as Settings;
}

/** Threads that a link asks for; 0 where it does not. They change no byte, so they are no setting of the run. */
export function threadsFromHash(hash: string): number {
  const count = Number(new URLSearchParams(hash.replace(/^#/, "")).get("threads"));
  return Number.isInteger(count) && count > 0 && count <= 16 ? count : 0;
}

/** The hash of a link: only what differs from the defaults. */
export function toHash(settings: Settings, threads = 0): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(settings))
    if (value !== defaults[name as keyof Settings]) out.set(name, String(value));
  if (threads > 0) out.set("threads", String(threads));
  return out.toString();
}
