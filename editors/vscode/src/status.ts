// The one status item: how the server is, and a button for what can be done about it. Asks the server nothing.

import * as vscode from "vscode";
import type { State, Status } from "./protocol";

interface Look {
  icon: string;
  text?: (status: Status) => string;
  warns?: boolean;
  /** What a message offers, once, when this state comes. */
  buttons?: (status: Status) => Button[];
}

/** A title, the command behind it, and what the command is given. */
export type Button = [title: string, command: string, ...words: string[]];

const LOOKS: Record<State, Look> = {
  starting: { icon: "loading~spin" },
  ready: { icon: "flame" },
  indexing: { icon: "flame", text: (status) => ` ${status.percent ?? 0} %` },
  model_missing: {
    icon: "warning",
    text: () => ": no model",
    warns: true,
    buttons: (status) => [
      status.model ? [`Fetch ${status.model}`, "hearth.fetchModel", status.model] : ["Fetch a Model…", "hearth.fetchModel"],
      ["Choose Another Model…", "hearth.chooseModel"],
      ["Open Help", "hearth.openHelp"],
    ],
  },
  model_unreachable: {
    icon: "warning",
    text: () => ": model unreachable",
    warns: true,
    buttons: () => [
      ["Open Help", "hearth.openHelp"],
      ["Try Again", "hearth.lookAgain"],
    ],
  },
  model_failing: {
    icon: "warning",
    text: () => ": model failing",
    warns: true,
    buttons: () => [
      ["Open Log", "hearth.openLog"],
      ["Choose Another Model…", "hearth.chooseModel"],
    ],
  },
  off: { icon: "circle-slash" },
};

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly told = new Set<string>();
  private status: Status | undefined;

  constructor() {
    this.item = vscode.window.createStatusBarItem("hearth.status", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Hearth";
    this.item.command = "hearth.showMenu";
    this.waiting();
    this.item.show();
  }

  get last(): Status | undefined {
    return this.status;
  }

  /** No server has said anything yet. */
  waiting(): void {
    this.status = undefined;
    this.draw("$(loading~spin) Hearth", "Hearth is starting.", false);
  }

  /** There is no server, and why. */
  stopped(why: string): void {
    this.status = undefined;
    this.draw("$(error) Hearth", why, true);
  }

  show(status: Status): void {
    this.status = status;
    const look = LOOKS[status.state] ?? LOOKS.ready;
    const text = `$(${look.icon}) Hearth${look.text?.(status) ?? ""}`;
    const tooltip = [status.message, status.action].filter(Boolean).join(" ");
    this.draw(text, tooltip, look.warns ?? false);
    if (look.buttons && !this.told.has(status.message)) {
      this.told.add(status.message);
      void this.tell(tooltip, look.buttons(status));
    }
    if (status.state === "ready") {
      this.told.clear();
    }
  }

  /** What can be done in the present state, for the menu behind the item. */
  buttons(): Button[] {
    return (this.status && LOOKS[this.status.state]?.buttons?.(this.status)) ?? [];
  }

  dispose(): void {
    this.item.dispose();
  }

  private draw(text: string, tooltip: string, warns: boolean): void {
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: `Hearth: ${tooltip}`, role: "button" };
    this.item.backgroundColor = warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  private async tell(message: string, buttons: Button[]): Promise<void> {
    const chosen = await vscode.window.showWarningMessage(`Hearth: ${message}`, ...buttons.map(([title]) => title));
    const [, command, ...words] = buttons.find(([title]) => title === chosen) ?? [];
    if (command) {
      await vscode.commands.executeCommand(command, ...words);
    }
  }
}
