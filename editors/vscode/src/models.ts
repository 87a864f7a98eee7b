// Which model is used, and fetching one. The choice is a user's setting; the fetching is the server's.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient, ProgressType } from "vscode-languageclient/node";
import { Commands, type Models } from "./protocol";

const WorkDone = new ProgressType<{ kind: string; message?: string; percentage?: number }>();
let tokens = 0;

export async function chooseModel(client: LanguageClient): Promise<void> {
  const found = (await client.sendRequest(ExecuteCommandRequest.type, { command: Commands.models })) as Models;
  type Choice = vscode.QuickPickItem & { model?: string; fetch?: boolean };
  const choices: Choice[] = found.models.map((one) => ({
    label: `${one.name === found.chosen ? "$(flame)" : "$(blank)"} ${one.name}`,
    description: [one.backend, size(one.size_bytes)].filter(Boolean).join(" · "),
    detail: one.name === found.chosen ? found.why : undefined,
    model: one.name,
  }));
  choices.push({ label: "", kind: vscode.QuickPickItemKind.Separator });
  choices.push({ label: "$(sparkle) The best one that is here", description: "automatic", model: "" });
  choices.push({ label: "$(cloud-download) Fetch another…", fetch: true });
  const chosen = await vscode.window.showQuickPick(choices, { title: "Hearth: Choose a Model", matchOnDescription: true });
  if (chosen?.fetch) {
    await fetchModel(client);
  } else if (chosen?.model !== undefined) {
    // Changing it restarts the server: see extension.ts.
    const value = chosen.model || undefined;
    await vscode.workspace.getConfiguration("hearth").update("model.name", value, vscode.ConfigurationTarget.Global);
  }
}

export async function fetchModel(client: LanguageClient): Promise<void> {
  const found = (await client.sendRequest(ExecuteCommandRequest.type, { command: Commands.models })) as Models;
  type Choice = vscode.QuickPickItem & { name?: string; terms?: string };
  const choices: Choice[] = found.suggested.map((one) => ({
    label: one.name,
    description: size(one.size_bytes),
    detail: one.note,
    name: one.name,
    terms: one.terms,
  }));
  choices.push({ label: "$(edit) Another name…", detail: "Any model that Ollama knows" });
  const chosen = await vscode.window.showQuickPick(choices, {
    title: "Hearth: Fetch a Model",
    placeHolder: "Fetching, and nothing else, reaches beyond this machine",
  });
  if (!chosen) {
    return;
  }
  const name = chosen.name ?? (await vscode.window.showInputBox({ title: "Hearth: Fetch a Model", prompt: "Name in Ollama" }));
  if (!name) {
    return;
  }
  if (chosen.terms) {
    const detail = `${name} is under the ${chosen.terms}.`;
    const answer = await vscode.window.showInformationMessage("Accept the model's terms?", { modal: true, detail }, "Accept");
    if (answer !== "Accept") {
      return;
    }
  }
  await pull(client, name, Boolean(chosen.terms));
}

async function pull(client: LanguageClient, name: string, accepted: boolean): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Hearth: fetching ${name}`, cancellable: true };
  await vscode.window.withProgress(options, async (progress, token) => {
    const workDoneToken = `hearth-code-pull-${++tokens}`;
    let percent = 0;
    const listener = client.onProgress(WorkDone, workDoneToken, (value) => {
      const now = value.percentage ?? percent;
      progress.report({ message: value.message, increment: now - percent });
      percent = now;
    });
    try {
      const params = { command: Commands.pullModel, arguments: [{ name, accepted }], workDoneToken };
      await client.sendRequest(ExecuteCommandRequest.type, params, token);
      void vscode.window.showInformationMessage(`Hearth: ${name} is here.`);
    } catch (error) {
      if (!token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`Hearth: ${(error as Error).message}`);
      }
    } finally {
      listener.dispose();
    }
  });
}

function size(bytes: number): string {
  return bytes ? (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`) : "";
}
