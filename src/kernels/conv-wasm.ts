import { relaxed, strict } from "./conv.generated.ts";
import { type Simd, simdAvailable } from "./lstm-wasm.ts";

/** The exports of assembly/conv-net.ts; addresses, strides and segments are in bytes. */
export interface ConvExports {
  convolve(
    x: number,
    w: number,
    y: number,
    height: number,
    width: number,
    kernelRows: number,
    segment: number,
    xStep: number,
    xRow: number,
    groups: number,
    yStep: number,
    yRow: number,
  ): void;
  convolveGradient(
    x: number,
    dy: number,
    dw: number,
    height: number,
    width: number,
    kernelRows: number,
    segment: number,
    xStep: number,
    xRow: number,
    groups: number,
    yStep: number,
    yRow: number,
    rows: number,
  ): void;
  /** tanh of `rows` runs of 8 floats. */
  tanhRows(from: number, to: number, rows: number): void;
  moments(x: number, pixels: number, channels: number, out: number): void;
  activate(
    x: number,
    h: number,
    height: number,
    width: number,
    channels: number,
    pool: number,
    hRow: number,
    scale: number,
    shift: number,
  ): void;
  activateSums(
    h: number,
    dh: number,
    height: number,
    width: number,
    channels: number,
    hRow: number,
    beta: number,
    sums: number,
  ): void;
  activateGradient(
    x: number,
    h: number,
    dh: number,
    dx: number,
    height: number,
    width: number,
    channels: number,
    pool: number,
    hRow: number,
    dxRow: number,
    scale: number,
    means: number,
  ): void;
}

/** A WebAssembly memory that is laid out first and used afterwards. */
export interface ConvArena {
  /** Reserves zeroed floats; returns their address in bytes. */
  take(floats: number): number;
  /** Makes the memory, once everything is taken. */
  open(): { x: ConvExports; f32: Float32Array };
}

const modules = new Map<Simd, WebAssembly.Module>();

function moduleOf(simd: Simd): WebAssembly.Module {
  let module = modules.get(simd);
  if (!module) {
    const text = simd === "relaxed" && simdAvailable("relaxed") ? relaxed : strict;
    module = new WebAssembly.Module(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
    modules.set(simd, module);
  }
  return module;
}

/**
 * The convolution kernels with a memory of their own. strict: the same bytes on every engine. relaxed: fused multiply-add where
 * engine and machine have it, which depends on both anyway, so an engine without it runs strict.
 */
export function convArena(simd: Simd = "strict"): ConvArena {
  let top = 4096; // the module's own constants lie below
  return {
    take(floats) {
      const at = top;
      top += Math.ceil(floats / 16) * 64; // whole cache lines
      return at;
    },
    open() {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
      const instance = new WebAssembly.Instance(moduleOf(simd), { env: { memory } });
      const f32 = new Float32Array(memory.buffer);
      return { x: instance.exports as unknown as ConvExports, f32 };
    },
  };
}
