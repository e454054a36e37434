/** Colours of the page's style sheet, for canvases. */
export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly card: string;
  readonly dark: boolean;
}

export const darkScheme: MediaQueryList = matchMedia("(prefers-color-scheme: dark)");
export const lessMotion: MediaQueryList = matchMedia("(prefers-reduced-motion: reduce)");

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"),
    soft: read("--soft"),
    line: read("--line"),
    card: read("--card"),
    dark: darkScheme.matches,
  };
}

/** The figures' colours, a little darker by day; told apart by colour-blind readers (after Okabe and Ito 2008), and by their dashes. */
const looks: Readonly<Record<string, { light: string; dark: string; dash: number[]; width: number }>> = {
  learned: { light: "#D55E00", dark: "#FF8A3D", dash: [], width: 2.6 },
  adam: { light: "#0072B2", dark: "#56B4E9", dash: [], width: 1.6 },
  sgd: { light: "#A87400", dark: "#E6B422", dash: [6, 3], width: 1.6 },
  rmsprop: { light: "#B4568C", dark: "#DE93BD", dash: [2, 3], width: 1.6 },
  nag: { light: "#00805D", dark: "#1FBF92", dash: [8, 3, 2, 3], width: 1.6 },
};

export function lookOf(name: string, { dark }: Theme): { colour: string; dash: number[]; width: number } {
  const { light, dark: night, dash, width } = looks[name]!;
  return { colour: dark ? night : light, dash, width };
}
