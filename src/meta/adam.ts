/** The meta-optimizer's state: first and second moments and the powers of β. */
export interface MetaAdam {
  readonly m: Float64Array;
  readonly v: Float64Array;
  b1: number;
  b2: number;
}

export function createMetaAdam(size: number): MetaAdam {
  return { m: new Float64Array(size), v: new Float64Array(size), b1: 1, b2: 1 };
}

/**
 * Adam on φ, in double precision: φ ← φ − α·m̂/(√v̂ + ε), β = 0.9, 0.999, ε = 1e-8 (in TensorFlow's form, where ε is added
 * before the bias correction). Source: Kingma and Ba 2015; the released code's meta-optimizer.
 */
export function metaAdamStep(s: MetaAdam, phi: Float32Array, gradient: Float64Array, learningRate: number): void {
  s.b1 *= 0.9;
  s.b2 *= 0.999;
  const rate = (learningRate * Math.sqrt(1 - s.b2)) / (1 - s.b1);
  for (let i = 0; i < phi.length; i++) {
    const g = gradient[i]!;
    s.m[i] = 0.9 * s.m[i]! + 0.1 * g;
    s.v[i] = 0.999 * s.v[i]! + 0.001 * g * g;
    phi[i]! -= (rate * s.m[i]!) / (Math.sqrt(s.v[i]!) + 1e-8);
  }
}
