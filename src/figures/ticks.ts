/** Moves labels apart until neighbours are `gap` apart, inside [top, bottom], each as near its place as that allows. */
export function spread(places: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = places.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y || a.i - b.i);
  const space = order.length > 1 ? Math.min(gap, (bottom - top) / (order.length - 1)) : gap;
  // Clusters that touch merge and sit around the mean of their members' wishes.
  const clusters: { members: number[]; wish: number }[] = [];
  const half = (c: { members: number[] }) => ((c.members.length - 1) * space) / 2;
  const settle = (c: { members: number[]; wish: number }) => {
    const mean = c.members.reduce((a, i) => a + places[i]!, 0) / c.members.length;
    c.wish = Math.max(top + half(c), Math.min(bottom - half(c), mean));
  };
  for (const { i } of order) {
    let cluster = { members: [i], wish: 0 };
    settle(cluster);
    for (let last = clusters.at(-1); last; last = clusters.at(-1)) {
      if (cluster.wish - half(cluster) - (last.wish + half(last)) >= space - 1e-9) break;
      clusters.pop();
      cluster = { members: [...last.members, ...cluster.members], wish: 0 };
      settle(cluster);
    }
    clusters.push(cluster);
  }
  const out = new Array<number>(places.length);
  for (const c of clusters) for (const [k, i] of c.members.entries()) out[i] = c.wish - half(c) + k * space;
  return out;
}

/** The powers of ten in an interval, times each of `steps`. */
function powers(low: number, high: number, steps: readonly number[]): number[] {
  const ticks: number[] = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++)
    for (const m of steps) ticks.push(Number(`${m}e${k}`));
  return ticks.filter((t) => t >= low && t <= high);
}

/** Three marks of a linear axis from −reach to reach, far enough from its ends that the labels of small panels side by side stay apart. */
export function ticksAroundZero(reach: number): number[] {
  if (!(reach > 0)) return [0];
  const tick = powers(reach / 4, 0.75 * reach, [1, 2, 3, 5]).at(-1)!;
  return [-tick, 0, tick];
}

/** Marks of a log axis: powers of ten where three fit, else 1, 2, 5 times them, or more of 1 to 9, else even steps. */
export function logTicks(low: number, high: number): number[] {
  const tens = high / low > 300 ? powers(low, high, [1]) : [];
  if (tens.length >= 3) return tens;
  for (const steps of [
    [1, 2, 5],
    [1, 2, 3, 5, 7],
    [1, 1.5, 2, 3, 4, 5, 7],
  ]) {
    const ticks = powers(low, high, steps);
    if (ticks.length > 3) return ticks;
  }
  // Under about half a decade: multiples of 1, 2 or 5 × 10ᵏ, of which at most eight fit.
  for (let k = Math.floor(Math.log10(high)) - 4; ; k++)
    for (const m of [1, 2, 5]) {
      const first = Math.ceil(low / Number(`${m}e${k}`));
      const last = Math.floor(high / Number(`${m}e${k}`));
      if (last - first < 8)
        return Array.from({ length: last - first + 1 }, (_, i) => Number(`${(first + i) * m}e${k}`));
    }
}
