// Bundles each widget's modules into one file in editgan_widgets/widgets/static, which is committed: installing needs no Node.
// With --check nothing is written; the exit status is 1 where a committed bundle differs.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WIDGETS = ["editor", "sample_grid"];
const here = fileURLToPath(new URL(".", import.meta.url));
const STATIC = fileURLToPath(new URL("../editgan_widgets/widgets/static/", import.meta.url));
const banner = (source) => `/* Generated from js/${source} by \`make bundle\`; edit the sources. Apache-2.0, see LICENSE. */`;

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: WIDGETS.flatMap((name) => [
    { in: `${name}/main.js`, out: `${name}.bundle` },
    { in: `${name}/main.css`, out: `${name}.bundle` },
  ]),
  bundle: true,
  write: false,
  outdir: STATIC,
  format: "esm",
  target: "es2022",
  charset: "utf8",
});

const check = process.argv.includes("--check");
for (const { path, text } of outputFiles) {
  const name = path.slice(STATIC.length);
  const whole = `${banner(name.split(".")[0])}\n${text}`;
  if (!check) writeFileSync(path, whole);
  else if (read(path) !== whole) {
    console.error(`${name} is not what js/ makes: run \`make bundle\` and commit it`);
    process.exitCode = 1;
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
