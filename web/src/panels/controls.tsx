import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  announcement,
  change,
  changeThreads,
  finished,
  pace,
  pause,
  ready,
  reset,
  round,
  running,
  settings,
  start,
  step,
  threads,
  threadsAsked,
} from "../client.ts";
import { problems } from "../problems.ts";
import { defaultsOf, inRange, type NumberName, ranges, type Settings } from "../settings.ts";

function NumberField({ name, label }: { name: NumberName; label: string }): JSX.Element {
  const [min, max] = ranges[name];
  return (
    <label>
      {label}
      <input
        type="number"
        inputMode="numeric"
        name={name}
        min={min}
        max={max}
        value={settings.value[name]}
        onChange={({ currentTarget }) => {
          const given = currentTarget.value === "" ? Number.NaN : Number(currentTarget.value);
          const value = inRange(name, given) ?? settings.value[name];
          currentTarget.value = String(value);
          if (value !== settings.value[name]) change({ [name]: value });
        }}
      />
    </label>
  );
}

const networks: Readonly<Record<Settings["network"], string>> = {
  lstm: "LSTM, coordinate by coordinate",
  "lstm-gac": "LSTM whose coordinates share averages",
};

/** Time in words: "40 s", "3 min 20 s". */
function timeWords(s: number): string {
  const whole = Math.ceil(s);
  return whole < 100 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function Progress(): JSX.Element {
  const { rounds } = settings.value;
  const each = pace.value;
  const left = each === undefined ? undefined : each * (rounds - round.value);
  const speed =
    each === undefined
      ? ""
      : each < 0.1
        ? ` · ${(each * 1000).toFixed(1)} ms a round`
        : ` · ${each.toFixed(2)} s a round`;
  const rest = finished.value ? " · finished" : left === undefined ? "" : ` · about ${timeWords(left)} left`;
  return (
    <div class="progress">
      <progress max={rounds} value={round.value} aria-label="Rounds of meta-training" />
      <p data-testid="progress">
        Round {round.value} of {rounds}
        {speed}
        {rest}
      </p>
    </div>
  );
}

/** Chooses what is trained, and starts, pauses, steps and resets it. */
export function Controls(): JSX.Element {
  const copied = useSignal(false);
  const { problem, network } = settings.value;
  const cores = navigator.hardwareConcurrency || 1;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      copied.value = true;
      announcement.value = "Link copied";
      setTimeout(() => {
        copied.value = false;
      }, 2000);
    } catch {
      announcement.value = "The link is in the address bar";
    }
  };
  return (
    <section class="controls" aria-label="Meta-training">
      <form onSubmit={(event) => event.preventDefault()}>
        <label class="long">
          Problems to learn on
          <select
            name="problem"
            value={problem}
            onChange={({ currentTarget }) => {
              const { rounds, batch } = defaultsOf(currentTarget.value as Settings["problem"]);
              change({ problem: currentTarget.value as Settings["problem"], rounds, batch });
            }}
          >
            {Object.entries(problems).map(([key, { label }]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="long">
          Optimizer
          <select
            name="network"
            value={network}
            onChange={({ currentTarget }) => change({ network: currentTarget.value as Settings["network"] })}
          >
            {Object.entries(networks).map(([key, label]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <NumberField name="hidden" label="Units a layer" />
        <NumberField name="layers" label="Layers" />
        <NumberField name="rounds" label="Rounds" />
        <NumberField name="batch" label="Runs a round" />
        <NumberField name="seed" label="Seed" />
        <label>
          Threads
          <select
            name="threads"
            value={threadsAsked.value}
            onChange={({ currentTarget }) => changeThreads(Number(currentTarget.value))}
          >
            <option value={0}>auto</option>
            {[...new Set([1, 2, 4, 8, threadsAsked.value || 1])]
              .sort((a, b) => a - b)
              .map((n) => (
                <option key={n} value={n}>
                  {n}
                </option>
              ))}
          </select>
        </label>
      </form>
      <p class="words">{problems[problem].words}</p>
      <div class="buttons">
        <button
          type="button"
          class="main"
          disabled={!ready.value || (finished.value && !running.value)}
          onClick={running.value ? pause : start}
        >
          {running.value ? "Pause" : round.value > 0 && !finished.value ? "Go on" : "Start"}
        </button>
        <button type="button" disabled={!ready.value || running.value || finished.value} onClick={step}>
          Step
        </button>
        <button type="button" disabled={!ready.value || round.value === 0} onClick={reset}>
          Reset
        </button>
        <button type="button" onClick={copy}>
          {copied.value ? "Copied" : "Copy link"}
        </button>
      </div>
      <Progress />
      <p class="note">
        {threads.value === 1
          ? `One thread of this machine's ${cores}. `
          : `${threads.value} threads of this machine's ${cores}: workers that exchange messages. `}
        {crossOriginIsolated
          ? "The page is cross-origin isolated; "
          : "The page is not cross-origin isolated, so it has no shared memory; "}
        these threads need none, and any number of them gives the same optimizer.
      </p>
    </section>
  );
}
