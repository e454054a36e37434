import type { Theme } from "./theme.ts";

const rgb = (hex: string): [number, number, number] =>
  [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as [number, number, number];

/** Blue for a step down, orange for a step up, the page's own ground for none. */
function colourOf(value: number, theme: Theme): [number, number, number] {
  const ground = rgb(theme.dark ? "#161b22" : "#f6f8fa");
  const end = rgb(value < 0 ? (theme.dark ? "#56b4e9" : "#0072b2") : theme.dark ? "#ff8a3d" : "#d55e00");
  // The root shows small steps beside large ones.
  const share = Math.min(1, Math.sqrt(Math.abs(value)));
  return ground.map((g, i) => g + share * (end[i]! - g)) as [number, number, number];
}

const sheet = document.createElement("canvas");

/** A map of the update: gradients from left to right, steps from top to bottom. */
export function drawHeat(
  c: CanvasRenderingContext2D,
  w: number,
  h: number,
  theme: Theme,
  updates: readonly (readonly number[])[],
  scale: number,
  reach: number,
): void {
  const [rows, columns] = [updates.length, updates[0]?.length ?? 0];
  if (rows === 0 || columns === 0) return;
  const [left, top, bottom] = [30, 4, 34];
  Object.assign(sheet, { width: columns, height: rows });
  const small = sheet.getContext("2d")!;
  const pixels = small.createImageData(columns, rows);
  updates.forEach((row, j) => {
    row.forEach((value, i) => {
      pixels.data.set([...colourOf(value / scale, theme), 255], 4 * (j * columns + i));
    });
  });
  small.putImageData(pixels, 0, 0);
  c.imageSmoothingEnabled = false;
  c.drawImage(sheet, left, top, w - left - 4, h - top - bottom);
  c.strokeStyle = theme.line;
  c.strokeRect(left + 0.5, top + 0.5, w - left - 5, h - top - bottom - 1);
  c.font = "11px system-ui, sans-serif";
  c.fillStyle = theme.soft;
  c.textBaseline = "middle";
  c.textAlign = "right";
  const row = (h - top - bottom) / rows;
  for (const step of [1, 8, 16, 24, 32]) if (step <= rows) c.fillText(String(step), left - 5, top + (step - 0.5) * row);
  c.textBaseline = "top";
  c.textAlign = "left";
  c.fillText((-reach).toPrecision(2), left, h - bottom + 5);
  c.textAlign = "right";
  c.fillText(reach.toPrecision(2), w - 4, h - bottom + 5);
  c.textAlign = "center";
  c.fillText("0", left + (w - left - 4) / 2, h - bottom + 5);
  c.fillText("gradient →", left + (w - left - 4) / 2, h - 14);
}

/** What the colours mean, from the largest step down to the largest step up. */
export function drawScale(c: CanvasRenderingContext2D, w: number, h: number, theme: Theme): void {
  for (let x = 0; x < w; x++) {
    const [r, g, b] = colourOf((2 * x) / w - 1, theme);
    c.fillStyle = `rgb(${r} ${g} ${b})`;
    c.fillRect(x, 0, 1, h);
  }
}
