import { expect, it } from "vitest";
import { remember } from "../../src/core/memo.ts";

it("makes a thing once a key, and again where it failed", async () => {
  const kept = new Map<string, Promise<number>>();
  let calls = 0;
  const make = async (): Promise<number> => {
    calls++;
    if (calls === 1) throw new Error("not there yet");
    return calls;
  };
  await expect(remember(kept, "a", make)).rejects.toThrow("not there yet");
  expect(await remember(kept, "a", make)).toBe(2);
  expect(await remember(kept, "a", make)).toBe(2);
});
