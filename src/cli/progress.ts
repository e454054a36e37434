/** Where lines for people go. On a TTY the last line is redrawn; elsewhere plain lines come now and then. */
export interface Progress {
  /** `done` of `total`, and a few words. */
  update(done: number, total: number, words: string): void;
  /** A line that stays. */
  line(text: string): void;
  end(): void;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}

/**
 * Progress on stderr, so that stdout stays for results.
 *
 * @param from what an earlier call has done already: it says nothing about the time that is left.
 */
export function createProgress(label: string, from = 0, out: NodeJS.WriteStream = process.stderr, every = 5): Progress {
  const start = performance.now();
  let shown = -Infinity;
  let open = false;
  const clear = (): void => {
    if (open) out.write("\r\x1b[2K");
    open = false;
  };
  return {
    update(done, total, words) {
      const now = performance.now() / 1000;
      const last = done >= total;
      if (!last && now - shown < (out.isTTY ? 0.1 : every)) return;
      shown = now;
      const spent = now - start / 1000;
      const eta =
        done > from && !last ? `, ${clock((spent / (done - from)) * (total - done))} left` : `, ${clock(spent)}`;
      const text = `${label} ${done}/${total}${eta}  ${words}`;
      if (out.isTTY) {
        const width = 20;
        const full = Math.round((width * done) / total);
        out.write(`\r\x1b[2K${"█".repeat(full)}${"░".repeat(width - full)} ${text}`.slice(0, (out.columns ?? 100) + 5));
        open = true;
      } else out.write(`${text}\n`);
    },
    line(text) {
      clear();
      out.write(`${text}\n`);
    },
    end: () => {
      if (open) out.write("\n");
      open = false;
    },
  };
}
