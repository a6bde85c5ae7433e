// Bundles each widget's modules into one file in editgan_widgets/widgets/static. It is committed, so that installing needs no Node.
// A widget is a folder here with a main.js; its main.css, if it has one, becomes its style sheet.
// With --check nothing is written; the exit status is 1 if a committed bundle differs. --root=FOLDER bundles another tree.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [given] = process.argv.filter((argument) => argument.startsWith("--root=")).map((argument) => argument.slice("--root=".length));
const ROOT = given ? resolve(given) : fileURLToPath(new URL("..", import.meta.url));
const STATIC = "editgan_widgets/widgets/static";
const TOY = "tests/support/fader"; // the toy widget of the tests, an example of a widget on js/core
const banner = (folder) => `/* Generated from ${folder} by \`make bundle\`; edit the sources. Apache-2.0, see LICENSE. */`;

/** Source folder of each bundle, by the bundle's path without extension. */
const sources = Object.fromEntries(
  readdirSync(join(ROOT, "js")).sort().map((name) => [`${STATIC}/${name}.bundle`, `js/${name}`]).concat([[`${TOY}/fader.bundle`, TOY]])
    .filter(([, folder]) => existsSync(join(ROOT, folder, "main.js"))),
);
const entryPoints = Object.entries(sources).flatMap(([out, folder]) =>
  ["js", "css"].map((ending) => join(ROOT, folder, `main.${ending}`)).filter(existsSync).map((path) => ({ in: path, out })));

const { outputFiles } = await build({
  absWorkingDir: join(ROOT, "js"),
  entryPoints,
  bundle: true,
  write: false,
  outdir: ROOT,
  format: "esm",
  target: "es2022",
  charset: "utf8",
});

const check = process.argv.includes("--check");
for (const { path, text } of outputFiles) {
  const name = path.slice(join(ROOT, "/").length);
  const whole = `${banner(sources[name.replace(/\.\w+$/, "")])}\n${text}`;
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, whole);
  } else if (read(path) !== whole) {
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
