// npm run bench [-- --rounds 5 --node24 PATH --name bench --out results]: our kernels against PyTorch on one thread, ratios within one
// run, the two sides alternating, medians. Needs python3 with torch (Debian: python3-torch libopenblas0-pthread); without it only what
// has no peer is measured.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { provenance } from "../dist/cli/provenance.js";
import { writeWhole } from "../dist/node/write.js";
import { fastestKernels } from "./openblas.mjs";

const { values: o } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    node24: { type: "string" },
    python: { type: "string", default: existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3" },
    out: { type: "string", default: "runs" },
    name: { type: "string", default: "bench" }, // of the file and its keys: another for another machine
  },
});
const rounds = Number(o.rounds);
const N = 15_910;
const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
const call = (program, args) => JSON.parse(execFileSync(program, args, { env, encoding: "utf8", maxBuffer: 2 ** 26 }));
const torch = (...args) => call(o.python, ["bench/torch_peer.py", ...args.map(String)]);
/** kind: strict, relaxed, or revectorized (strict, with V8's 256-bit revectorization: the same bytes). */
const ours = (node, kind, ...args) =>
  call(node, [
    ...(kind === "relaxed" && node === process.execPath && process.version.startsWith("v20.")
      ? ["--experimental-wasm-relaxed-simd"]
      : []),
    ...(kind === "revectorized" ? ["--experimental-wasm-revectorize"] : []),
    "bench/ours.mjs",
    ...args.map(String),
    kind === "relaxed" ? "relaxed" : "strict",
  ]);
const median = (v) => [...v].sort((a, b) => a - b)[v.length >> 1];
const say = (text) => console.error(text);

let torchVersion;
try {
  torchVersion = torch("forward", 80, 1).version;
} catch (error) {
  console.error(
    `No PyTorch at ${o.python}: only what needs no peer is measured. ${String(error.stderr ?? error.message).trim()}`,
  );
}
/** undefined leaves what the caller set, or OpenBLAS's own choice; an empty name would be another. */
const useKernels = (core = process.env.OPENBLAS_CORETYPE) => {
  if (core) env.OPENBLAS_CORETYPE = core;
  else delete env.OPENBLAS_CORETYPE;
};
const openblas = torchVersion
  ? fastestKernels((core) => {
      useKernels(core);
      return median(torch("forward", N, 5).seconds.gates);
    })
  : undefined;
useKernels(openblas?.core);
const images = process.env.GRADGRAD_DATA ? "MNIST" : "digits made by rule";
const against = torchVersion
  ? `PyTorch ${torchVersion}, one thread, OpenBLAS ${openblas.core ?? "by its own choice"}`
  : "none";
say(`peer: ${against}; ours: Node ${process.version}`);
const nodes = [["node20", process.execPath], ...(o.node24 ? [["node24", o.node24]] : [])].map(([, path]) => [
  `node${execFileSync(path, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).trim()}`,
  path,
]);
const values = {};
const raw = {};
const put = (key, value, n = rounds) => {
  values[`${o.name}/${key}`] = { value: Number(value.toPrecision(4)), n };
  say(`${o.name}/${key} ${value.toPrecision(3)}`);
};

// Unroll, forward and whole meta-iterations, one thread each.
for (const [mode, key] of torchVersion
  ? [
      ["unroll", "unroll"],
      ["forward", "forward"],
      ["meta", "meta-iteration"],
    ]
  : []) {
  const peer = { cell: [], gates: [] };
  const sides = nodes.flatMap(([name, path]) =>
    ["strict", "relaxed", ...(Number(name.slice(4)) >= 24 ? ["revectorized"] : [])].map((kind) => ({
      name,
      path,
      kind,
      times: [],
    })),
  );
  for (let r = 0; r < rounds; r++) {
    const t = torch(mode, N, 3).seconds;
    for (const v of Object.keys(peer)) peer[v].push(median(t[v]));
    for (const s of sides) s.times.push(median(ours(s.path, s.kind, mode, N, mode === "meta" ? 6 : 3).seconds));
  }
  const best = Math.min(...Object.values(peer).map(median));
  raw[mode] = { unit: "ns per coordinate-step", torch: best / N / 20 / 1e-9 };
  for (const s of sides) {
    raw[mode][`${s.kind} ${s.name}`] = median(s.times) / N / 20 / 1e-9;
    // The plain key is strict SIMD on this Node, and relaxed SIMD on the newest, which has it without a flag.
    const plain = s.name === (s.kind === "strict" ? nodes[0] : nodes.at(-1))[0];
    put(
      `${key}${s.kind === "strict" ? "" : `-${s.kind}`}-vs-torch${plain ? "" : `/${s.name}`}`,
      best / median(s.times),
    );
  }
}

// Loss and gradient of the released CIFAR net, one thread: strict SIMD.
if (torchVersion) {
  const peer = { nchw: [], "channels-last": [] };
  const sides = nodes.flatMap(([name, path]) =>
    ["strict", ...(Number(name.slice(4)) >= 24 ? ["revectorized"] : [])].map((kind) => ({
      name,
      path,
      kind,
      times: [],
    })),
  );
  for (let r = 0; r < rounds; r++) {
    const t = call(o.python, ["bench/torch_convnet.py", "8"]).seconds;
    for (const v of Object.keys(peer)) peer[v].push(median(t[v]));
    for (const s of sides) s.times.push(median(ours(s.path, s.kind, "convnet", 0, 12).seconds));
  }
  const best = Math.min(...Object.values(peer).map(median));
  raw.convnet = { unit: "ms", torch: best * 1e3 };
  for (const s of sides) {
    raw.convnet[`${s.kind} ${s.name}`] = median(s.times) * 1e3;
    const plain = s.name === (s.kind === "strict" ? nodes[0] : nodes.at(-1))[0];
    const kind = s.kind === "strict" ? "" : `-${s.kind}`;
    put(`convnet${kind}-vs-torch${plain ? "" : `/${s.name}`}`, best / median(s.times));
  }
}

// Peak memory of one unroll of 100,000 coordinates: the process's own, less what it needs for 8.
if (torchVersion) {
  const used = (f) => f("100000") - f("8");
  const peer = Math.min(...["cell", "gates"].map((v) => used((n) => torch("unroll", n, 0, v).peak)));
  const us = used((n) => ours(process.execPath, "strict", "memory", n, 0).peak);
  raw.memory = { unit: "bytes", torch: peer, ours: us };
  put("memory-vs-torch", peer / us, 1);
}

// Time a coordinate-step from 1,280 to a million coordinates, relative to the smallest.
{
  const sizes = [1280, 15_910, 100_000, 1_000_000];
  const each = sizes.map((n) => {
    const repeats = Math.max(1, Math.round(200_000 / n));
    return (
      median(
        // A million coordinates take half a minute an unroll, and one such number is steady.
        Array.from({ length: n < 1_000_000 ? 3 : 1 }, () =>
          median(ours(process.execPath, "strict", "unroll", n, repeats).seconds),
        ),
      ) / n
    );
  });
  raw.flatness = Object.fromEntries(sizes.map((n, i) => [n, each[i] / 20 / 1e-9]));
  put("flatness-worst", Math.max(...each.map((t) => Math.abs(t / each[0] - 1))), 3);
}

// Two threads against one, on meta-training as a whole.
{
  const { twoThreads } = await import("./threads.mjs");
  const t = await twoThreads(rounds);
  raw.threads = t;
  put("two-threads", t.one / t.two);
  put("two-runs", (2 * t.one) / t["two runs side by side"]);
}
{
  const [copy, whole] = ours(process.execPath, "strict", "copy", 0, 300).seconds;
  put("jax-copy-share", copy / whole, 300);
}
const options = [
  ...(o.node24 ? ["--node24 PATH"] : []),
  ...(rounds === 5 ? [] : [`--rounds ${rounds}`]),
  ...(o.name === "bench" ? [] : [`--name ${o.name}`]),
];
const from = provenance(["npm run bench", ...(options.length > 0 ? ["--", ...options] : [])].join(" "), 0);
writeWhole(
  `${o.out}/${o.name}.json`,
  `${JSON.stringify({ ...from, torch: torchVersion, openblas, images, nodes: nodes.map(([n]) => n), raw, values }, null, 1)}\n`,
);
say(`${o.out}/${o.name}.json`);
