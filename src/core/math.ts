const bits = new DataView(new ArrayBuffer(8));

/** 2^k for a whole k from −1022 to 1023, by its bits: of `**` ECMAScript only asks for an approximation. */
export function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  return bits.getFloat64(0);
}

const [BIG, SMALL] = [powerOfTwo(32), powerOfTwo(-32)];

/**
 * Natural logarithm by basic arithmetic only, so that it gives the same bits on every JavaScript engine
 * (`Math.log` does not). Error below 1 ulp for normal numbers.
 * Source: FreeBSD msun e_log.c (Sun Microsystems, 1993).
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  let k = 0;
  let m = x;
  for (; m < SMALL; k -= 32) m *= BIG;
  for (; m >= BIG; k += 32) m *= SMALL;
  for (; m >= Math.SQRT2; k++) m *= 0.5;
  for (; m < Math.SQRT1_2; k--) m *= 2;
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const h = 0.5 * f * f;
  return k * 0.6931471803691238 - (h - (s * (h + t1 + t2) + k * 1.9082149292705877e-10) - f);
}

/** e^x by basic arithmetic only: the same bits on every engine. Source: FreeBSD msun e_exp.c. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const hi = x - k * 0.6931471803691238;
  const lo = k * 1.9082149292705877e-10;
  const r = hi - lo;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = 1 - (lo - (r * c) / (2 - c) - hi);
  if (k < -1000) return y * powerOfTwo(k + 1000) * powerOfTwo(-1000);
  if (k > 1000) return y * powerOfTwo(k - 1000) * powerOfTwo(1000);
  return y * powerOfTwo(k);
}

/** tanh through `exp`: the same bits on every engine, in double precision. */
export function tanh(x: number): number {
  if (Math.abs(x) < 1e-5) return x;
  const e = exp(-2 * Math.abs(x));
  const y = (1 - e) / (1 + e);
  return x < 0 ? -y : y;
}

/** σ(x) = 1 / (1 + e^−x). */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/** The next multiple of 8: channels and columns are padded to whole pairs of SIMD registers. */
export const up8 = (n: number): number => 8 * Math.ceil(n / 8);
