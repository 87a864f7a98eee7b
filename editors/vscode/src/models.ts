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

/** Fetch a model: the one that is wanted, or one that the user chooses. Its terms are asked about where it has some. */
export async function fetchModel(client: LanguageClient, wanted?: string): Promise<void> {
  const found = (await client.sendRequest(ExecuteCommandRequest.type, { command: Commands.models })) as Models;
  const name = wanted ?? (await chooseWhatToFetch(found));
  if (!name) {
    return;
  }
  const terms = found.suggested.find((one) => one.name === name)?.terms;
  if (terms) {
    const detail = `${name} is under the ${terms}.`;
    const answer = await vscode.window.showInformationMessage("Accept the model's terms?", { modal: true, detail }, "Accept");
    if (answer !== "Accept") {
      return;
    }
  }
  if (await pull(client, name, Boolean(terms))) {
    await offerUse(name);
  }
}

async function chooseWhatToFetch(found: Models): Promise<string | undefined> {
  type Choice = vscode.QuickPickItem & { name?: string };
  const choices: Choice[] = found.suggested.map((one) => ({
    label: one.name,
    description: size(one.size_bytes),
    detail: one.note,
    name: one.name,
  }));
  choices.push({ label: "$(edit) Another name…", detail: found.unavailable.ollama ?? "Any model that Ollama knows" });
  const chosen = await vscode.window.showQuickPick(choices, {
    title: "Hearth: Fetch a Model",
    placeHolder: "Fetching, and nothing else, reaches beyond this machine",
  });
  if (!chosen) {
    return undefined;
  }
  return chosen.name ?? vscode.window.showInputBox({ title: "Hearth: Fetch a Model", prompt: "Name in Ollama" });
}

/** A model that settings name is used by itself when it is here; any other one where the user says so. */
async function offerUse(name: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("hearth");
  const buttons = configuration.get("model.name") === name ? [] : ["Use It"];
  if (await vscode.window.showInformationMessage(`Hearth: ${name} is here.`, ...buttons)) {
    await configuration.update("model.name", name, vscode.ConfigurationTarget.Global);
  }
}

/** Whether the model is here now. */
async function pull(client: LanguageClient, name: string, accepted: boolean): Promise<boolean> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Hearth: fetching ${name}`, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const workDoneToken = `hearth-code-pull-${++tokens}`;
    let percent = 0;
    const listener = client.onProgress(WorkDone, workDoneToken, (value) => {
      const now = value.percentage ?? percent;
      progress.report({ message: [value.message, now ? `${now} %` : ""].filter(Boolean).join(", "), increment: now - percent });
      percent = now;
    });
    try {
      const params = { command: Commands.pullModel, arguments: [{ name, accepted }], workDoneToken };
      await client.sendRequest(ExecuteCommandRequest.type, params, token);
      return true;
    } catch (error) {
      if (!token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`Hearth: ${(error as Error).message}`);
      }
      return false;
    } finally {
      listener.dispose();
    }
  });
}

function size(bytes: number): string {
  return bytes ? (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`) : "";
}
