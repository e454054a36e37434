// Writes docs/api: one page an entry point, from the compiled declarations and their docstrings. API Extractor brings its own
// TypeScript and reads declarations, so it does not matter which one compiled them. With --check it only says which pages are out
// of date and which exports or methods have no docstring.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const root = process.cwd();
const read = (path) => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json"));
const scratch = mkdtempSync(join(tmpdir(), "gradgrad-api-"));

/** The members that an entry point exports, as API Extractor's model has them. */
function membersOf(name, types) {
  const apiJsonFilePath = join(scratch, `${name}.api.json`);
  const silent = { default: { logLevel: "none" } };
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(root, "api-extractor.json"),
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      compiler: { tsconfigFilePath: join(root, "tsconfig.build.json") },
      apiReport: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  });
  const quiet = (message) => {
    message.handled = true;
  };
  Extractor.invoke(config, { localBuild: true, messageCallback: quiet });
  return JSON.parse(readFileSync(apiJsonFilePath, "utf8")).members[0].members;
}

const textOf = (m) =>
  m.excerptTokens
    .map((t) => t.text)
    .join("")
    .trim();
const nameOf = (m) => m.name.replace(/_\d+$/, "");
const bare = (comment) =>
  comment
    .replace(/^\s*\/\*\*\s?|\s*\*\/\s*$/g, "")
    .replace(/^\s*\* ?/gm, "")
    .trim();

/** Of a member; API Extractor puts words of its own at a constructor without any. */
const memberWords = (m) => bare(m.docComment ?? "").replace(/^Constructs a new instance of the [\s\S]*/, "");

/** The docstring as it was written: the model's has lost the indentation of its examples. */
function docstring(m) {
  const comment = String.raw`(/\*\*(?:(?!\*/)[\s\S])*\*/)\s*export (?:declare )?(?:function|const|interface|type|class)`;
  const found = new RegExp(String.raw`${comment} ${nameOf(m)}\b`).exec(read(m.fileUrlPath))?.[1];
  return bare(found ?? m.docComment ?? "");
}

/** Its text, then parameters and errors as a list, then the example. */
function prose(text) {
  const [words, ...tags] = text.split(/^@/m);
  const items = tags.filter((t) => !t.startsWith("example")).map((t) => t.trim().replaceAll(/\s*\n\s*/g, " "));
  const list = items.map((t) => {
    const [, tag, rest] = /^(\w+)\s*([\s\S]*)$/.exec(t);
    if (tag === "param") return `- \`${rest.split(/\s/)[0]}\`: ${rest.replace(/^\S+\s+(?:- )?/, "")}`;
    return `- ${tag === "throws" ? "Throws" : tag === "returns" ? "Returns" : tag} ${rest}`;
  });
  const examples = tags.filter((t) => t.startsWith("example")).map((t) => `\`\`\`ts\n${t.slice(7).trim()}\n\`\`\``);
  return [words.trim(), list.join("\n"), ...examples].filter((part) => part !== "").join("\n\n");
}

/** The declaration; an interface's members each below their docstring. */
function declaration(m) {
  const head = textOf(m).replace(/^export (declare )?/, "");
  if (m.kind === "Variable") return `const ${head}`;
  if (!m.members) return head;
  const lines = m.members.map((inner) => {
    const words = memberWords(inner).replaceAll(/\s*\n\s*/g, " ");
    return `${words === "" ? "" : `  /** ${words} */\n`}  ${textOf(inner)}\n`;
  });
  return `${head} {\n${lines.join("")}}`;
}

const gaps = [];
const outdated = [];
const check = process.argv.includes("--check");
mkdirSync(join(root, "docs", "api"), { recursive: true });
for (const [entry, { types }] of Object.entries(manifest.exports)) {
  const module = entry === "." ? "gradgrad" : `gradgrad${entry.slice(1)}`;
  const page = module.replaceAll("/", "-");
  const members = membersOf(page, types).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const parts = members.map((m) => {
    const words = docstring(m);
    if (words === "") gaps.push(`${module}: ${nameOf(m)}`);
    for (const inner of m.members ?? [])
      if (/Method|Constructor/.test(inner.kind) && memberWords(inner) === "")
        gaps.push(`${module}: ${nameOf(m)}.${inner.name}`);
    const source = m.fileUrlPath.replace(/^dist\/(.*)\.d\.ts$/, "src/$1.ts");
    return `## ${nameOf(m)}\n\n\`\`\`ts\n${declaration(m)}\n\`\`\`\n\n${prose(words)}\n\n[source](../../${source})\n`;
  });
  const text = `# ${module}\n\nMade by \`npm run docs:api\` from the docstrings.\n\n${parts.join("\n")}`;
  const path = join("docs", "api", `${page}.md`);
  if (existsSync(path) && read(path) === text) continue;
  outdated.push(path);
  if (!check) writeFileSync(join(root, path), text);
}
rmSync(scratch, { recursive: true });
for (const gap of gaps) console.log(`no docstring: ${gap}`);
for (const path of outdated) console.log(`${check ? "out of date" : "written"}: ${path}`);
if (gaps.length > 0 || (check && outdated.length > 0)) process.exitCode = 1;
