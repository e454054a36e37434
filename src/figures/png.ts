import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import { checkPositive } from "../core/check.ts";

const require = createRequire(import.meta.url);

/**
 * A figure's SVG as PNG bytes. Text is set in DejaVu Sans from its npm package, never in a font of the machine, so the
 * picture is the same everywhere. Node only.
 *
 * @param scale pixels per SVG unit. Default 2.
 */
export function toPng(
  svg: string,
  options: { readonly scale?: number; readonly background?: string } = {},
): Uint8Array {
  const { scale = 2, background = "#ffffff" } = options;
  checkPositive("scale", scale);
  const files = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((f) => require.resolve(`dejavu-fonts-ttf/ttf/${f}`));
  const still = svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, "")
    .replace(/font-family="[^"]*"/, 'font-family="DejaVu Sans"');
  const resvg = new Resvg(still, {
    background,
    fitTo: { mode: "zoom", value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: files,
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
    },
  });
  return resvg.render().asPng();
}
