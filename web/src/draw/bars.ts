import type { Theme } from "./theme.ts";

/** Shares in bins of one width, drawn as a filled step line. */
export interface Bars {
  readonly shares: ArrayLike<number>;
  readonly colour: string;
  readonly dash: number[];
  readonly label: string;
  readonly filled: boolean;
}

/** Histograms over powers of ten, on one another. */
export function drawBars(
  c: CanvasRenderingContext2D,
  w: number,
  h: number,
  theme: Theme,
  bars: readonly Bars[],
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const [left, right, top, bottom] = [18, 18, 30, 38]; // half a label stands out on either side
  const most = Math.max(...bars.flatMap((b) => Array.from(b.shares)), 1e-9);
  const X = (power: number): number => left + ((power - from) / (to - from)) * (w - left - right);
  const Y = (share: number): number => h - bottom - (share / most) * (h - top - bottom);
  c.font = "12px system-ui, sans-serif";
  c.fillStyle = theme.soft;
  c.strokeStyle = theme.line;
  c.textAlign = "center";
  c.textBaseline = "top";
  const superscript = (n: number): string =>
    String(n).replace(/./g, (d) => (d === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]!));
  for (let p = Math.ceil(from); p <= to; p++) {
    const x = Math.round(X(p)) + 0.5;
    c.beginPath();
    c.moveTo(x, top);
    c.lineTo(x, h - bottom);
    c.stroke();
    c.fillText(`10${superscript(p)}`, x, h - bottom + 6);
  }
  c.fillText("size of an update →", w / 2, h - 15);
  for (const b of [...bars].reverse()) {
    const width = (to - from) / b.shares.length;
    c.beginPath();
    c.moveTo(X(from), Y(0));
    for (let i = 0; i < b.shares.length; i++) {
      c.lineTo(X(from + i * width), Y(b.shares[i]!));
      c.lineTo(X(from + (i + 1) * width), Y(b.shares[i]!));
    }
    c.lineTo(X(to), Y(0));
    c.strokeStyle = b.colour;
    c.fillStyle = b.colour;
    c.lineWidth = b.filled ? 2 : 1.5;
    c.setLineDash(b.dash);
    if (b.filled) {
      c.globalAlpha = 0.22;
      c.fill();
      c.globalAlpha = 1;
    }
    c.stroke();
  }
  c.setLineDash([]);
  let x = left;
  c.textAlign = "left";
  c.textBaseline = "middle";
  for (const b of bars) {
    c.strokeStyle = b.colour;
    c.lineWidth = 2;
    c.setLineDash(b.dash);
    c.beginPath();
    c.moveTo(x, 11);
    c.lineTo(x + 20, 11);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = theme.ink;
    c.fillText(b.label, x + 25, 11);
    x += 42 + c.measureText(b.label).width;
  }
}
