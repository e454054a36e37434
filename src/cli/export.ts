import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "fflate";
import { check } from "../core/check.ts";
import { exportEsm } from "../export/esm.ts";
import { type ExportedOptimizer, parity } from "../export/parity.ts";
import type { OptimizerFile } from "../learned/file.ts";
import { checkFolder, writeWhole } from "../node/write.ts";
import { shippedOptimizers } from "../shipped/load.ts";
import { provenance } from "./provenance.ts";
import { findOptimizer } from "./start.ts";

/** Options of `export`, as the command line gives them. */
export interface ExportCall {
  readonly format: string;
  readonly half: boolean;
  readonly out?: string;
  readonly json: boolean;
  /** Writes export.json there: sizes and parity for the summary. */
  readonly record?: string;
  readonly command: string;
}

/** An export differs from the library's own step by this much of its largest step, in most networks; one that amplifies rounding, by more. */
const USUAL = { full: 1e-6, half: 1e-3 } as const;
/** Beyond this it would be another optimizer. */
const MOST = 0.05;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Gzipped bytes of a module with its types. */
const gzipped = ({ module, types }: { module: string; types: string }): number =>
  gzipSync(bytesOf(module + types), { level: 9 }).length;

/** Runs a module as its users would, and compares its steps with the library's. */
async function checked(file: OptimizerFile, module: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "gradgrad-export-"));
  try {
    const path = join(folder, "optimizer.mjs");
    writeFileSync(path, module);
    const { init } = (await import(pathToFileURL(path).href)) as {
      init: (theta: readonly unknown[]) => ExportedOptimizer;
    };
    return parity(file, init);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes an optimizer as one module and its types, once its steps are found to be the library's. */
export async function exportCommand(name: string, call: ExportCall): Promise<void> {
  check(call.format === "esm", "--format", "esm", call.format);
  const shipped = Object.hasOwn(shippedOptimizers, name);
  const { file } = await findOptimizer(name);
  if (call.out) checkFolder("--out", dirname(call.out));
  if (call.record) checkFolder("--record", call.record);
  const own = shipped
    ? name
    : basename(name)
        .replace(/\.safetensors$/, "")
        .replace(/[^\w.-]+/g, "-");
  const written = exportEsm(file, { name: own, half: call.half });
  const difference = await checked(file, written.module);
  check(
    difference <= MOST,
    "export",
    `steps within ${MOST} of the library's`,
    difference,
    call.half ? "Leave out --half" : "",
  );
  const usual = call.half ? USUAL.half : USUAL.full;
  if (difference > usual)
    console.error(
      `Its steps differ by ${difference.toExponential(1)} of the largest, where ${usual} is usual: this network amplifies rounding.${call.half ? " Without --half they are closer." : ""}`,
    );
  const out = call.out ?? `${own}.mjs`;
  check(/\.m?js$/.test(out), "--out", "a name that ends in .mjs or .js", out);
  const types = out.replace(/\.(m?)js$/, ".d.$1ts");
  writeWhole(out, written.module);
  writeWhole(types, written.types);
  const bytes = gzipped(written);
  if (call.record) {
    const values = { "export/esm-gzip-bytes": { value: bytes, n: 1 }, "export/parity": { value: difference, n: 100 } };
    const from = provenance(call.command, 0);
    writeWhole(join(call.record, "export.json"), `${JSON.stringify({ ...from, values }, null, 1)}\n`);
  }
  if (call.json)
    console.log(JSON.stringify({ path: out, types, bytes: readFileSync(out).length, gzip: bytes, difference }));
  else
    console.log(
      `${out}\n${types}\n${(bytes / 1000).toFixed(1)} kB gzipped; its steps are the library's within ${difference.toExponential(1)} of the largest.`,
    );
}
