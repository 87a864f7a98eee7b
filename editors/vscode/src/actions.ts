// Run the server's code actions: ask what they ask, stream explanations into a panel. Edits come back as workspace/applyEdit.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient, ProgressType, ResponseError } from "vscode-languageclient/node";
import { type ActionArgument, type ActionResult, Commands, type Piece } from "./protocol";
import { Panel } from "./panel";

const Partial = new ProgressType<Piece>();
const WorkDone = new ProgressType<{ kind: string; message?: string; percentage?: number }>();

let tokens = 0;

/** Ask for the instruction where the action wants one, then run it. */
export async function runAction(client: LanguageClient, argument: ActionArgument, title: string): Promise<void> {
  const wanted = { ...argument };
  if (wanted.asks && !wanted.instruction) {
    wanted.instruction = await vscode.window.showInputBox({ title, prompt: wanted.asks, ignoreFocusOut: true });
    if (!wanted.instruction?.trim()) {
      return;
    }
  }
  if (wanted.answer === "explanation") {
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
  const argument: ActionArgument = {
    id,
    uri: editor ? client.code2ProtocolConverter.asUri(editor.document.uri) : "",
    version: editor?.document.version,
    range: editor && client.code2ProtocolConverter.asRange(editor.selection),
    answer: id === "refactor" ? "code" : "explanation",
    asks,
  };
  await runAction(client, argument, title);
}

async function explain(client: LanguageClient, argument: ActionArgument, title: string): Promise<void> {
  const stopping = new vscode.CancellationTokenSource();
  const panel = new Panel(argument.id === "ask" ? (argument.instruction ?? title) : title, () => stopping.cancel());
  try {
    const result = await execute(client, argument, stopping.token, (piece) => {
      if (piece.kind === "again") {
        panel.again(piece.text);
      } else {
        panel.append(piece.text);
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
    let characters = 0;
    try {
      result = await execute(
        client,
        argument,
        token,
        (piece) => {
          characters = piece.kind === "again" ? 0 : characters + piece.text.length;
          progress.report({ message: characters ? `${characters} characters written` : piece.text });
        },
        (said) => progress.report({ message: said }),
      );
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

/** Run `hearth.action`, its partial results handed on as they come. */
async function execute(
  client: LanguageClient,
  argument: ActionArgument,
  token: vscode.CancellationToken,
  onPiece: (piece: Piece) => void,
  onMessage?: (said: string) => void,
): Promise<ActionResult | null> {
  const number = ++tokens;
  const [partialResultToken, workDoneToken] = [`hearth-code-${number}`, `hearth-code-work-${number}`];
  const listeners = [
    client.onProgress(Partial, partialResultToken, onPiece),
    client.onProgress(WorkDone, workDoneToken, (value) => {
      if (value.message) {
        onMessage?.(value.message);
      }
    }),
  ];
  try {
    const params = { command: Commands.action, arguments: [argument], partialResultToken, workDoneToken };
    return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as ActionResult | null;
  } finally {
    vscode.Disposable.from(...listeners).dispose();
  }
}

function message(error: unknown): string {
  return error instanceof ResponseError || error instanceof Error ? error.message : String(error);
}
