/** How `download` waits. */
export interface DownloadOptions {
  /** Milliseconds without a byte after which it gives up. Default a minute. */
  readonly stall?: number;
  /** Milliseconds between words. Default 5,000. */
  readonly every?: number;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const time = (seconds: number): string =>
  seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

/**
 * The bytes at an address, with words now and then about how far it is. However long it takes, it goes on while bytes come: a slow
 * line is no failure.
 *
 * @throws Error for another answer than the file, and where nothing comes any more.
 */
export async function download(
  url: string,
  onProgress: (words: string) => void = () => {},
  { stall = 60_000, every = 5_000 }: DownloadOptions = {},
): Promise<Uint8Array> {
  const stalled = new AbortController();
  const giveUp = (): void => stalled.abort(new Error(`no byte came for ${stall / 1000} s`));
  let timer = setTimeout(giveUp, stall);
  const parts: Uint8Array[] = [];
  let done = 0;
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get("content-length"));
    const began = performance.now();
    let told = began;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stall);
      parts.push(part);
      done += part.length;
      const now = performance.now();
      if (now - told < every) continue;
      told = now;
      const left = ((now - began) / 1000 / done) * (total - done);
      onProgress(`${megabytes(done)} MB${total > 0 ? ` of ${megabytes(total)}, ${time(left)} left` : ""}`);
    }
  } finally {
    clearTimeout(timer);
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
