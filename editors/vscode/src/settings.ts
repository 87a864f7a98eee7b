// Which settings go to the server, and by which door. Says no setting by name: package.json has them, made from the server's.

import * as vscode from "vscode";

interface Property {
  scope?: string;
  default?: unknown;
}

/** Settings of the extension itself, which the server does not know. */
const OWN = ["server"];

/**
 * The user's own settings, nested as the server has them: `{ model: { name: ... } }`.
 *
 * VS Code calls them "machine" settings, which a workspace cannot set. They go to the server when it starts, and only those
 * that were set: for all others the server's config.toml has the word.
 */
export function userSettings(context: vscode.ExtensionContext): Record<string, Record<string, unknown>> {
  const settings: Record<string, Record<string, unknown>> = {};
  const configuration = vscode.workspace.getConfiguration("hearth");
  for (const key of keys(context, true)) {
    const value = configuration.inspect(key)?.globalValue;
    if (value !== undefined) {
      put(settings, key, value);
    }
  }
  return settings;
}

/** What the server gets when it asks for the workspace's settings: those a workspace may set, and that somebody did set. */
export function workspaceSettings(
  context: vscode.ExtensionContext,
  scope: vscode.ConfigurationScope | undefined,
): Record<string, Record<string, unknown>> {
  const settings: Record<string, Record<string, unknown>> = {};
  const configuration = vscode.workspace.getConfiguration("hearth", scope ?? null);
  for (const key of keys(context, false)) {
    const said = configuration.inspect(key);
    if (said?.globalValue !== undefined || said?.workspaceValue !== undefined || said?.workspaceFolderValue !== undefined) {
      put(settings, key, configuration.get(key));
    }
  }
  return settings;
}

/** Whether a change means that the server must be started anew: it reads the user's own settings at its start only. */
export function needsRestart(context: vscode.ExtensionContext, change: vscode.ConfigurationChangeEvent): boolean {
  const all = [...keys(context, true), ...OWN];
  return all.some((key) => change.affectsConfiguration(`hearth.${key}`));
}

function keys(context: vscode.ExtensionContext, machine: boolean): string[] {
  const manifest = context.extension.packageJSON as {
    contributes: { configuration: { properties: Record<string, Property> }[] };
  };
  return manifest.contributes.configuration
    .flatMap((group) => Object.entries(group.properties))
    .filter(([key, property]) => !OWN.includes(key.split(".")[1]) && (property.scope === "machine") === machine)
    .map(([key]) => key.slice("hearth.".length));
}

function put(settings: Record<string, Record<string, unknown>>, key: string, value: unknown): void {
  const [section, name] = key.split(".");
  (settings[section] ??= {})[name] = value;
}
