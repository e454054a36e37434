import type { Checkpoint } from "../../../src/meta/train.ts";
import type { Settings } from "../settings.ts";

/** A run as this browser keeps it: a reload loses the rounds since it was last kept, seconds ago. */
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

let database: Promise<IDBDatabase> | undefined;

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  if (!database) {
    const opening = indexedDB.open("gradgrad", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(RUNS);
    database = asked(opening).then((db) => {
      // A browser may close it, for lack of room or for another version of the page.
      const gone = (): void => {
        db.close();
        database = undefined;
      };
      db.onclose = gone;
      db.onversionchange = gone;
      return db;
    });
  }
  return (await database).transaction(RUNS, mode).objectStore(RUNS);
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
