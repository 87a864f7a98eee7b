// Where the server is. Pure but for two questions it asks of the machine; starts nothing.

import * as path from "node:path";

export const INSTALL_COMMAND = "uv tool install hearth-lsp";
export const UPGRADE_COMMAND = "uv tool upgrade hearth-lsp";

/** The oldest server whose words this extension understands. */
export const OLDEST_SERVER = "0.1.0";

const NAMES = process.platform === "win32" ? ["lsp_server.exe", "hearth.exe"] : ["lsp_server", "hearth"];
const UVX = process.platform === "win32" ? "uvx.exe" : "uvx";

export interface Wishes {
  /** `hearth.server.path`: a program, or a program with its arguments. Empty: look for it. */
  command: string[];
  /** `hearth.server.useUvx`. */
  uvx: boolean;
}

export interface Machine {
  searchPath: string;
  isProgram: (file: string) => boolean;
}

export type Found = { command: string; args: string[] } | { missing: string };

/**
 * What to start: the setting, then PATH, then uvx where the user allows it.
 *
 * A server that lies inside the workspace is never looked for: the workspace is not trusted to choose programs.
 */
export function findServer(wishes: Wishes, machine: Machine): Found {
  const [own, ...ownArguments] = wishes.command;
  if (own) {
    const file = path.isAbsolute(own) ? (machine.isProgram(own) ? own : undefined) : onPath([own], machine);
    if (!file) {
      return { missing: `\`hearth.server.path\` names ${own}, which cannot be run.` };
    }
    return { command: file, args: ownArguments.length ? ownArguments : ["serve"] };
  }
  const installed = onPath(NAMES, machine);
  if (installed) {
    return { command: installed, args: ["serve"] };
  }
  const uvx = wishes.uvx && onPath([UVX], machine);
  if (uvx) {
    return { command: uvx, args: ["--from", "hearth-lsp", "lsp_server", "serve"] };
  }
  return { missing: "Hearth's server is not installed." };
}

function onPath(names: string[], machine: Machine): string | undefined {
  for (const folder of machine.searchPath.split(path.delimiter)) {
    // An empty or relative entry means the folder that the editor happens to be in: the workspace.
    if (!path.isAbsolute(folder)) {
      continue;
    }
    for (const name of names) {
      const file = path.join(folder, name);
      if (machine.isProgram(file)) {
        return file;
      }
    }
  }
  return undefined;
}

/** Whether a version is older than another; versions that cannot be read are not. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((one) => one.split(/[.+-]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (Number.isNaN(x) || Number.isNaN(y)) {
      return false;
    }
    if (x !== y) {
      return x < y;
    }
  }
  return false;
}
