// The one status item: how the server is, and a button for what can be done about it. Asks the server nothing.

import * as vscode from "vscode";
import type { State, Status } from "./protocol";

interface Look {
  icon: string;
  text?: (status: Status) => string;
  warns?: boolean;
  /** What a message offers, once, when this state comes: a title and the command behind it. */
  buttons?: [title: string, command: string][];
}

const LOOKS: Record<State, Look> = {
  starting: { icon: "loading~spin" },
  ready: { icon: "flame" },
  indexing: { icon: "flame", text: (status) => ` ${status.percent ?? 0} %` },
  model_missing: {
    icon: "warning",
    text: () => ": no model",
    warns: true,
    buttons: [
      ["Fetch a Model…", "hearth.fetchModel"],
      ["Open Help", "hearth.openHelp"],
    ],
  },
  model_unreachable: {
    icon: "warning",
    text: () => ": model unreachable",
    warns: true,
    buttons: [
      ["Open Help", "hearth.openHelp"],
      ["Try Again", "hearth.lookAgain"],
    ],
  },
  model_failing: {
    icon: "warning",
    text: () => ": model failing",
    warns: true,
    buttons: [
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
      void this.tell(tooltip, look.buttons);
    }
    if (status.state === "ready") {
      this.told.clear();
    }
  }

  /** What can be done in the present state, for the menu behind the item. */
  buttons(): [title: string, command: string][] {
    return (this.status && LOOKS[this.status.state]?.buttons) ?? [];
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

  private async tell(message: string, buttons: [string, string][]): Promise<void> {
    const chosen = await vscode.window.showWarningMessage(`Hearth: ${message}`, ...buttons.map(([title]) => title));
    const command = buttons.find(([title]) => title === chosen)?.[1];
    if (command) {
      await vscode.commands.executeCommand(command);
    }
  }
}
