/** A worker's own side, as far as it is used here: TypeScript's types for pages and for workers exclude each other. */
export interface WorkerPort {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export const port: WorkerPort = globalThis as unknown as WorkerPort;

const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

let last = 0;

/** Lets messages in, if none could come for some milliseconds: a timer would cost four each time. */
export function breathe(): Promise<void> | undefined {
  if (performance.now() - last < 8) return undefined;
  return new Promise((resolve) => {
    waiting.push(() => {
      last = performance.now();
      resolve();
    });
    port2.postMessage(0);
  });
}
