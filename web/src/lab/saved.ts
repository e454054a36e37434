import type { Checkpoint } from "../../../src/meta/train.ts";
import type { Settings } from "../settings.ts";

/** A run as this browser keeps it, so that a reload loses nothing. */
export interface SavedRun {
  readonly checkpoint: Checkpoint;
  /** Seconds trained. */
  readonly seconds: number;
  /** When it was kept, in milliseconds. */
  readonly at?: number;
}

const RUNS = "runs";
const MOST = 12; // runs kept

const keyOf = (settings: Settings): string => `${__VERSION__} ${JSON.stringify(settings)}`;

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open("gradgrad", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(RUNS);
  return (await asked(opening)).transaction(RUNS, mode).objectStore(RUNS);
}

/** The run of these settings; undefined where there is none, or where the browser keeps nothing. */
export async function loadRun(settings: Settings): Promise<SavedRun | undefined> {
  try {
    return (await asked((await store("readonly")).get(keyOf(settings)))) as SavedRun | undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a run. A browser that keeps nothing (a private window) is no reason to stop. */
export async function saveRun(settings: Settings, run: SavedRun): Promise<void> {
  try {
    const runs = await store("readwrite");
    const keys = await asked(runs.getAllKeys());
    if (keys.length >= MOST && !keys.includes(keyOf(settings))) {
      const times = ((await asked(runs.getAll())) as SavedRun[]).map(({ at = 0 }) => at);
      const oldest = times.indexOf(Math.min(...times));
      await asked(runs.delete(keys[oldest]!));
    }
    await asked(runs.put({ ...run, at: Date.now() } satisfies SavedRun, keyOf(settings)));
  } catch {}
}

export async function forgetRun(settings: Settings): Promise<void> {
  try {
    await asked((await store("readwrite")).delete(keyOf(settings)));
  } catch {}
}
