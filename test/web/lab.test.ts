/// <reference path="../../web/src/env.d.ts" />
import { beforeEach, expect, it } from "vitest";
import { createLab } from "../../web/src/lab/lab.ts";
import type { FromLab, ToLab } from "../../web/src/lab/messages.ts";
import { defaultsOf } from "../../web/src/settings.ts";

Object.assign(globalThis, { __VERSION__: "test" }); // as the page's build defines it

const small = { ...defaultsOf("quadratic-uniform"), hidden: 4, layers: 1, rounds: 2000, batch: 1 };
let told: FromLab[];
let waiting: { fits: (m: FromLab) => boolean; done: () => void }[];
let send: (m: ToLab) => void;

beforeEach(() => {
  told = [];
  waiting = [];
  send = createLab((message) => {
    told.push(message);
    for (const w of waiting.filter(({ fits }) => fits(message))) w.done();
  });
});

/** Until the lab says so. */
const until = (fits: (m: FromLab) => boolean): Promise<void> =>
  new Promise((done) => {
    waiting.push({ fits, done });
  });
const open = (run: number, settings = small): void => send({ kind: "open", settings, threads: 1, run });
const quiet = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
const running = (): boolean[] => told.flatMap((m) => (m.kind === "status" ? [m.running] : []));

it("tells of a run by its number, and nothing of one that was left once another is open", async () => {
  open(1);
  await until((m) => m.kind === "opened");
  send({ kind: "start" });
  await until((m) => m.kind === "progress");
  const left = told.length;
  open(2, { ...small, seed: 1 });
  await until((m) => m.kind === "opened" && m.run === 2);
  const after = told.slice(left);
  expect(after.map((m) => m.kind)).not.toContain("curves");
  expect(after.map((m) => m.kind)).not.toContain("look");
  send({ kind: "step" });
  await until((m) => m.kind === "curves");
  const opened = told.findIndex((m) => m.kind === "opened" && m.run === 2);
  expect(told.slice(opened).filter((m) => "run" in m && m.run !== 2)).toEqual([]);
});

it("stays paused, however often Start was pressed before", async () => {
  open(1);
  await until((m) => m.kind === "opened");
  for (let k = 0; k < 3; k++) send({ kind: "start" });
  await until((m) => m.kind === "progress");
  send({ kind: "pause" });
  await until((m) => m.kind === "status" && !m.running);
  await quiet(300);
  expect(running()).toEqual([true, false]);
  send({ kind: "start" }); // and goes on
  await until((m) => m.kind === "status" && m.running);
  send({ kind: "pause" });
  await until((m) => m.kind === "status" && !m.running);
});

it("answers what is asked while a run opens, and says so where its settings change in a race", async () => {
  send({ kind: "race", id: 7, problem: "quadratic-uniform" });
  const answers = (): (FromLab & { kind: "answer" })[] => told.filter((m) => m.kind === "answer");
  await until((m) => m.kind === "answer");
  expect(answers()[0]).toMatchObject({ id: 7, error: "No run is open" });
  send({ kind: "shipped", id: 8, name: "quadratic" });
  await until((m) => m.kind === "answer" && m.id === 8);
  open(1);
  send({ kind: "race", id: 9, problem: "quadratic-uniform" }); // before it is open
  await until((m) => m.kind === "tuning");
  open(2, { ...small, hidden: 5 });
  await until((m) => m.kind === "answer" && m.id === 9);
  expect(answers().at(-1)).toMatchObject({ id: 9, error: expect.stringContaining("settings have changed") });
  // The tuning that ended with the first run begins anew, and is nobody's error.
  await until((m) => m.kind === "curves");
  expect(told.filter((m) => m.kind === "error")).toEqual([]);
});
