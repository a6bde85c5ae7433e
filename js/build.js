// Bundles each widget's modules into one file in editgan_widgets/widgets/static. It is committed, so that installing needs no Node.
// With --check nothing is written; the exit status is 1 if a committed bundle differs.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WIDGETS = ["editor", "explorer", "finder", "sample_grid"];
const here = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STATIC = "editgan_widgets/widgets/static";
const TOY = "tests/support/fader"; // the toy widget of the tests, an example of a widget on js/core
const banner = (folder) => `/* Generated from ${folder} by \`make bundle\`; edit the sources. Apache-2.0, see LICENSE. */`;
/** Source folder of each bundle, by the bundle's path without extension. */
const SOURCES = { ...Object.fromEntries(WIDGETS.map((name) => [`${STATIC}/${name}.bundle`, `js/${name}`])), [`${TOY}/fader.bundle`]: TOY };

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: [
    ...WIDGETS.flatMap((name) => ["js", "css"].map((ending) => ({ in: `${name}/main.${ending}`, out: `${STATIC}/${name}.bundle` }))),
    { in: `../${TOY}/main.js`, out: `${TOY}/fader.bundle` },
  ],
  bundle: true,
  write: false,
  outdir: ROOT,
  format: "esm",
  target: "es2022",
  charset: "utf8",
});

const check = process.argv.includes("--check");
for (const { path, text } of outputFiles) {
  const name = path.slice(ROOT.length);
  const whole = `${banner(SOURCES[name.replace(/\.\w+$/, "")])}\n${text}`;
  if (!check) writeFileSync(path, whole);
  else if (read(path) !== whole) {
    console.error(`${name} differs from its sources in js/: run \`make bundle\` and commit it`);
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
