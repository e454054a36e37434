import { check } from "./check.ts";
import { log } from "./math.ts";

/** The four 32-bit words of a generator: plain data, so a run can be saved and resumed. */
export type RngState = [number, number, number, number];

/** A seeded stream of random numbers. The same seed gives the same numbers on every machine and engine. */
export interface Rng {
  /** 32 random bits, as an unsigned integer. */
  bits(): number;
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number;
  /** A whole number uniform in [0, n), n from 1 to 2³². Throws ArgumentError for another n. */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Standard normal, redrawn until within ±2 (as TensorFlow's truncated normal). */
  truncatedNormal(): number;
  /** A new independent stream. It depends on this stream's seed and the label only, never on what was drawn. */
  split(label: string | number): Rng;
  /** Writes the state; `restore` continues from it. */
  state(): RngState;
  /** Goes on from a state that `state` gave. */
  restore(state: RngState): void;
}

function mix(a: number): number {
  let h = a | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hash(key: readonly number[], label: string): RngState {
  const out: RngState = [0, 0, 0, 0];
  for (let i = 0; i < 4; i++) {
    let h = mix(key[i]! + Math.imul(i + 1, 0x9e3779b9));
    for (let j = 0; j < label.length; j++) h = mix(h ^ Math.imul(label.charCodeAt(j) + 1, 0x01000193) ^ (j << 16));
    h = mix(h ^ key[(i + 1) & 3]!);
    out[i] = mix(h ^ Math.imul(key[(i + 2) & 3]!, 0x27d4eb2f));
  }
  if ((out[0] | out[1] | out[2] | out[3]) === 0) out[0] = 1;
  return out;
}

class Xoshiro implements Rng {
  private s: RngState;
  private readonly key: RngState;
  constructor(key: RngState) {
    this.key = [...key];
    this.s = [...key];
  }
  bits(): number {
    const s = this.s;
    const x = Math.imul(s[1], 5);
    const out = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return out;
  }
  uniform(): number {
    return this.bits() * 2 ** -32;
  }
  integer(n: number): number {
    check(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, "integer", "n from 1 to 2³²", n);
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const b = this.bits();
      if (b < limit) return b % n;
    }
  }
  normal(): number {
    // Marsaglia's polar method; the second value is dropped so that the state stays four words.
    for (;;) {
      const u = (this.bits() + 0.5) * 2 ** -31 - 1;
      const v = (this.bits() + 0.5) * 2 ** -31 - 1;
      const r = u * u + v * v;
      if (r > 0 && r < 1) return u * Math.sqrt((-2 * log(r)) / r);
    }
  }
  truncatedNormal(): number {
    for (;;) {
      const z = this.normal();
      if (z >= -2 && z <= 2) return z;
    }
  }
  split(label: string | number): Rng {
    return new Xoshiro(hash(this.key, String(label)));
  }
  state(): RngState {
    return [...this.s];
  }
  restore(state: RngState): void {
    check(state.length === 4 && state.every(Number.isInteger), "rng state", "four 32-bit integers", state);
    this.s = [...state];
  }
}

/**
 * A splittable generator (xoshiro128**, Blackman and Vigna 2018; splitting by hashing the seed with a label).
 *
 * @param seed any finite number or string.
 * @example
 * const rng = createRng(1); const theta0 = rng.split("theta").normal();
 */
export function createRng(seed: number | string): Rng {
  check(typeof seed === "string" || Number.isFinite(seed), "seed", "a finite number or a string", seed);
  return new Xoshiro(hash([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], String(seed)));
}
