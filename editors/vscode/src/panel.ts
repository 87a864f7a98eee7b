// A panel for text that grows: answers as Markdown, with links that jump. Asks the server nothing.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { placeOf, render } from "./markdown";

/** Often enough to look like a stream, seldom enough to leave the machine to the model. */
const REDRAW_MS = 80;

export class Panel {
  private readonly view: vscode.WebviewPanel;
  private text = "";
  private state = "Reading…";
  private timer: NodeJS.Timeout | undefined;
  private isOpen = true;
  private loaded = false;

  /** `stop` is called when the user closes the panel or presses Stop while work goes on. */
  constructor(
    title: string,
    private stop: (() => void) | undefined,
  ) {
    this.view = vscode.window.createWebviewPanel(
      "hearth.answer",
      title,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, enableFindWidget: true, retainContextWhenHidden: true, localResourceRoots: [] },
    );
    this.view.onDidDispose(() => {
      this.isOpen = false;
      clearTimeout(this.timer);
      this.stop?.();
    });
    this.view.webview.onDidReceiveMessage((message: { kind: string; href?: string }) => {
      if (message.kind === "loaded") {
        this.loaded = true;
        this.draw();
      } else if (message.kind === "stop") {
        this.stop?.();
      } else if (message.kind === "link" && message.href) {
        void follow(message.href);
      }
    });
    this.view.webview.html = page(title);
  }

  append(text: string): void {
    this.text += text;
    this.state = "Writing…";
    this.timer ??= setTimeout(() => this.draw(), REDRAW_MS);
  }

  /** Void what was shown: another attempt begins. */
  again(why: string): void {
    this.text = "";
    this.state = why;
    this.draw();
  }

  /** The answer is whole: show it, and cancel nothing when the panel is closed. */
  finish(text: string): void {
    this.text = text || this.text;
    this.state = "";
    this.stop = undefined;
    this.draw();
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isOpen && this.loaded) {
      void this.view.webview.postMessage({ html: render(this.text), state: this.state });
    }
  }
}

async function follow(href: string): Promise<void> {
  const place = placeOf(href);
  if (!place) {
    // VS Code asks before it opens an address it does not know.
    await vscode.env.openExternal(vscode.Uri.parse(href, true));
    return;
  }
  const line = Math.max(0, (place.line ?? 1) - 1);
  const options = { selection: new vscode.Range(line, 0, line, 0), viewColumn: vscode.ViewColumn.One };
  try {
    await vscode.window.showTextDocument(vscode.Uri.parse(place.uri, true), options);
  } catch {
    const { fsPath } = vscode.Uri.parse(place.uri, true);
    void vscode.window.showWarningMessage(`Hearth: ${fsPath} cannot be opened. It may have been moved or deleted since.`);
  }
}

function page(title: string): string {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">
  body { padding: 0 20px 24px; max-width: 46em; line-height: 1.55; font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size); color: var(--vscode-foreground); overflow-wrap: anywhere; }
  a { color: var(--vscode-textLink-foreground); text-decoration: none; }
  a:hover, a:focus-visible { text-decoration: underline; }
  h1, h2, h3 { font-weight: 600; line-height: 1.25; margin: 1.2em 0 .5em; }
  h1 { font-size: 1.35em; } h2 { font-size: 1.2em; } h3 { font-size: 1.05em; }
  code { font-family: var(--vscode-editor-font-family); font-size: .93em; background: var(--vscode-textCodeBlock-background);
    padding: .1em .35em; border-radius: 3px; }
  pre { background: var(--vscode-textCodeBlock-background); padding: 10px 14px; border-radius: 4px; overflow-x: auto; }
  pre code { background: none; padding: 0; }
  table { border-collapse: collapse; } td, th { border-bottom: 1px solid var(--vscode-widget-border, #8884);
    padding: 4px 14px 4px 0; text-align: left; }
  blockquote { margin: 0; padding-left: 12px; border-left: 3px solid var(--vscode-textBlockQuote-border, #8888); }
  #state { display: flex; align-items: center; gap: 10px; color: var(--vscode-descriptionForeground); margin-top: 14px; }
  #state[hidden] { display: none; }
  #state .dot { width: 7px; height: 7px; border-radius: 50%; background: var(--vscode-charts-orange, #e8863a); }
  @media (prefers-reduced-motion: no-preference) { #state .dot { animation: glow 1.1s ease-in-out infinite alternate; } }
  @keyframes glow { from { opacity: .25 } to { opacity: 1 } }
  button { font: inherit; color: var(--vscode-button-secondaryForeground); cursor: pointer; border: 0; border-radius: 2px;
    background: var(--vscode-button-secondaryBackground); padding: 2px 10px; }
</style>
</head>
<body>
<main id="answer" aria-live="polite"></main>
<div id="state"><span class="dot"></span><span id="said">Reading…</span><button id="stop" type="button">Stop</button></div>
<script nonce="${nonce}">
  const vscode = acquireVsCodeApi();
  const answer = document.getElementById("answer"), state = document.getElementById("state");
  window.addEventListener("message", ({ data }) => {
    const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
    answer.innerHTML = data.html;
    state.hidden = !data.state;
    document.getElementById("said").textContent = data.state;
    if (data.state && atEnd) window.scrollTo(0, document.body.scrollHeight);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) { event.preventDefault(); vscode.postMessage({ kind: "link", href: link.getAttribute("href") }); }
  });
  document.getElementById("stop").addEventListener("click", () => vscode.postMessage({ kind: "stop" }));
  vscode.postMessage({ kind: "loaded" });
</script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
