// What stands between convolutions: batch moments, normalisation, ReLU, max-pooling 2 × 2, and their gradients; four channels
// at a time on images [row][column][channel]. Strides are in bytes; `channels` is a multiple of 4.

/** Mean and sum of squared deviations of each channel of one image whose pixels lie side by side: out [mean][squares]. */
export function moments(x: usize, pixels: i32, channels: i32, out: usize): void {
  const step = <usize>channels * 4;
  const end = x + <usize>pixels * step;
  const share = f32x4.splat(<f32>1 / <f32>pixels);
  for (let c: usize = 0; c < step; c += 16) {
    let sum = f32x4.splat(0);
    for (let p = x + c; p < end; p += step) sum = f32x4.add(sum, v128.load(p));
    const mean = f32x4.mul(sum, share);
    let squares = f32x4.splat(0);
    for (let p = x + c; p < end; p += step) {
      const d = f32x4.sub(v128.load(p), mean);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    v128.store(out + c, mean);
    v128.store(out + step + c, squares);
  }
}

/** h = max(0, scale·x + shift), of the largest of each 2 × 2 window where `pool` is 2. The scale must not be negative. */
export function activate(
  x: usize, h: usize, height: i32, width: i32, channels: i32, pool: i32, hRow: usize, scale: usize, shift: usize,
): void {
  const step = <usize>channels * 4;
  const row = <usize>width * step;
  const zero = f32x4.splat(0);
  const next = pool == 2 ? step * 2 : step;
  for (let i = 0; i < height; i += pool) {
    let to = h;
    for (let p = x, end = x + row; p < end; p += next) {
      for (let c: usize = 0; c < step; c += 16) {
        let m = v128.load(p + c);
        if (pool == 2) {
          m = f32x4.pmax(m, v128.load(p + step + c));
          m = f32x4.pmax(m, f32x4.pmax(v128.load(p + row + c), v128.load(p + row + step + c)));
        }
        m = f32x4.add(f32x4.mul(m, v128.load(scale + c)), v128.load(shift + c));
        v128.store(to + c, f32x4.pmax(m, zero));
      }
      to += step;
    }
    h += hRow;
    x += row * <usize>pool;
  }
}

/** Adds to sums [dz][dz·x̂] of each channel: dz = dh where h > 0, x̂ = h − β there. */
export function activateSums(
  h: usize, dh: usize, height: i32, width: i32, channels: i32, hRow: usize, beta: usize, sums: usize,
): void {
  const step = <usize>channels * 4;
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < step; c += 16) {
    const b = v128.load(beta + c);
    let s = v128.load(sums + c);
    let t = v128.load(sums + step + c);
    let hr = h + c;
    let d = dh + c;
    for (let i = 0; i < height; i++) {
      for (let p = hr, end = hr + <usize>width * step; p < end; p += step) {
        const v = v128.load(p);
        const dz = v128.and(v128.load(d), f32x4.gt(v, zero));
        s = f32x4.add(s, dz);
        t = f32x4.add(t, f32x4.mul(dz, f32x4.sub(v, b)));
        d += step;
      }
      hr += hRow;
    }
    v128.store(sums + c, s);
    v128.store(sums + step + c, t);
  }
}

/**
 * dx = scale·(dz − m₁ − x̂·m₂), x̂ = (x − μ)·scale, for every pixel of x; dz = dh at the (first) largest pixel of each window if
 * h > 0, else 0. `means` holds [μ][m₁][m₂]. Writes rows of `dxRow` bytes.
 */
export function activateGradient(
  x: usize, h: usize, dh: usize, dx: usize, height: i32, width: i32, channels: i32, pool: i32,
  hRow: usize, dxRow: usize, scale: usize, means: usize,
): void {
  const step = <usize>channels * 4;
  const row = <usize>width * step;
  const zero = f32x4.splat(0);
  const next = pool == 2 ? step * 2 : step;
  for (let i = 0; i < height; i += pool) {
    let hp = h;
    let to = dx;
    for (let p = x, end = x + row; p < end; p += next) {
      for (let c: usize = 0; c < step; c += 16) {
        const s = v128.load(scale + c);
        const mu = v128.load(means + c);
        const m1 = v128.load(means + step + c);
        const m2 = v128.load(means + 2 * step + c);
        const dz = v128.and(v128.load(dh + c), f32x4.gt(v128.load(hp + c), zero));
        const x0 = v128.load(p + c);
        if (pool == 2) {
          const x1 = v128.load(p + step + c);
          const x2 = v128.load(p + row + c);
          const x3 = v128.load(p + row + step + c);
          const m = f32x4.pmax(f32x4.pmax(x0, x1), f32x4.pmax(x2, x3));
          const e0 = f32x4.eq(x0, m);
          const e1 = v128.andnot(f32x4.eq(x1, m), e0);
          const e01 = v128.or(e0, e1);
          const e2 = v128.andnot(f32x4.eq(x2, m), e01);
          const e3 = v128.andnot(f32x4.eq(x3, m), v128.or(e01, e2));
          v128.store(to + c, normalGradient(x0, v128.and(dz, e0), s, mu, m1, m2));
          v128.store(to + step + c, normalGradient(x1, v128.and(dz, e1), s, mu, m1, m2));
          v128.store(to + dxRow + c, normalGradient(x2, v128.and(dz, e2), s, mu, m1, m2));
          v128.store(to + dxRow + step + c, normalGradient(x3, v128.and(dz, e3), s, mu, m1, m2));
        } else v128.store(to + c, normalGradient(x0, dz, s, mu, m1, m2));
      }
      to += next;
      hp += step;
      dh += step;
    }
    h += hRow;
    x += row * <usize>pool;
    dx += dxRow * <usize>pool;
  }
}

// @ts-ignore: decorator
@inline
function normalGradient(x: v128, dz: v128, scale: v128, mu: v128, m1: v128, m2: v128): v128 {
  const hat = f32x4.mul(f32x4.sub(x, mu), scale);
  return f32x4.mul(scale, f32x4.sub(f32x4.sub(dz, m1), f32x4.mul(hat, m2)));
}
