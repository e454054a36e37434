import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "fflate";
import { check } from "../core/check.ts";
import { exportEsm } from "../export/esm.ts";
import { type ExportedOptimizer, parity, type StepParity, stepParity } from "../export/parity.ts";
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

/**
 * An export's step may differ from the library's own, from the same state, by this much of the largest step; in full precision
 * also by as much as the library's differs from the formula, where a network takes small steps as differences of large numbers.
 */
const MOST = { full: 1e-6, half: 1e-3 } as const;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Gzipped bytes of a module with its types. */
const gzipped = ({ module, types }: { module: string; types: string }): number =>
  gzipSync(bytesOf(module + types), { level: 9 }).length;

/** Runs a module as its users would, and compares its steps with the library's: each alone, and along a run. */
async function compared(file: OptimizerFile, module: string): Promise<{ step: StepParity; run: number }> {
  const folder = mkdtempSync(join(tmpdir(), "gradgrad-export-"));
  try {
    const path = join(folder, "optimizer.mjs");
    writeFileSync(path, module);
    const { init } = (await import(pathToFileURL(path).href)) as {
      init: (theta: readonly unknown[]) => ExportedOptimizer;
    };
    return { step: stepParity(file, init), run: parity(file, init) };
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
  const { step, run: difference } = await compared(file, written.module);
  const most = call.half ? MOST.half : Math.max(MOST.full, step.ofLibrary);
  check(
    step.ofModule <= most,
    "export",
    `steps within ${most} of the library's`,
    step.ofModule,
    call.half ? "Leave out --half" : "",
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
