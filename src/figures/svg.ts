import * as Plot from "@observablehq/plot";

/** The page's own document in a browser; a small DOM (linkedom) elsewhere. */
const fallback: Document | undefined =
  typeof globalThis.document === "undefined"
    ? ((await import("linkedom")).parseHTML("<!doctype html><html><body></body></html>")
        .document as unknown as Document)
    : undefined;

export function figureDocument(): Document {
  return fallback ?? globalThis.document;
}

/** Appends an SVG element. */
export function append(
  parent: Element,
  tag: string,
  attributes: Record<string, string | number>,
  text?: string,
): Element {
  const document = figureDocument();
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes))
    element.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

const fonts = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';

/** Finishes a plot: a heading, an accessible name, text in the page's colour, and dark mode when it stands alone. */
export function finish(svg: Element, title: string, subtitle: string, description: string): string {
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("class", "gradgrad-figure");
  svg.setAttribute("font-family", fonts);
  svg.setAttribute("color", "#1f2328");
  svg.setAttribute("fill", "currentColor");
  svg.setAttribute("role", "img");
  // linkedom writes & and < in attributes as they are, which is not XML.
  svg.setAttribute("aria-label", `${title}. ${description}`.replaceAll("&", "and").replace(/[<>]/g, ""));
  svg.removeAttribute("style");
  for (const style of [...svg.querySelectorAll("style")]) style.remove();
  const style = append(svg, "style", {});
  style.textContent =
    ".gradgrad-figure{max-width:100%;height:auto}@media(prefers-color-scheme:dark){.gradgrad-figure{color:#e6edf3}}@media print{.gradgrad-figure{color:#000}}";
  append(svg, "text", { x: 12, y: 24, "font-size": 16, "font-weight": 600, "text-anchor": "start" }, title);
  if (subtitle)
    append(svg, "text", { x: 12, y: 43, "font-size": 12, "fill-opacity": 0.75, "text-anchor": "start" }, subtitle);
  return svg.outerHTML;
}

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

/** Marks of a log axis: powers of ten where three fit, else 1, 2, 5 times them, else even steps. */
export function logTicks(low: number, high: number): number[] {
  const tens = high / low > 300 ? powers(low, high, [1]) : [];
  if (tens.length >= 3) return tens;
  const ticks = powers(low, high, [1, 2, 5]);
  if (ticks.length > 3) return ticks;
  // Under about one decade: multiples of 1, 2 or 5 × 10ᵏ, of which at most eight fit.
  for (let k = Math.floor(Math.log10(high)) - 4; ; k++)
    for (const m of [1, 2, 5]) {
      const first = Math.ceil(low / Number(`${m}e${k}`));
      const last = Math.floor(high / Number(`${m}e${k}`));
      if (last - first < 8)
        return Array.from({ length: last - first + 1 }, (_, i) => Number(`${(first + i) * m}e${k}`));
    }
}

/** The marks of a log axis with their numbers and lines. Plot's own axis leaves some of the numbers out. */
export function logAxis(low: number, high: number): Plot.Markish[] {
  const ticks = logTicks(low, high);
  return [Plot.gridY(ticks, { strokeOpacity: 0.12 }), Plot.axisY(ticks, { label: null, text: String })];
}

/** Names the axes: y above its axis, x below the middle of its own. */
export function nameAxes(
  svg: Element,
  x: string,
  y: string,
  left: number,
  right: number,
  top: number,
  bottom: number,
): void {
  append(
    svg,
    "text",
    { x: 12, y: top - 12, "font-size": 11, "fill-opacity": 0.75, "text-anchor": "start" },
    `↑ ${y}, log axis`,
  );
  append(
    svg,
    "text",
    { x: (left + right) / 2, y: bottom, "font-size": 11, "fill-opacity": 0.75, "text-anchor": "middle" },
    `${x} →`,
  );
}
