import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { announcement, ask, ready, round, settings, shipped } from "../client.ts";
import type { Curves, FileFacts } from "../lab/messages.ts";
import { problems } from "../problems.ts";
import { save } from "../save.ts";
import type { Settings } from "../settings.ts";
import { Drop } from "./drop.tsx";
import { CurvesChart } from "./race.tsx";

const MOST = 64 * 2 ** 20; // as the library

/** The optimizer file that was read last. */
export const facts = signal<FileFacts | undefined>(undefined);
const wrong = signal<string | undefined>(undefined);
const result = signal<{ problem: Settings["problem"]; curves: Curves } | undefined>(undefined);
const against = signal<Settings["problem"]>("quadratic-gaussian");
const busy = signal(false);

/** Does one thing at a time, and what is asked for meanwhile is not begun; what the lab refuses is said, and nothing that was there is lost. */
async function attempt(work: () => Promise<void>): Promise<void> {
  if (busy.value) return;
  wrong.value = undefined;
  busy.value = true;
  try {
    await work();
  } catch (error) {
    wrong.value = (error as Error).message;
  } finally {
    busy.value = false;
  }
}

const took = (read: FileFacts): void => {
  facts.value = read;
  result.value = undefined;
  announcement.value = `Read ${read.name}`;
};

/** Reads an optimizer file that was dropped or chosen. */
const takeFile = (file: File): Promise<void> =>
  attempt(async () => {
    if (file.size > MOST) throw new Error(`${file.name}: expected at most ${MOST} bytes, got ${file.size}`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    took(await ask<FileFacts>({ kind: "inspect", name: file.name.replace(/\.safetensors$/, ""), bytes }));
  });

const takeShipped = (name: string): Promise<void> =>
  attempt(async () => took(await ask<FileFacts>({ kind: "shipped", name })));

const runRace = (): Promise<void> =>
  attempt(async () => {
    const problem = against.value;
    result.value = { problem, curves: await ask<Curves>({ kind: "race", problem }) };
    announcement.value = "The race is run";
  });

const fileName = (ending: string): string => `page-${settings.value.problem}-seed${settings.value.seed}.${ending}`;

const download = (): Promise<void> =>
  attempt(async () => save(fileName("safetensors"), [await ask<Uint8Array<ArrayBuffer>>({ kind: "download" })]));

const exportModule = (): Promise<void> =>
  attempt(async () => {
    const { module } = await ask<{ module: string }>({ kind: "export" });
    save(fileName("mjs"), [module], "text/javascript");
  });

/** Takes the trained optimizer home, and brings others. */
export function Files(): JSX.Element {
  const read = facts.value;
  return (
    <div class="panels">
      <section class="panel" aria-labelledby="take">
        <h2 id="take">Take it home</h2>
        <p class="words">
          The best optimizer of this run, after {round.value} rounds. The file goes on in the library and the command
          line; the module runs anywhere, without anything installed: <code>init(n)</code>, then{" "}
          <code>update(gradient, step)</code>.
        </p>
        <div class="buttons">
          <button type="button" disabled={!ready.value} onClick={download}>
            Download file
          </button>
          <button type="button" disabled={!ready.value} onClick={exportModule}>
            Export module
          </button>
        </div>
      </section>
      <section class="panel" aria-labelledby="bring">
        <h2 id="bring">Bring one</h2>
        <p class="words">Reads an optimizer file, says where it comes from, and races it on problems of your choice.</p>
        <Drop accept=".safetensors" take={(file) => void takeFile(file)}>
          Drop a .safetensors file here, or choose one
        </Drop>
        <label class="long">
          or one that the package carries
          <select
            name="shipped"
            value=""
            disabled={busy.value}
            onChange={({ currentTarget }) => currentTarget.value && void takeShipped(currentTarget.value)}
          >
            <option value="">choose…</option>
            {shipped.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {wrong.value && (
          <p class="failure" role="alert">
            {wrong.value}
          </p>
        )}
        {read && (
          <>
            <h3>{read.name}</h3>
            <dl>
              {read.facts.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
            <div class="buttons">
              <label>
                Race it on
                <select
                  name="against"
                  value={against.value}
                  onChange={({ currentTarget }) => {
                    against.value = currentTarget.value as Settings["problem"];
                  }}
                >
                  {Object.entries(problems).map(([key, { label }]) => (
                    <option key={key} value={key}>
                      {label}
                    </option>
                  ))}
                </select>
              </label>
              <button type="button" disabled={busy.value} onClick={runRace}>
                {busy.value ? "Running…" : "Race"}
              </button>
            </div>
          </>
        )}
        {result.value && (
          <>
            <h3>On {problems[result.value.problem].label.toLowerCase()}</h3>
            <CurvesChart of={result.value.curves} />
          </>
        )}
      </section>
    </div>
  );
}
