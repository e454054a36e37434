import { expect } from "vitest";
import { decodeOptimizer } from "../../src/learned/file.ts";
import { localRunner } from "../../src/meta/runner.ts";
import { initialCheckpoint, metaTrain } from "../../src/meta/train.ts";
import { quadratics } from "../../src/problems/quadratic.ts";
import { experimentOf } from "../../web/src/lab/experiments.ts";
import { fromHash, toHash } from "../../web/src/settings.ts";
import { it, small, visits } from "./browser.ts";

const visit = visits();

/** φ as Node trains it, on one thread. */
async function trainedInNode(): Promise<Uint8Array> {
  const { options, train, validation } = experimentOf(small);
  if (train.kind !== "quadratic" || validation.kind !== "quadratic") throw new Error("quadratics");
  const checkpoint = initialCheckpoint(options);
  const runner = localRunner(quadratics(train), quadratics(validation));
  for await (const _ of metaTrain(options, runner, checkpoint));
  return new Uint8Array(checkpoint.bestPhi.buffer);
}

it.each([1, 2])("trains in a worker, on %i threads, to the bytes of Node", async (threads) => {
  await visit.open(toHash(small, threads));
  await visit.button("Start").click();
  await visit.page.getByText("· finished").waitFor();
  // The lab says that it stopped in a message after that of the last round.
  const said = visit.page.getByRole("status").filter({ hasText: "Finished" });
  await said.waitFor({ state: "attached" });
  expect(await said.textContent()).toBe("Finished 12 rounds");
  expect(await visit.page.getByText(`${threads === 1 ? "One thread" : "2 threads"} of this machine's`).count()).toBe(1);
  const { phi, provenance } = decodeOptimizer(new Uint8Array(await visit.downloaded("Download file")));
  expect(provenance.training).toMatchObject({ experiment: "page-quadratic-uniform", iterationsDone: 12 });
  expect(Buffer.from(phi.buffer).equals(await trainedInNode())).toBe(true);
});

const roundNow = async (): Promise<number> =>
  Number(/Round (\d+)/.exec((await visit.page.getByTestId("progress").textContent())!)![1]);

it("pauses at the end of a round, steps, goes on after a reload, and resets", async () => {
  const rounds = 5000;
  await visit.open(toHash({ ...small, rounds }));
  await visit.button("Start").click();
  await visit.button("Pause").click();
  await visit.button("Go on").waitFor();
  const paused = await roundNow();
  expect(paused).toBeGreaterThan(0);
  await visit.button("Step").click();
  await visit.page.getByText(`Round ${paused + 1} of`).waitFor();
  await visit.button("Go on").waitFor(); // the round is shown as it ends, and saved before the run counts as paused
  await visit.page.reload();
  await visit.button("Go on").waitFor();
  expect(await roundNow()).toBe(paused + 1);
  expect(await visit.page.locator("input[name=hidden]").inputValue()).toBe("8");
  await visit.button("Reset").click();
  await visit.page.getByText(`Round 0 of ${rounds}`).waitFor();
  await visit.button("Start").waitFor();
});

it("keeps the settings in its address, and takes the sensible ones of a link", async () => {
  await visit.open("problem=quadratic-gaussian&hidden=999&seed=x&network=none&rounds=50");
  expect(await visit.page.locator("select[name=problem]").inputValue()).toBe("quadratic-gaussian");
  expect(await visit.page.locator("input[name=hidden]").inputValue()).toBe("40");
  expect(await visit.page.locator("input[name=seed]").inputValue()).toBe("0");
  await visit.page.locator("input[name=seed]").fill("7");
  await visit.page.locator("input[name=seed]").blur();
  await visit.page.waitForFunction(() => location.hash.includes("seed=7"));
  expect(fromHash(new URL(visit.page.url()).hash)).toMatchObject({
    problem: "quadratic-gaussian",
    seed: 7,
    rounds: 50,
  });
});
