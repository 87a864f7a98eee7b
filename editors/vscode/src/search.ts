// Search the repository as one types, and go where a hit is. The search itself is the server's.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient } from "vscode-languageclient/node";
import { Commands, type Hit } from "./protocol";

/** Fewer searches than keystrokes, and still as one types. */
const PAUSE_MS = 120;
const MOST = 30;

interface HitItem extends vscode.QuickPickItem {
  hit: Hit;
}

export function searchRepository(client: LanguageClient, query = ""): void {
  const pick = vscode.window.createQuickPick<HitItem>();
  pick.title = "Hearth: Search Repository";
  pick.placeholder = "A question, words, or a name";
  pick.matchOnDetail = true;
  let timer: NodeJS.Timeout | undefined;
  let running: vscode.CancellationTokenSource | undefined;

  const search = async (value: string) => {
    running?.cancel();
    if (!value.trim()) {
      pick.items = [];
      pick.busy = false;
      return;
    }
    const mine = (running = new vscode.CancellationTokenSource());
    pick.busy = true;
    try {
      const params = { command: Commands.search, arguments: [{ query: value, k: MOST }] };
      const hits = (await client.sendRequest(ExecuteCommandRequest.type, params, mine.token)) as Hit[];
      if (!mine.token.isCancellationRequested) {
        pick.items = hits.map(itemOf);
        pick.busy = false;
      }
    } catch (error) {
      if (!mine.token.isCancellationRequested) {
        pick.busy = false;
        pick.placeholder = (error as Error).message;
      }
    }
  };

  pick.onDidChangeValue((value) => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(value), PAUSE_MS);
  });
  pick.onDidAccept(() => {
    const [chosen] = pick.selectedItems;
    if (chosen) {
      void show(chosen.hit);
      pick.hide();
    }
  });
  pick.onDidHide(() => {
    clearTimeout(timer);
    running?.cancel();
    pick.dispose();
  });
  pick.value = query;
  pick.show();
  if (query) {
    void search(query);
  }
}

function itemOf(hit: Hit): HitItem {
  const first = hit.text.split("\n").find((line) => line.trim()) ?? "";
  return {
    label: hit.symbol || hit.path.split("/").pop() || hit.path,
    description: `${hit.path}:${hit.start_line}`,
    detail: first.trim().slice(0, 120),
    // The server ranks by meaning; VS Code would hide what does not contain the letters.
    alwaysShow: true,
    hit,
  };
}

async function show(hit: Hit): Promise<void> {
  const range = new vscode.Range(hit.start_line - 1, 0, hit.start_line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(hit.uri, true), { selection: range });
}
