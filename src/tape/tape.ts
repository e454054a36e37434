import { type Arithmetic, type Numbers, plainArithmetic } from "./arithmetic.ts";

/** A matrix on a tape: `rows` are coordinates. */
export interface Value {
  readonly rows: number;
  readonly columns: number;
  readonly data: Numbers;
  /** ∂L/∂data, from its first use in the backward pass until its own operation has gone back. */
  grad?: Numbers | undefined;
}

/** A weight matrix with its bias: read by `affine`, gradients summed over all its uses. */
export interface Weights {
  readonly inputs: number;
  readonly outputs: number;
  readonly w: Numbers;
  readonly b: Numbers;
  readonly dw: Float64Array;
  readonly db: Float64Array;
}

/**
 * Reverse mode for optimizer networks: each operation computes at once and, where the tape records, leaves the function that
 * takes its output's gradient to its inputs. A network written on it serves as it is, for use (nothing recorded) and for
 * back-propagation through an unroll.
 */
export interface Tape {
  readonly arithmetic: Arithmetic;
  readonly recording: boolean;
  /** A value of zeros, or of the numbers given. */
  value(rows: number, columns: number, data?: Numbers): Value;
  /** Leaves a step back. `output`'s gradient is given, and dropped afterwards; without one the step is skipped. */
  record(output: Value, back: (grad: Numbers) => void): void;
  /** How many steps are recorded: where `backward` may stop. */
  length(): number;
  /** Goes the steps back, last one first, until so many are left. Default all. */
  backward(left?: number): void;
}

/** Makes a tape. Default: it records, in float64. */
export function createTape(arithmetic: Arithmetic = plainArithmetic(), recording = true): Tape {
  const steps: { output: Value; back: (grad: Numbers) => void }[] = [];
  return {
    arithmetic,
    recording,
    value: (rows, columns, data = arithmetic.create(rows * columns)) => ({ rows, columns, data }),
    record(output, back) {
      if (recording) steps.push({ output, back });
    },
    length: () => steps.length,
    backward(left = 0) {
      while (steps.length > left) {
        const { output, back } = steps.pop()!;
        const { grad } = output;
        if (!grad) continue;
        back(grad);
        output.grad = undefined;
      }
    },
  };
}

/** The gradient of a value, made on first use. */
export function gradientOf(tape: Tape, v: Value): Numbers {
  v.grad ??= tape.arithmetic.create(v.data.length);
  return v.grad;
}
