const signals = ["SIGINT", "SIGTERM"] as const;

/** Does this on Ctrl-C, and where a batch system's time limit asks by SIGTERM. Returns what ends it. */
export function onInterrupt(act: () => void | Promise<void>): () => void {
  for (const signal of signals) process.on(signal, act);
  return () => {
    for (const signal of signals) process.off(signal, act);
  };
}
