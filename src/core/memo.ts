/**
 * What `make` gives, made once a key and kept; what failed is not: a file may be there the next time, and a network back.
 *
 * @example
 * const images = new Map<string, Promise<number>>();
 * await remember(images, "digits", async () => 3); // and 3 again, without another call
 */
export function remember<V>(kept: Map<string, Promise<V>>, key: string, make: () => Promise<V>): Promise<V> {
  const found = kept.get(key);
  if (found) return found;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}
