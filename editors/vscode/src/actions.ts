// Run the server's code actions: ask what they ask, stream explanations into a panel. Edits come back as workspace/applyEdit.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient, ProgressType } from "vscode-languageclient/node";
import { type ActionArgument, type ActionResult, Commands, type Piece } from "./protocol";
import { Panel } from "./panel";

const WorkDone = new ProgressType<{ kind: string; message?: string; percentage?: number }>();

/** Answers that are read, not applied: they stream into a panel from the first word. */
const READ = ["explain", "ask"];

let runs = 0;
const streams = new Map<string, (piece: Piece) => void>();

/** Of `hearth/partial`: hand a piece on to the run that it belongs to. */
export function receivePiece(piece: Piece): void {
  streams.get(piece.run)?.(piece);
}

/** Ask for the instruction where the action wants one, then run it. */
export async function runAction(client: LanguageClient, argument: ActionArgument, title = titleOf(argument.id)): Promise<void> {
  const wanted = { ...argument };
  if (wanted.asks && !wanted.instruction) {
    wanted.instruction = await vscode.window.showInputBox({ title, prompt: wanted.asks, ignoreFocusOut: true });
    if (!wanted.instruction?.trim()) {
      return;
    }
  }
  if (wanted.reads || READ.includes(wanted.id)) {
    await explain(client, wanted, title);
  } else {
    await edit(client, wanted, title);
  }
}

/** An action of the extension's own menu, on what is selected in the active editor. */
export async function runHere(client: LanguageClient, id: string, title: string, asks?: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor && id !== "ask") {
    void vscode.window.showInformationMessage("Hearth: open a file and select some code first.");
    return;
  }
  const argument: ActionArgument = { id, asks };
  if (editor && ["file", "untitled"].includes(editor.document.uri.scheme)) {
    argument.uri = client.code2ProtocolConverter.asUri(editor.document.uri);
    argument.version = editor.document.version;
    argument.range = client.code2ProtocolConverter.asRange(editor.selection);
  }
  await runAction(client, argument, title);
}

async function explain(client: LanguageClient, argument: ActionArgument, title: string): Promise<void> {
  const stopping = new vscode.CancellationTokenSource();
  const panel = new Panel(argument.id === "ask" ? (argument.instruction ?? title) : title, () => stopping.cancel());
  try {
    const result = await execute(client, argument, stopping.token, (piece) => {
      if (piece.stage === "writing") {
        panel.append(piece.text);
      } else {
        panel.again(piece.text);
      }
    });
    panel.finish(result?.markdown ?? "");
  } catch (error) {
    panel.finish(stopping.token.isCancellationRequested ? "" : `**${message(error)}**`);
  } finally {
    stopping.dispose();
  }
}

async function edit(client: LanguageClient, argument: ActionArgument, title: string): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Hearth: ${title}`, cancellable: true };
  let result: ActionResult | null | undefined;
  await vscode.window.withProgress(options, async (progress, token) => {
    try {
      result = await execute(client, argument, token, undefined, (message) => progress.report({ message }));
    } catch (error) {
      if (!token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`Hearth: ${message(error)}`);
      }
    }
  });
  if (result?.markdown) {
    // An answer that could not be made into an edit is shown, never applied.
    new Panel(title, undefined).finish(result.markdown);
  }
}

/** Run `hearth.action`, its text handed on as it is written. */
async function execute(
  client: LanguageClient,
  argument: ActionArgument,
  token: vscode.CancellationToken,
  onPiece?: (piece: Piece) => void,
  onMessage?: (said: string) => void,
): Promise<ActionResult | null> {
  const run = `code-${++runs}`;
  const workDoneToken = `hearth-code-action-${runs}`;
  if (onPiece) {
    streams.set(run, onPiece);
  }
  const listener = client.onProgress(WorkDone, workDoneToken, (value) => {
    if (value.message) {
      onMessage?.(value.message);
    }
  });
  try {
    const params = { command: Commands.action, arguments: [{ ...argument, run }], workDoneToken };
    return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as ActionResult | null;
  } finally {
    streams.delete(run);
    listener.dispose();
  }
}

function titleOf(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1).replace(/[-_]/g, " ");
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
