import { computed, signal } from "@preact/signals";
import type { Report } from "../../src/meta/train.ts";
import type { Look } from "./lab/look.ts";
import type { Curves, FromLab, LabStart, ToLab } from "./lab/messages.ts";
import { fromHash, type Settings, threadsFromHash, toHash } from "./settings.ts";

export const settings = signal<Settings>(fromHash(location.hash));
/** Threads asked for; 0 leaves the choice to the page. */
export const threadsAsked = signal(threadsFromHash(location.hash));

/** The run as it stands. */
export const reports = signal<readonly Report[]>([]);
export const seconds = signal(0);
export const running = signal(false);
export const threads = signal(1);
export const curves = signal<Curves | undefined>(undefined);
export const look = signal<Look | undefined>(undefined);
export const tuning = signal<{ done: number; of: number } | undefined>(undefined);
/** Names of the optimizers that the package carries. */
export const shipped = signal<readonly string[]>([]);
export const failure = signal<string | undefined>(undefined);
/** What a screen reader is told. */
export const announcement = signal("");
/** Whether the lab has answered since the settings changed. */
export const ready = signal(false);

export const round = computed(() => reports.value.at(-1)?.iteration ?? 0);
export const finished = computed(() => round.value >= settings.value.rounds);
/** Seconds a round, of the last ones: the first share the machine with the tuning. */
export const pace = signal<number | undefined>(undefined);
const PACED = 20; // messages of progress
let marks: { round: number; seconds: number }[] = [];
function setPace(): void {
  marks = [...marks.slice(-PACED), { round: round.value, seconds: seconds.value }];
  const [first, last] = [marks[0]!, marks.at(-1)!];
  pace.value = last.round > first.round ? (last.seconds - first.seconds) / (last.round - first.round) : undefined;
}

const worker = new Worker(new URL("./lab/worker.ts", import.meta.url), { type: "module" });
worker.postMessage({ role: "lab" } satisfies LabStart);
worker.onerror = (event) => {
  failure.value = event.message || "The worker that trains could not be started.";
};
const send = (message: ToLab, transfer: Transferable[] = []): void => worker.postMessage(message, transfer);

const asked = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
let questions = 0;

type Question<M> = M extends { readonly id: number } ? Omit<M, "id"> : never;

/** Asks the lab for something, and waits. Throws what it refused. */
export function ask<T>(question: Question<ToLab>): Promise<T> {
  const id = questions++;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    send({ ...question, id } as ToLab);
  });
}

let run = 0;

worker.onmessage = ({ data }: MessageEvent<FromLab>) => {
  if ("run" in data && data.run !== run) return; // of a run that was left
  if (data.kind === "opened") {
    reports.value = data.reports;
    seconds.value = data.seconds;
    threads.value = data.threads;
    ready.value = true;
    marks = [];
    setPace();
  } else if (data.kind === "progress") {
    reports.value = [...reports.value, ...data.reports];
    seconds.value = data.seconds;
    setPace();
  } else if (data.kind === "status") {
    running.value = data.running;
    if (data.running) announcement.value = `Training ${settings.value.rounds} rounds`;
    else announcement.value = finished.value ? `Finished ${round.value} rounds` : `Paused after round ${round.value}`;
  } else if (data.kind === "curves") curves.value = data.curves;
  else if (data.kind === "look") look.value = data.look;
  else if (data.kind === "tuning") tuning.value = data.done < data.of ? data : undefined;
  else if (data.kind === "shipped") shipped.value = data.names;
  else if (data.kind === "error") failure.value = data.message;
  else if (data.kind === "answer") {
    const question = asked.get(data.id)!;
    asked.delete(data.id);
    if ("error" in data) question.reject(new Error(data.error));
    else question.resolve(data.value as never);
  }
};

/** Threads that are of use: one a trajectory, and one core left to the page. */
function threadsFor({ batch }: Settings): number {
  const cores = navigator.hardwareConcurrency || 1;
  const wanted = threadsAsked.value || Math.max(1, cores - 1);
  return Math.min(wanted, batch, 16);
}

/** Turns the lab to the present settings, and the address with it. */
export function open(): void {
  const hash = toHash(settings.value, threadsAsked.value);
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  ready.value = false;
  reports.value = [];
  seconds.value = 0;
  curves.value = undefined;
  look.value = undefined;
  failure.value = undefined;
  tuning.value = undefined;
  running.value = false;
  send({ kind: "open", settings: settings.value, threads: threadsFor(settings.value), run: ++run });
}

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  open();
}

export function changeThreads(count: number): void {
  threadsAsked.value = count;
  open();
}

export const start = (): void => send({ kind: "start" });
export const pause = (): void => send({ kind: "pause" });
export const step = (): void => send({ kind: "step" });
export function reset(): void {
  look.value = undefined;
  curves.value = undefined;
  send({ kind: "reset" });
  announcement.value = "Back at round 0";
}

/** A link that was followed while the page is open. */
addEventListener("hashchange", () => {
  settings.value = fromHash(location.hash);
  threadsAsked.value = threadsFromHash(location.hash);
  open();
});
