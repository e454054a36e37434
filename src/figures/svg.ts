import * as Plot from "@observablehq/plot";
import { logTicks } from "./ticks.ts";

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
