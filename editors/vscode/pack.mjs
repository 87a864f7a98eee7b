// Make hearth-VERSION.vsix: the bundle, the licence, and the README with its pictures beside it. `node pack.mjs [--out FILE]`.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const PICTURES = "../../docs/images";

rmSync("images", { recursive: true, force: true });
mkdirSync("images");
for (const name of readdirSync(PICTURES)) {
  if (name.startsWith("vscode-")) {
    copyFileSync(`${PICTURES}/${name}`, `images/${name}`);
  }
}
// In the repository the README shows the documentation's own pictures; an installed extension has only what is packed.
mkdirSync("dist", { recursive: true });
writeFileSync("dist/README.md", readFileSync("README.md", "utf8").replaceAll(`${PICTURES}/`, "images/"));
copyFileSync("../../LICENSE", "LICENSE");

const words = ["package", "--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links"];
words.push("--readme-path", "dist/README.md", ...process.argv.slice(2));
const done = spawnSync("node_modules/.bin/vsce", words, { stdio: "inherit" });
rmSync("LICENSE");
process.exit(done.status ?? 1);
