// Put the parts together: one connection, one status item, and the commands of the palette. Knows no protocol.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient } from "vscode-languageclient/node";
import { runHere } from "./actions";
import { Connection } from "./client";
import { chooseModel, fetchModel } from "./models";
import { Panel } from "./panel";
import { Commands, type Report, type Stats } from "./protocol";
import { Review } from "./review";
import { searchRepository } from "./search";
import { needsRestart } from "./settings";
import { StatusItem } from "./status";

/** A change of several settings comes as several events. */
const SETTLE_MS = 300;

let connection: Connection | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Hearth", { log: true });
  const status = new StatusItem();
  const review = new Review();
  const hearth = (connection = new Connection(context, log, status, review));
  context.subscriptions.push(log, status, review, hearth);

  /** Commands that need the server, by name. */
  const served: Record<string, (client: LanguageClient, word?: string) => unknown> = {
    "hearth.indexWorkspace": indexWorkspace,
    "hearth.chooseModel": chooseModel,
    "hearth.fetchModel": fetchModel,
    "hearth.searchRepository": (client) => searchRepository(client),
    "hearth.showStats": showStats,
    "hearth.lookAgain": (client) => execute(client, Commands.status),
    "hearth.explain": (client) => runHere(client, "explain", "Explain"),
    "hearth.refactor": (client) => runHere(client, "refactor", "Refactor", "How should it be rewritten?"),
    "hearth.ask": (client) => runHere(client, "ask", "Ask", "What do you want to know about this repository?"),
  };
  /** Commands that work without it. */
  const local: Record<string, () => unknown> = {
    "hearth.toggle": toggle,
    "hearth.restart": () => hearth.restart(),
    "hearth.openLog": () => log.show(),
    "hearth.openHelp": () => openHelp(context),
    "hearth.showMenu": () => showMenu(status),
  };
  for (const [name, run] of Object.entries(served)) {
    const command = (word?: unknown) => {
      const client = hearth.get();
      return client && run(client, typeof word === "string" ? word : undefined);
    };
    context.subscriptions.push(vscode.commands.registerCommand(name, command));
  }
  for (const [name, run] of Object.entries(local)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }

  let timer: NodeJS.Timeout | undefined;
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (needsRestart(context, change)) {
        clearTimeout(timer);
        timer = setTimeout(() => void hearth.restart(), SETTLE_MS);
      }
    }),
    { dispose: () => clearTimeout(timer) },
  );
  await hearth.restart();
}

export async function deactivate(): Promise<void> {
  await connection?.stop();
}

function execute(client: LanguageClient, command: string): Promise<unknown> {
  return client.sendRequest(ExecuteCommandRequest.type, { command });
}

async function indexWorkspace(client: LanguageClient): Promise<void> {
  const { folders } = (await execute(client, Commands.reindex)) as { folders: string[] };
  if (!folders.length) {
    void vscode.window.showInformationMessage("Hearth: open a folder to have it indexed.");
  }
}

/** Ghost text on or off, as the user's own setting: the server says so in the status item. */
async function toggle(): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("hearth");
  const enabled = configuration.get("completion.enabled", true);
  await configuration.update("completion.enabled", !enabled, vscode.ConfigurationTarget.Global);
}

async function showStats(client: LanguageClient): Promise<void> {
  const report = (await execute(client, Commands.status)) as Report;
  const { offered = 0, accepted = 0, reused = 0, partly_accepted: partly = 0 } = report.counts;
  const share = offered ? ` (${Math.round((100 * accepted) / offered)} %)` : "";
  const past = (await execute(client, Commands.stats)) as Stats;
  const percent = (value: number | null) => (value === null ? "–" : `${Math.round(100 * value)} %`);
  const models = past.models.map(
    (one) =>
      `| ${one.model} | ${one.suggestions} | ${percent(one.acceptance)} | ${percent(one.kept)} | ${Math.round(one.total_ms_p50 ?? 0)} ms | ${percent(one.from_memory)} |`,
  );
  const rows = report.folders.map((one) => `| ${one.root} | ${one.phase} | ${one.files} | ${one.chunks} |`);
  new Panel("Hearth", undefined).finish(
    [
      `${report.status.message} ${report.status.action}`.trim(),
      "## Since the server started",
      "| suggestions | taken | taken in part | from memory |",
      "|---|---|---|---|",
      `| ${offered} | ${accepted}${share} | ${partly} | ${reused} |`,
      `## In ${past.days_asked} days`,
      "| model | shown | taken | kept | half within | from memory |",
      "|---|---|---|---|---|---|",
      ...models,
      "## Index",
      "| folder | state | files | chunks |",
      "|---|---|---|---|",
      ...rows,
      "",
      `hearth-lsp ${report.version}. These numbers stay on this machine.`,
    ].join("\n"),
  );
}

async function openHelp(context: vscode.ExtensionContext): Promise<void> {
  await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.joinPath(context.extensionUri, "media", "help.md"));
}

async function showMenu(status: StatusItem): Promise<void> {
  const enabled = vscode.workspace.getConfiguration("hearth").get("completion.enabled", true);
  const said = status.last;
  const entries: [icon: string, title: string, command: string, ...words: string[]][] = [
    ...status.buttons().map((button): [string, ...typeof button] => ["lightbulb", ...button]),
    [enabled ? "circle-slash" : "flame", enabled ? "Switch Ghost Text Off" : "Switch Ghost Text On", "hearth.toggle"],
    ["search", "Search Repository…", "hearth.searchRepository"],
    ["comment-discussion", "Ask About the Repository…", "hearth.ask"],
    ["database", "Index Workspace", "hearth.indexWorkspace"],
    ["chip", "Choose Model…", "hearth.chooseModel"],
    ["graph", "Show Stats", "hearth.showStats"],
    ["debug-restart", "Restart", "hearth.restart"],
    ["output", "Open Log", "hearth.openLog"],
  ];
  const items = entries.map(([icon, title, command, ...words]) => ({ label: `$(${icon}) ${title}`, command, words }));
  const chosen = await vscode.window.showQuickPick(items, { title: "Hearth", placeHolder: said?.message });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command, ...chosen.words);
  }
}
