import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const JS = fileURLToPath(new URL("..", import.meta.url));
const skip = !existsSync(join(JS, "node_modules/esbuild")) && "npm's packages are not installed: make bundle";

test("a new folder with a main.js becomes a bundle, and a stale bundle is reported", { skip }, () => {
  const root = mkdtempSync(join(tmpdir(), "bundle-"));
  const build = (...options) => spawnSync(process.execPath, [join(JS, "build.js"), `--root=${root}`, ...options], { encoding: "utf8" });
  try {
    for (const folder of ["core", "fresh", "plain"]) mkdirSync(join(root, "js", folder), { recursive: true });
    writeFileSync(join(root, "js/core/words.js"), 'export const words = "from core";\n');
    writeFileSync(join(root, "js/fresh/main.js"), 'import { words } from "../core/words.js";\nexport default { render: () => words };\n');
    writeFileSync(join(root, "js/fresh/main.css"), ".fresh { color: red; }\n");
    writeFileSync(join(root, "js/plain/main.js"), "export default {};\n");
    const missing = build("--check");
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /fresh\.bundle\.js differs from its sources/);

    assert.equal(build().status, 0);
    const made = (name) => readFileSync(join(root, "editgan_widgets/widgets/static", name), "utf8");
    assert.match(made("fresh.bundle.js"), /Generated from js\/fresh[^]*from core/);
    assert.match(made("fresh.bundle.css"), /\.fresh/);
    assert.match(made("plain.bundle.js"), /Generated from js\/plain/);
    assert.equal(existsSync(join(root, "editgan_widgets/widgets/static/core.bundle.js")), false);
    assert.equal(build("--check").status, 0);

    writeFileSync(join(root, "js/core/words.js"), 'export const words = "changed";\n');
    assert.equal(build("--check").status, 1);
  } finally {
    rmSync(root, { recursive: true });
  }
});
