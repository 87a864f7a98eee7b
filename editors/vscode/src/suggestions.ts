// Ghost text on its way through: say to the server what was shown and what was taken in part. Changes no suggestion.

import * as vscode from "vscode";
import type { LanguageClient, Middleware } from "vscode-languageclient/node";

interface Offered {
  uri: string;
  version: number;
  offset: number;
  text: string;
  item: object;
  told: number;
}

/**
 * VS Code's stable API tells nobody what was shown or taken in part. An answer that was not cancelled is drawn, so it counts as
 * shown; text that appears at once and is a beginning of the suggestion, longer than a keystroke, was taken by word or line.
 */
export class SuggestionWatch implements vscode.Disposable {
  private offered: Offered | undefined;
  private readonly listener: vscode.Disposable;

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.listener = vscode.workspace.onDidChangeTextDocument((event) => this.changed(event));
  }

  readonly middleware: Pick<Middleware, "provideInlineCompletionItems"> = {
    provideInlineCompletionItems: async (document, position, context, token, next) => {
      const result = await next(document, position, context, token);
      if (!token.isCancellationRequested && result) {
        this.shown(document, position, result);
      }
      return result;
    },
  };

  dispose(): void {
    this.listener.dispose();
  }

  private shown(
    document: vscode.TextDocument,
    position: vscode.Position,
    result: vscode.InlineCompletionItem[] | vscode.InlineCompletionList,
  ): void {
    const first = (Array.isArray(result) ? result : result.items)[0];
    if (!first || typeof first.insertText !== "string") {
      return;
    }
    const item = { insertText: first.insertText, command: first.command && { ...first.command } };
    this.offered = {
      uri: document.uri.toString(),
      version: document.version,
      offset: document.offsetAt(first.range?.start ?? position),
      text: first.insertText,
      item,
      told: 0,
    };
    void this.client()?.sendNotification("textDocument/didShowCompletion", { item });
  }

  private changed(event: vscode.TextDocumentChangeEvent): void {
    const offered = this.offered;
    if (!offered || event.document.uri.toString() !== offered.uri || event.contentChanges.length !== 1) {
      return;
    }
    const change = event.contentChanges[0];
    const before = change.rangeOffset - offered.offset;
    const after = before + change.text.length;
    const fits = before >= 0 && change.rangeLength === 0 && offered.text.slice(before, after) === change.text;
    if (!fits) {
      this.offered = undefined;
    } else if (change.text.length > 1 && after < offered.text.length && after > offered.told) {
      offered.told = after;
      void this.client()?.sendNotification("textDocument/didPartiallyAcceptCompletion", {
        item: offered.item,
        acceptedLength: after,
      });
    }
  }
}
