#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ArgumentError, check } from "../core/check.ts";
import { parseObject } from "../core/safetensors.ts";
import { configure, merge, parseSetting } from "../experiments/config.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { paperFigures } from "../experiments/paper-figures.ts";
import { experimentByName, experiments } from "../experiments/registry.ts";
import { checkOptions } from "../meta/train.ts";
import { isModule, loadOwnExperiment } from "../node/module.ts";
import { revectorize } from "../node/revectorize.ts";
import { methodNames } from "../optimizers/registry.ts";
import { neuralArtDefaults } from "../problems/neural-art.ts";
import { shippedOptimizers } from "../shipped/load.ts";
import { dataCommand } from "./data.ts";
import { evaluateCommand } from "./evaluate.ts";
import { ofModule } from "./own-error.ts";
import { recordedCall } from "./provenance.ts";
import { summariesJson } from "./results.ts";
import { type RowFormat, rowFormats } from "./rows.ts";
import { sayer } from "./say.ts";
import { search } from "./search.ts";
import { findOptimizer, firstExperiment, startFromFile, startFromTrained } from "./start.ts";
import { summaryCommand } from "./summary.ts";
import { train, trainFirst } from "./train.ts";
import { version } from "./version.ts";

const whole = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("a whole number is expected.");
  return value;
};
const count = (text: string): number => {
  if (whole(text) === 0) throw new InvalidArgumentError("a whole number above zero is expected.");
  return whole(text);
};
const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above zero is expected.");
  return value;
};

const atLeastZero = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < Number.MAX_VALUE))
    throw new InvalidArgumentError("a number of at least zero is expected.");
  return value;
};

function readConfig(path: string): Record<string, unknown> {
  check(existsSync(path), "--config", "a file", path);
  try {
    return parseObject(`--config ${path}`, readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw new ArgumentError(`--config ${path}: expected a file that can be read (${(error as Error).message})`);
  }
}

/** An experiment by its name, or a module of one's own. */
const experimentOf = async (word: string): Promise<Experiment> =>
  isModule(word) ? loadOwnExperiment(word) : experimentByName(word);

const stages = (e: Experiment): string => (e.startFrom ? `${stages(e.startFrom)}${e.startFrom.name}, then ` : "");
const wide = 2 + Math.max(...experiments.map((e) => e.name.length));
const names = experiments
  .map(({ name, title, row, ...e }) => {
    // Variants of one question share its title.
    const words = row && experiments.some((o) => o.name !== name && o.title === title) ? row.label : title;
    const first =
      e.startFrom && !e.optimizerOf ? `\n${"".padEnd(wide + 2)}trains ${stages(e as Experiment)}itself` : "";
    return `  ${name.padEnd(wide)}${words}${first}`;
  })
  .join("\n");
const program = new Command("gradgrad")
  .description(
    "Trains optimizers: meta-trains an LSTM that learns the update rule, and compares it honestly with tuned Adam, NAG and the rest.",
  )
  .version(version)
  .exitOverride()
  .addHelpText(
    "after",
    `\nExperiments:\n${names}\n\nExit codes: 0 done, 1 the run failed, 2 the call was wrong, 130 stopped by Ctrl-C.`,
  );

const REVECTORIZE = [
  "--revectorize",
  "256-bit SIMD by V8's experimental revectorization, Node ≥ 24: the same bytes, on many processors faster",
] as const;

program
  .command("train")
  .description("meta-train an optimizer; Ctrl-C saves, --resume goes on")
  .argument(
    "<experiment>",
    `one of ${experiments
      .filter((e) => !e.optimizerOf)
      .map((e) => e.name)
      .join(", ")}, or one that these start from; or your own problems: a module, as ./my-problem.ts`,
  )
  .option("--seed <n>", "seed of the run", whole, 0)
  .option("--set <key=value...>", "change an option of the run, as in --set iterations=100 shape.hidden=10")
  .option("--config <file>", "a JSON file of such options")
  .option("--search <n>", "first try so many random learning rates in short runs and take the best", count)
  .option(
    "--from <file>",
    "start from this optimizer file, instead of random weights or of the stages that the experiment trains first",
  )
  .option("--out <folder>", "where the optimizer and its checkpoint go", "runs")
  .option("--minutes <x>", "stop after so many minutes, search and earlier stages included, and save", positive)
  .option("--rounds <n>", "stop after so many rounds and save: the same bytes each time", count)
  .option("--threads <n>", "worker threads (never changes the result)", count)
  .option(...REVECTORIZE, false)
  .option("--resume", "go on from the checkpoint; without it, what an earlier run left is kept as NAME.old", false)
  .option("--json", "print the result as JSON", false)
  .action(async (name: string, o) => {
    if (o.revectorize) revectorize();
    const e = await experimentOf(name);
    check(e.optimizerOf === undefined, "experiment", `${e.optimizerOf}, whose optimizer it tests`, name);
    const file = o.config ? readConfig(o.config) : {};
    const changes = (o.set ?? []).map(parseSetting).reduce(merge, file);
    let options = { ...configure(e.options, changes), seed: o.seed };
    checkOptions(options);
    // Those before it get its network: what does not go with that must not come out after an hour.
    if (!o.from) for (let s = firstExperiment({ ...e, options }); s; s = firstExperiment(s)) checkOptions(s.options);
    const call = {
      folder: o.out,
      resume: o.resume,
      command: recordedCall(),
      ...(o.threads ? { threads: o.threads } : {}),
      ...(o.rounds ? { rounds: o.rounds } : {}),
    };
    const began = performance.now();
    const minutes = (): { minutes?: number } =>
      o.minutes ? { minutes: o.minutes - (performance.now() - began) / 60_000 } : {};
    let start = o.from ? startFromFile(o.from, { ...e, options }) : undefined;
    if (o.search) {
      const first = start ? undefined : await trainFirst({ ...e, options }, { ...call, ...minutes() });
      if (first?.finished === false) {
        if (first.interrupted) process.exitCode = 130;
        return;
      }
      if (first) start = startFromTrained(first);
      const found = await search({ ...e, options }, o.search, { ...call, ...minutes(), ...(start ? { start } : {}) });
      if (!found) {
        if (o.json) console.log(JSON.stringify({ finished: false }));
        return;
      }
      options = found;
    }
    // Stopped within its search, a run has no checkpoint yet.
    const resume = call.resume && o.search ? "if it fits" : call.resume;
    const t = await ofModule(e, () =>
      train({ ...e, options }, { ...call, ...minutes(), resume, ...(start ? { start } : {}) }),
    );
    if (t.interrupted) process.exitCode = 130;
    const { score } = t.file.provenance;
    const { path, finished, seconds } = t;
    if (o.json) console.log(JSON.stringify({ path, score, minutes: seconds / 60, finished }));
    else {
      const best = Number.isFinite(score) ? `best meta-validation score ${score.toPrecision(4)}` : "not validated yet";
      const took = seconds < 60 ? `${seconds.toFixed(1)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
      console.log(`${path}\n${best}, after ${took}`);
    }
  });

/** The options that `evaluate` and `compare` share. */
const testOptions = (command: Command): Command =>
  command
    .requiredOption("--problem <experiment>", "whose tests to run; or a module, as ./my-problem.ts")
    .option("--seed <n>", "seed of the tuning and test problems", whole, 0)
    .option(
      "--trajectories <n>",
      "fresh problems (a quadratic one is 100 functions), instead of the experiment's own; tuning stays as long",
      count,
    )
    .option("--out <folder>", "where each test's JSON goes", "runs")
    .option(
      "--tuned-by <folder>",
      "rates that KEY.json there has tried, of the same test run earlier, are not run again",
    )
    .option("--report <folder>", "write the report and its figures there")
    .addOption(
      new Option(
        "--rows <format>",
        "also write every run's losses, a row a step (baselines at the rates of the first metric): with --report there, else beside each test's JSON",
      ).choices(rowFormats),
    )
    .option("--csv", "as --rows csv", false)
    .option("--threads <n>", "worker threads (never changes the result)", count)
    .option(...REVECTORIZE, false)
    .option("--json", "print the summaries, of every test and metric, as one JSON array", false);

/** As what the rows are written; --csv and --rows may both be given. */
const rowsOf = (o: { readonly csv: boolean; readonly rows?: RowFormat }): RowFormat[] => [
  ...new Set([...(o.csv ? (["csv"] as const) : []), ...(o.rows ? [o.rows] : [])]),
];

testOptions(
  program
    .command("evaluate")
    .description(
      "compare optimizer files with every tuned baseline on fresh problems; writes KEY.json for each test; stopped, the same call goes on",
    )
    .argument(
      "<files...>",
      "optimizer files, or ones that the package carries; the first one (of several seeds the median one) is the reference",
    ),
).action(async (files: string[], o) => {
  if (o.revectorize) revectorize();
  const e = await experimentOf(o.problem);
  const call = { ...o, rows: rowsOf(o), command: recordedCall(), say: sayer(o.json) };
  const results = await ofModule(e, () => evaluateCommand(e, files, call));
  if (o.json) console.log(summariesJson(results));
});

testOptions(
  program
    .command("compare")
    .description(
      "compare any optimizers on fresh problems, by name or by file; writes KEY-compare.json for each test; stopped, the same call goes on",
    )
    .argument(
      "<optimizers...>",
      `files, ones that the package carries, or some of ${methodNames.join(", ")}; the first file, or without one the first name, is the reference`,
    ),
).action(async (names: string[], o) => {
  if (o.revectorize) revectorize();
  const known = methodNames;
  const files = names.filter((n) => !known.includes(n));
  const e = await experimentOf(o.problem);
  const methods = [...new Set(names.filter((n) => known.includes(n)))];
  const call = { ...o, rows: rowsOf(o), command: recordedCall(), say: sayer(o.json), methods };
  const results = await ofModule(e, () => evaluateCommand(e, files, call));
  if (o.json) console.log(summariesJson(results));
});

program
  .command("check")
  .description("look at a problem before training on it: gradient, scales, noise, and which options fit")
  .argument("<problem>", "a module, as ./my-problem.ts, or an experiment")
  .option("--seed <n>", "seed of the problems that are looked at", whole, 0)
  .option("--steps <n>", "steps of the runs that are looked at, instead of the experiment's", count)
  .option("--problems <n>", "problems that are looked at: fewer are faster", count, 4)
  .option("--json", "print as JSON", false)
  .action(async (word: string, o) => {
    const { checkCommand } = await import("./check.ts");
    if (!(await checkCommand(await experimentOf(word), o))) process.exitCode = 1;
  });

program
  .command("doctor")
  .description("look at a trained optimizer and its record: is it learning, and if not, what to change")
  .argument(
    "<file>",
    "an optimizer file that train wrote, whose record is looked at where it lies beside it; or one that the package carries",
  )
  .option("--seed <n>", "seed of the problems", whole, 0)
  .option("--trajectories <n>", "trajectories that are looked at", count, 4)
  .option("--problem <module>", "where the module of your own lies that it was trained on, if not where it was then")
  .option("--json", "print as JSON", false)
  .action(async (path: string, o) => {
    const { doctorCommand } = await import("./doctor.ts");
    check(o.trajectories > 1, "--trajectories", "at least 2", o.trajectories);
    if (!(await doctorCommand(path, o))) process.exitCode = 1;
  });

program
  .command("inspect")
  .description("show what an optimizer file holds and where it comes from")
  .argument("<file>", "an optimizer file, or one that the package carries")
  .option("--json", "print as JSON", false)
  .action(async (path: string, o) => {
    const { shape, phi, provenance } = (await findOptimizer(path)).file;
    if (o.json) console.log(JSON.stringify({ shape, parameters: phi.length, provenance }));
    else console.dir({ shape, parameters: phi.length, provenance }, { depth: null });
  });

program
  .command("export")
  .description(
    "write an optimizer as one ES module without dependencies, and its types; for Node, pages, workers, Deno, Bun",
  )
  .argument("<optimizer>", `a file, or one that the package carries: ${Object.keys(shippedOptimizers).join(", ")}`)
  .option("--format <format>", "esm", "esm")
  .option("--half", "weights in float16: half the size, steps within 1e-3 instead of 1e-6", false)
  .option("--out <file>", "the module that is written; NAME.mjs by default")
  .option("--record <folder>", "write its size and parity to export.json there")
  .option("--json", "print the result as JSON", false)
  .addHelpText(
    "after",
    '\nThen, where the gradient is yours:\n  import { init } from "./mnist-mlp.mjs";\n  const optimizer = init(theta.length); // of several networks (cifar-convnet): init([{ name, shape }, …]), θ\'s tensors\n  optimizer.update(grad, delta); // each step; then theta[i] += delta[i]',
  )
  .action(async (name: string, o) => {
    const { exportCommand } = await import("./export.ts");
    await exportCommand(name, { ...o, command: recordedCall() });
  });

program
  .command("style")
  .description("make a picture: the content of a photograph in the style of a painting (neural art)")
  .argument("<content>", "a photograph: PNG, JPEG, WebP; its middle square is used")
  .argument("<style>", "a painting")
  .option("--optimizer <file>", "an optimizer file, neural-art (which the package carries), or adam, lbfgs, …", "lbfgs")
  .option("--learning-rate <rate>", "of a hand-designed optimizer, in pixel levels (0 to 255)", positive)
  .option("--size <pixels>", "side of the picture, a multiple of 16", count, 128)
  .option("--steps <n>", "updates", count, 128)
  .option("--content-weight <alpha>", "weight of the content", atLeastZero, neuralArtDefaults.alpha)
  .option(
    "--style-weight <beta>",
    "weight of the style (default: 4; 3 with random features; neural-art was trained at 30)",
    atLeastZero,
  )
  .option("--smoothness <gamma>", "weight of the smoothness", atLeastZero, neuralArtDefaults.gamma)
  .option("--content-layers <name...>", "layers whose features the content gives")
  .option("--style-layers <name...>", "layers whose Gram matrices the style gives")
  .option("--features <network>", "vgg19 (from the data folder) or random (fixed filters, no download)", "vgg19")
  .option("--start <from>", "noise or content", "noise")
  .option("--seed <n>", "seed of the noise", whole, 0)
  .option("--out <file>", "the PNG that is written", "style.png")
  .option(...REVECTORIZE, false)
  .option("--json", "print the result as JSON", false)
  .action(async (content: string, style: string, o) => {
    check(["vgg19", "random"].includes(o.features), "--features", "vgg19 or random", o.features);
    check(["noise", "content"].includes(o.start), "--start", "noise or content", o.start);
    if (o.revectorize) revectorize();
    const { styleCommand } = await import("./style.ts");
    await styleCommand(content, style, o);
  });

program
  .command("reproduce")
  .description("make a figure of the paper again: train what is missing, test, and draw our curves with its points")
  .argument("<figure>", `${paperFigures.map((f) => f.name).join(", ")}; or all`)
  .option("--quick", "a size that ends in minutes: it shows the way, not the numbers", false)
  .option("--out <folder>", "results; optimizers and figures in folders of their own", "runs/reproduce")
  .option("--threads <n>", "worker threads (never changes the result)", count)
  .option(...REVECTORIZE, false)
  .option("--json", "print the paths of the figures as JSON", false)
  .addHelpText(
    "after",
    "\nWhat is in the folder already is taken, and a stopped run goes on: give the same call again.\nWithout --quick, figure 4 takes about four hours on two cores (Node 24, --revectorize); --out results draws from the committed runs.",
  )
  .action(async (name: string, o) => {
    if (o.revectorize) revectorize();
    const { figuresByName, reproduce } = await import("./reproduce.ts");
    const out = o.quick && o.out === "runs/reproduce" ? "runs/reproduce-quick" : o.out;
    const suffix = o.revectorize ? " --revectorize" : "";
    const figures: { figure: string; paths: string[] }[] = [];
    let finished = true;
    for (const figure of figuresByName(name)) {
      const paths = await reproduce(figure, { ...o, out, suffix, command: recordedCall(), say: sayer(o.json) });
      finished = paths !== undefined;
      if (!paths) break;
      figures.push({ figure: figure.name, paths });
    }
    if (!finished) process.exitCode = 130;
    if (o.json) console.log(JSON.stringify({ figures, finished }));
  });

program
  .command("golden")
  .description(
    "run the released code's own convergence test (two unrolls of 5 on x² with a linear net), BFGS by hand on NTM-BFGS's heads, the meta-gradient against differences, sampled replay against the whole, and an optimizer's steps in jax-js against the kernels'",
  )
  .option("--out <folder>", "where golden.json goes", "runs")
  .option("--json", "print the values as JSON", false)
  .action(async (o) => {
    const { goldenCommand } = await import("./golden.ts");
    await goldenCommand(o);
  });

program
  .command("summary")
  .description("derive summary.json and the figures from the results of a folder")
  .option("--results <folder>", "folder of results", "results")
  .option("--json", "print the paths as JSON", false)
  .action((o) => {
    const paths = summaryCommand(o.results);
    console.log(o.json ? JSON.stringify({ paths }) : paths.join("\n"));
  });

program
  .command("data")
  .description("download a data set's official files into the data folder and check their sums")
  .argument("<set>", "mnist (12 MB) or cifar10 (170 MB)")
  .option("--json", "print the files and their MD5 sums as JSON", false)
  .action(dataCommand);

program
  .command("demo")
  .description("meta-train on 10-d quadratics, tune the baselines, test on 1,000 fresh functions: about a minute")
  .option("--seed <n>", "seed of the run", whole, 0)
  .option("--out <folder>", "where report, figure and optimizer go", "gradgrad-demo")
  .option("--resume", "go on from the checkpoint", false)
  .option("--json", "print the summary as JSON", false)
  .action(async (o) => {
    const { demo } = await import("./demo.ts");
    await demo(o.seed, o.out, o.json, o.resume);
  });

// Progress that nobody reads any more is no reason to stop.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
// A reader that has seen enough (`| head`) closes the pipe: no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof ArgumentError) {
    console.error(`gradgrad: ${error.message}`);
    process.exitCode = 2;
  } else {
    console.error(`gradgrad: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
