import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { download } from "../../src/node/download.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The address of a server that answers so. */
async function serve(answer: (response: ServerResponse) => unknown): Promise<string> {
  server = createServer((_, response) => void answer(response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const part = (k: number): Uint8Array => new Uint8Array(100_000).fill(k + 1);
/** Five parts, a while apart; all of them take longer than the longest stall that the test allows. */
async function slowly(response: ServerResponse, parts = 5): Promise<void> {
  for (let k = 0; k < parts; k++) {
    response.write(part(k));
    await after(300);
  }
}

it("gives the bytes of a slow file, and says how far it is and how long it still takes", async () => {
  const url = await serve(async (response) => {
    response.writeHead(200, { "content-length": 500_000 });
    await slowly(response);
    response.end();
  });
  const words: string[] = [];
  const bytes = await download(url, (w) => words.push(w), { stall: 1200, every: 50 });
  expect(Buffer.from(bytes).equals(Buffer.concat([0, 1, 2, 3, 4].map(part)))).toBe(true);
  expect(words.length).toBeGreaterThan(1);
  expect(words[0]).toMatch(/^0\.[1-5] MB of 0\.5, \d+ s left$/);
});

it("says how far a file of unknown length is", async () => {
  const url = await serve(async (response) => {
    await slowly(response, 2);
    response.end();
  });
  const words: string[] = [];
  expect(await download(url, (w) => words.push(w), { every: 0 })).toHaveLength(200_000);
  expect(words.at(-1)).toBe("0.2 MB");
});

it("gives up where no byte comes any more, or none at all, and on an error of the server's", async () => {
  const stops = await serve((response) => slowly(response, 1));
  await expect(download(stops, undefined, { stall: 200 })).rejects.toThrow("no byte came for 0.2 s");
  server.closeAllConnections();
  server.close();
  const silent = await serve(() => {});
  await expect(download(silent, undefined, { stall: 200 })).rejects.toThrow("no byte came for 0.2 s");
  server.closeAllConnections();
  server.close();
  const missing = await serve((response) => response.writeHead(404).end());
  await expect(download(missing)).rejects.toThrow("HTTP 404");
});
