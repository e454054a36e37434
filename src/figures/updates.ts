import * as Plot from "@observablehq/plot";
import { accent, grey, methodLooks } from "./looks.ts";
import { append, figureDocument, finish } from "./svg.ts";
import { ticksAroundZero } from "./ticks.ts";

/** An optimizer's line in a figure of updates. */
export interface UpdateLine {
  readonly name: string;
  readonly label: string;
  readonly learned: boolean;
}

const look = (lines: readonly UpdateLine[]): Map<string, { stroke: string; width: number }> =>
  new Map(
    lines.map((l) => [
      l.name,
      l.learned ? { stroke: accent, width: 2.4 } : { stroke: methodLooks[l.name]?.[0] ?? grey, width: 1.4 },
    ]),
  );

function legend(svg: Element, lines: readonly UpdateLine[], y: number): void {
  let x = 14;
  for (const l of lines) {
    const { stroke, width } = look(lines).get(l.name)!;
    append(svg, "path", { d: `M${x},${y - 4}h22`, stroke, "stroke-width": width, fill: "none" });
    append(svg, "text", { x: x + 28, y, "font-size": 12, "text-anchor": "start" }, l.label);
    x += 44 + 7.2 * l.label.length;
  }
  append(
    svg,
    "text",
    { x: 12, y: y + 17, "font-size": 11, "fill-opacity": 0.75, "text-anchor": "start" },
    "↑ update g",
  );
}

/** Updates of one coordinate step by step, a line an optimizer. Returns SVG text. */
export function updatesThroughTime(
  updates: Readonly<Record<string, readonly number[]>>,
  lines: readonly UpdateLine[],
  title: string,
): string {
  const styles = look(lines);
  const plot = Plot.plot({
    document: figureDocument(),
    width: 560,
    height: 330,
    marginTop: 74,
    marginLeft: 64,
    marginBottom: 40,
    x: { label: "step →", labelAnchor: "center" },
    y: { label: null, grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
      ...[...lines].reverse().map((l) =>
        Plot.lineY(
          updates[l.name]!.map((value, i) => ({ step: i + 1, value })),
          { x: "step", y: "value", stroke: styles.get(l.name)!.stroke, strokeWidth: styles.get(l.name)!.width },
        ),
      ),
    ],
  }) as unknown as Element;
  legend(plot, lines, 46);
  return finish(plot, title, "", `Updates of one coordinate by step for ${lines.map((l) => l.label).join(", ")}.`);
}

/** A gradient below a hundredth is labelled by its power of ten: written out, it is too wide for a small panel. */
function gradientWords(v: number): string {
  const words = v !== 0 && Math.abs(v) < 0.01 ? v.toExponential(0) : String(v);
  return words.replaceAll("-", "−");
}

/** The update as a function of the current gradient, one small panel a step. Returns SVG text. */
export function updatesByGradient(
  asked: readonly number[],
  responses: Readonly<Record<string, readonly (readonly number[])[]>>,
  lines: readonly UpdateLine[],
  title: string,
): string {
  const styles = look(lines);
  const columns = 8;
  const steps = responses[lines[0]!.name]!.length;
  const rows = lines.flatMap((l) =>
    responses[l.name]!.flatMap((values, t) =>
      values.map((update, k) => ({ name: l.name, t, gradient: asked[k]!, update })),
    ),
  );
  const place = { fx: (d: { t: number }) => d.t % columns, fy: (d: { t: number }) => Math.floor(d.t / columns) };
  const plot = Plot.plot({
    document: figureDocument(),
    width: 1120,
    height: 90 + 110 * Math.ceil(steps / columns),
    marginTop: 74,
    marginLeft: 60,
    marginBottom: 40,
    marginRight: 14,
    fx: { axis: null, padding: 0.08 },
    fy: { axis: null, padding: 0.12 },
    x: {
      label: "gradient →",
      labelAnchor: "center",
      ticks: ticksAroundZero(Math.max(...asked.map(Math.abs))),
      tickFormat: gradientWords,
    },
    y: { label: null, ticks: 3, grid: true },
    marks: [
      Plot.frame({ strokeOpacity: 0.2 }),
      ...[...lines].reverse().map((l) =>
        Plot.lineY(
          rows.filter((r) => r.name === l.name),
          {
            x: "gradient",
            y: "update",
            ...place,
            stroke: styles.get(l.name)!.stroke,
            strokeWidth: styles.get(l.name)!.width,
          },
        ),
      ),
      Plot.text(
        Array.from({ length: steps }, (_, t) => ({ t })),
        {
          ...place,
          text: (d: { t: number }) => `step ${d.t + 1}`,
          frameAnchor: "top-left",
          dx: 4,
          dy: 4,
          fontSize: 10,
        },
      ),
    ],
  }) as unknown as Element;
  legend(plot, lines, 46);
  return finish(plot, title, "", `The update for each gradient with the history held, steps 1 to ${steps}.`);
}
