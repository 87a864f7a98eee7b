// An edit that wants confirmation, shown as a diff before it is made. The edit itself is VS Code's to make, in one undo step.

import * as vscode from "vscode";
import type { ApplyWorkspaceEditParams, ApplyWorkspaceEditResult, TextEdit, WorkspaceEdit } from "vscode-languageclient/node";

const SCHEME = "hearth-review";

interface Change {
  uri: vscode.Uri;
  before: string;
  after: string;
}

export type Next = (params: ApplyWorkspaceEditParams) => Promise<ApplyWorkspaceEditResult>;

export class Review implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly disposables: vscode.Disposable[] = [];
  private answer: ((apply: boolean) => void) | undefined;
  private number = 0;

  constructor() {
    this.disposables.push(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.commands.registerCommand("hearth.review.apply", () => this.answer?.(true)),
      vscode.commands.registerCommand("hearth.review.discard", () => this.answer?.(false)),
      vscode.window.tabGroups.onDidChangeTabs((event) => {
        if (event.closed.some((tab) => isOurs(tab))) {
          this.answer?.(false);
        }
      }),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    this.answer?.(false);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Middleware of `workspace/applyEdit`. Says truly whether the edit was made: the server cannot know otherwise. */
  async handle(params: ApplyWorkspaceEditParams, next: Next): Promise<ApplyWorkspaceEditResult> {
    if (!wantsConfirmation(params.edit)) {
      return next(params);
    }
    const edit = withoutAnnotations(params.edit);
    if (!(await this.confirm(params.label ?? "Hearth", edit))) {
      return { applied: false, failureReason: "The user discarded the edit." };
    }
    const result = await next({ label: params.label, edit });
    if (!result.applied) {
      void vscode.window.showWarningMessage("Hearth: the text has changed since, so nothing was edited. Ask again for it as it is now.");
    }
    return result;
  }

  private async confirm(title: string, edit: WorkspaceEdit): Promise<boolean> {
    this.answer?.(false);
    const changes = await changesOf(edit);
    if (!changes.length) {
      return false;
    }
    const decision = new Promise<boolean>((resolve) => {
      this.answer = resolve;
    });
    await vscode.commands.executeCommand("setContext", "hearth.reviewing", true);
    await this.open(title, changes);
    void vscode.window.showInformationMessage(`${title}. Apply it?`, "Apply", "Discard").then((chosen) => {
      if (chosen) {
        this.answer?.(chosen === "Apply");
      }
    });
    const apply = await decision;
    this.answer = undefined;
    await vscode.commands.executeCommand("setContext", "hearth.reviewing", false);
    await vscode.commands.executeCommand("notifications.clearAll");
    await vscode.window.tabGroups.close(vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs)));
    this.texts.clear();
    const [first] = changes;
    await vscode.window.showTextDocument(first.uri, { preview: false }).then(undefined, () => undefined);
    return apply;
  }

  private async open(title: string, changes: Change[]): Promise<void> {
    const pairs = changes.map((change) => {
      const number = ++this.number;
      const side = (name: string, text: string) => {
        const uri = vscode.Uri.from({ scheme: SCHEME, path: change.uri.path, query: `${name}-${number}` });
        this.texts.set(uri.toString(), text);
        return uri;
      };
      return [change.uri, side("before", change.before), side("after", change.after)] as const;
    });
    if (pairs.length === 1) {
      const [[uri, before, after]] = pairs;
      const name = vscode.workspace.asRelativePath(uri, false);
      await vscode.commands.executeCommand("vscode.diff", before, after, `${title} (${name})`, { preview: true });
    } else {
      await vscode.commands.executeCommand("vscode.changes", title, pairs);
    }
  }
}

function isOurs(tab: vscode.Tab): boolean {
  const input = tab.input;
  return (
    (input instanceof vscode.TabInputTextDiff && input.modified.scheme === SCHEME) ||
    (input !== null && typeof input === "object" && "textDiffs" in input &&
      (input as { textDiffs: { modified: vscode.Uri }[] }).textDiffs.some((one) => one.modified.scheme === SCHEME))
  );
}

function wantsConfirmation(edit: WorkspaceEdit): boolean {
  return Object.values(edit.changeAnnotations ?? {}).some((annotation) => annotation.needsConfirmation);
}

/** The edit as it is made once it is confirmed; with annotations VS Code would ask for each part again. */
function withoutAnnotations(edit: WorkspaceEdit): WorkspaceEdit {
  const plain = <T extends object>(one: T): T => ({ ...one, annotationId: undefined });
  return {
    changes: edit.changes,
    documentChanges: edit.documentChanges?.map((change) =>
      "edits" in change
        ? { ...change, edits: change.edits.map((one) => plain(one as TextEdit)) }
        : plain(change),
    ),
  };
}

async function changesOf(edit: WorkspaceEdit): Promise<Change[]> {
  const found: Change[] = [];
  for (const change of edit.documentChanges ?? []) {
    if ("edits" in change) {
      found.push(await changed(change.textDocument.uri, change.edits as TextEdit[]));
    }
  }
  for (const [uri, edits] of Object.entries(edit.changes ?? {})) {
    found.push(await changed(uri, edits));
  }
  return found;
}

async function changed(address: string, edits: TextEdit[]): Promise<Change> {
  const uri = vscode.Uri.parse(address, true);
  let document: vscode.TextDocument;
  try {
    document = await vscode.workspace.openTextDocument(uri);
  } catch {
    // A file that the edit itself makes.
    return { uri, before: "", after: edits.map((one) => one.newText).join("") };
  }
  const before = document.getText();
  const offset = (at: { line: number; character: number }) => document.offsetAt(new vscode.Position(at.line, at.character));
  let after = before;
  const backwards = edits
    .map((one, index) => ({ start: offset(one.range.start), end: offset(one.range.end), text: one.newText, index }))
    .sort((a, b) => b.start - a.start || b.index - a.index);
  for (const one of backwards) {
    after = after.slice(0, one.start) + one.text + after.slice(one.end);
  }
  return { uri, before, after };
}
