import { append, figureDocument, finish } from "./svg.ts";

/** Figures side by side under one heading; each keeps its own size. Returns SVG text. */
export function panels(figures: readonly string[], columns: number, title: string, subtitle: string): string {
  const document = figureDocument();
  const parsed = figures.map((text) => {
    const holder = document.createElement("div");
    holder.innerHTML = text;
    return holder.firstElementChild!;
  });
  const width = Math.max(...parsed.map((p) => Number(p.getAttribute("width"))));
  const height = Math.max(...parsed.map((p) => Number(p.getAttribute("height"))));
  const rows = Math.ceil(parsed.length / columns);
  const top = 58;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  // One panel alone may be narrower than the words above it.
  const words = 24 + Math.max(9.4 * title.length, 6.6 * subtitle.length);
  const total = Math.ceil(Math.max(width * Math.min(columns, parsed.length), words));
  svg.setAttribute("width", String(total));
  svg.setAttribute("height", String(top + height * rows));
  svg.setAttribute("viewBox", `0 0 ${total} ${top + height * rows}`);
  parsed.forEach((p, i) => {
    p.removeAttribute("class");
    for (const style of [...p.querySelectorAll("style")]) style.remove();
    const place = append(svg, "g", {
      transform: `translate(${(i % columns) * width},${top + Math.floor(i / columns) * height})`,
    });
    place.appendChild(p);
  });
  return finish(svg, title, subtitle, `${figures.length} panels.`);
}
