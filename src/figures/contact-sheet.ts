import { check } from "../core/check.ts";
import { append, figureDocument, finish } from "./svg.ts";

/** One row of pictures, each a PNG, with what it is about. */
export interface SheetRow {
  readonly pictures: readonly Uint8Array[];
  /** A few words below each picture; "" for none. */
  readonly words: readonly string[];
}

const SIDE = 150;
const GAP = 14;
const CAPTION = 18;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text);
}

/**
 * Pictures in rows and columns under a heading, as one SVG that holds them: what neural art made, beside what it was made from.
 *
 * @throws ArgumentError for a row that has not one picture a column.
 */
export function contactSheet(
  columns: readonly string[],
  rows: readonly SheetRow[],
  title: string,
  subtitle: string,
): string {
  const document = figureDocument();
  const top = 58;
  const step = SIDE + GAP;
  const down = SIDE + CAPTION + GAP;
  const words = 24 + Math.max(9.4 * title.length, 6.6 * subtitle.length);
  const width = Math.ceil(Math.max(GAP + columns.length * step, words));
  const height = top + CAPTION + rows.length * down;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    svg.setAttribute(name, String(value));
  const left = (c: number): number => GAP + c * step;
  columns.forEach((label, c) => {
    append(svg, "text", { x: left(c), y: top + 10, "font-size": 12, "font-weight": 600 }, label);
  });
  rows.forEach(({ pictures, words: below }, r) => {
    check(pictures.length === columns.length, `row ${r} of the sheet`, `${columns.length} pictures`, pictures.length);
    const y = top + CAPTION + r * down;
    pictures.forEach((png, c) => {
      const href = `data:image/png;base64,${base64(png)}`;
      append(svg, "image", { x: left(c), y, width: SIDE, height: SIDE, href, "image-rendering": "auto" });
      if (below[c])
        append(svg, "text", { x: left(c), y: y + SIDE + 13, "font-size": 11, "fill-opacity": 0.75 }, below[c]);
    });
  });
  return finish(svg, title, subtitle, `${rows.length} rows of ${columns.join(", ")}.`);
}
