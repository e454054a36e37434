import type { Experiment } from "../../../src/experiments/experiment.ts";
import { optimizerFile } from "../../../src/experiments/optimizer-file.ts";
import { createThread } from "../../../src/experiments/thread.ts";
import { exportEsm } from "../../../src/export/esm.ts";
import { decodeOptimizer, encodeOptimizer, type OptimizerFile } from "../../../src/learned/file.ts";
import { type Checkpoint, initialCheckpoint, metaTrain, type Report } from "../../../src/meta/train.ts";
import { load, shippedOptimizers } from "../../../src/shipped/load.ts";
import type { Settings } from "../settings.ts";
import { type Crew, createCrew } from "./crew.ts";
import { experimentOf, type LabProblem, labProblems } from "./experiments.ts";
import { factsOf } from "./facts.ts";
import { loadImages } from "./images.ts";
import { lookAt, type Scene, setScene } from "./look.ts";
import type { FromLab, OfRun, ToLab } from "./messages.ts";
import { breathe } from "./port.ts";
import { type Baseline, race, tuneBaselines } from "./race.ts";
import { forgetRun, loadRun, saveRun } from "./saved.ts";

const REPORT_MS = 60; // the page draws no more often
const SAVE_MS = 4000;
const SHOW_MS = 1200; // and never more than a tenth of the time

/** A run that is open: everything that depends on the settings. */
interface Open {
  /** What the page calls it. */
  readonly run: number;
  readonly settings: Settings;
  readonly experiment: Experiment;
  readonly problem: LabProblem;
  readonly crew: Crew;
  checkpoint: Checkpoint;
  seconds: number;
  /** Known once the baselines are tuned. */
  baselines?: readonly Baseline[];
  scene?: Scene;
}

/** Meta-trains, measures and reads files, off the page's thread. Commands are done one after another; `pause` at once. */
export function createLab(post: (message: FromLab, transfer?: Transferable[]) => void): (message: ToLab) => void {
  const thread = createThread(loadImages);
  const tuned = new Map<string, { readonly by: Open; readonly baselines: Promise<Baseline[]>; done: boolean }>();
  let open: Open | undefined;
  let guest: { name: string; file: OptimizerFile } | undefined;
  let commands: Promise<void> = Promise.resolve();
  let opening: Promise<void> = commands;
  /** Pauses, openings and resets so far: a command knows how many there were when it came, and one that came before is not wanted. */
  let stops = 0;
  /** How many there were at the last one that ended a run. */
  let ended = 0;
  const tell = ({ run }: Pick<Open, "run">, message: OfRun): void => post({ ...message, run });

  /** Baselines are tuned once a problem. */
  const baselinesOf = (key: Settings["problem"], o: Open): Promise<Baseline[]> => {
    const found = tuned.get(key);
    // What a run that was left began ends with its crew.
    if (found && (found.done || found.by === o)) return found.baselines;
    const baselines = tuneBaselines(o.crew, labProblems[key], (done, of) => tell(o, { kind: "tuning", done, of }));
    const mine = { by: o, baselines, done: false };
    tuned.set(key, mine);
    baselines.then(
      () => {
        mine.done = true;
      },
      () => {
        if (tuned.get(key) === mine) tuned.delete(key);
      },
    );
    return baselines;
  };

  const phiNow = (c: Checkpoint) => (c.iteration === 0 ? c.phi : c.meanPhi);

  /** Shows what the optimizer does now, as far as the baselines are ready. */
  async function show(o: Open): Promise<void> {
    if (!o.baselines || !o.scene) return;
    const { shape } = o.experiment.options;
    const phi = phiNow(o.checkpoint).slice();
    const look = await lookAt(o.scene, shape, phi);
    const curves = await race(o.crew, o.problem, o.baselines, { kind: "learned", shape, phi }, "learned");
    if (o !== open) return;
    tell(o, { kind: "look", look });
    tell(o, { kind: "curves", curves });
  }

  /** Tunes beside the training, on the same thread where there is one only; a run that was closed meanwhile is left. */
  async function prepare(o: Open): Promise<void> {
    try {
      const baselines = await baselinesOf(o.settings.problem, o);
      const scene = await setScene(await thread.family(o.problem.one), o.problem, baselines);
      if (o !== open) return;
      o.baselines = baselines;
      o.scene = scene;
      await show(o);
    } catch (error) {
      if (o === open) tell(o, { kind: "error", message: (error as Error).message });
    }
  }

  async function openRun(settings: Settings, threads: number, run: number): Promise<void> {
    // Closed first: what its crew was doing fails now, and is nobody's error.
    const last = open;
    open = undefined;
    await last?.crew.close();
    const experiment = experimentOf(settings);
    const saved = await loadRun(settings);
    const crew = createCrew(threads, { train: experiment.train, validation: experiment.validation });
    const checkpoint = saved?.checkpoint ?? initialCheckpoint(experiment.options);
    const problem = labProblems[settings.problem];
    open = { run, settings, experiment, problem, crew, checkpoint, seconds: saved?.seconds ?? 0 };
    tell(open, { kind: "opened", reports: checkpoint.history, threads, seconds: open.seconds });
    void prepare(open);
  }

  const save = ({ settings, checkpoint, seconds }: Open): Promise<void> => saveRun(settings, { checkpoint, seconds });

  /** Until the end, or for so many rounds, or until something stopped what `since` counts. */
  async function train(o: Open, rounds: number, since: number): Promise<void> {
    if (stops !== since || o.checkpoint.iteration >= o.experiment.options.iterations) return;
    tell(o, { kind: "status", running: true });
    try {
      await runRounds(o, rounds, since);
      if (ended <= since) await show(o);
    } finally {
      tell(o, { kind: "status", running: false });
    }
  }

  async function runRounds(o: Open, rounds: number, since: number): Promise<void> {
    let left = rounds;
    let pending: Report[] = [];
    const flush = (): void => {
      if (pending.length > 0) tell(o, { kind: "progress", reports: pending, seconds: o.seconds });
      pending = [];
    };
    let [reported, saved, shown, cost] = [performance.now(), performance.now(), performance.now(), 0];
    let from = performance.now();
    // φ moves within a round: what a failed one leaves is not whole.
    const copy = ({ phi, meanPhi, adam, history, ...c }: Checkpoint): Checkpoint => ({
      ...structuredClone({ ...c, phi, meanPhi, adam }),
      history: history.slice(),
    });
    let whole = copy(o.checkpoint);
    try {
      for await (const report of metaTrain(o.experiment.options, o.crew, o.checkpoint)) {
        whole = copy(o.checkpoint);
        const now = performance.now();
        o.seconds += (now - from) / 1000;
        pending.push(report);
        if (now - reported > REPORT_MS) {
          flush();
          reported = now;
        }
        if (now - saved > SAVE_MS) {
          await save(o);
          saved = now;
        }
        if (now - shown > Math.max(SHOW_MS, 10 * cost)) {
          flush();
          await show(o);
          cost = performance.now() - now;
          shown = performance.now();
        }
        await breathe();
        if (stops !== since || --left === 0) break;
        from = performance.now();
      }
      await save(o);
    } catch (error) {
      o.checkpoint = whole;
      throw error;
    } finally {
      flush();
    }
  }

  async function answer(id: number, value: () => unknown): Promise<void> {
    try {
      post({ kind: "answer", id, value: await value() });
    } catch (error) {
      post({ kind: "answer", id, error: (error as Error).message });
    }
  }

  const trainedFile = (o: Open): OptimizerFile => optimizerFile(o.experiment, o.checkpoint, { version: __VERSION__ });
  const keep = (name: string, file: OptimizerFile) => {
    guest = { name, file };
    return factsOf(name, file);
  };

  async function obey(message: ToLab, since: number): Promise<void> {
    if (message.kind === "open") return openRun(message.settings, message.threads, message.run);
    if (message.kind === "inspect") return answer(message.id, () => keep(message.name, decodeOptimizer(message.bytes)));
    if (message.kind === "shipped") return answer(message.id, async () => keep(message.name, await load(message.name)));
    if ("id" in message) await opening;
    const o = open;
    if (!o) {
      if ("id" in message) post({ kind: "answer", id: message.id, error: "No run is open" });
      return;
    }
    if (message.kind === "start" || message.kind === "step")
      return train(o, message.kind === "step" ? 1 : Number.POSITIVE_INFINITY, since);
    if (message.kind === "reset") {
      await forgetRun(o.settings);
      o.checkpoint = initialCheckpoint(o.experiment.options);
      o.seconds = 0;
      tell(o, { kind: "opened", reports: [], threads: o.crew.threads, seconds: 0 });
      return show(o);
    }
    if (message.kind === "download") return answer(message.id, () => encodeOptimizer(trainedFile(o)));
    if (message.kind === "export")
      return answer(message.id, () => exportEsm(trainedFile(o), { name: o.experiment.name }));
    if (message.kind === "race")
      return answer(message.id, async () => {
        const { name, file } = guest!;
        const baselines = await baselinesOf(message.problem, o);
        const { shape, phi } = file;
        return race(o.crew, labProblems[message.problem], baselines, { kind: "learned", shape, phi }, name);
      });
  }

  post({ kind: "shipped", names: Object.keys(shippedOptimizers) });
  return (message) => {
    // What waits behind a run that goes on must stop it first.
    if (["pause", "open", "reset"].includes(message.kind)) stops++;
    if (message.kind === "open" || message.kind === "reset") ended = stops;
    if (message.kind === "pause") return;
    const since = stops;
    const run = (): Promise<void> => {
      const of = message.kind === "open" ? message : open;
      return obey(message, since).catch((error: Error) => {
        if (of) tell(of, { kind: "error", message: error.message });
      });
    };
    // Files are read while the training goes on.
    if ("id" in message) void run();
    else commands = commands.then(run);
    if (message.kind === "open") opening = commands;
  };
}
