// The connection to the server: started, watched, started again. What its answers look like on the screen is elsewhere.

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import {
  type ClientCapabilities,
  CloseAction,
  type ConfigurationParams,
  ErrorAction,
  type ErrorHandler,
  type FeatureState,
  LanguageClient,
  RevealOutputChannelOn,
  type StaticFeature,
  TransportKind,
} from "vscode-languageclient/node";
import { receivePiece, runAction } from "./actions";
import { type ActionArgument, Commands, PartialNotification, type Status, StatusNotification } from "./protocol";
import type { Review } from "./review";
import { findServer, INSTALL_COMMAND, isOlder, OLDEST_SERVER, UPGRADE_COMMAND } from "./server";
import { userSettings, workspaceSettings } from "./settings";
import type { StatusItem } from "./status";
import { SuggestionWatch } from "./suggestions";

/** Where uv and pipx install; an editor that the desktop started often does not have it on its PATH. */
const USERS_PROGRAMS = path.join(homedir(), ".local", "bin");

/** More deaths than this within the time below: something is wrong that a restart does not mend. */
const MOST_RESTARTS = 3;
const WITHIN_MS = 180_000;

/** What a message about a server that does not run offers. */
const HELP = ["Restart", "Open Log"];

export class Connection implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly watch = new SuggestionWatch(() => this.client);
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
    private readonly review: Review,
  ) {}

  /** The running client; says so to the user and gives nothing where there is none. */
  get(): LanguageClient | undefined {
    if (!this.client?.isRunning()) {
      void this.offerRestart(vscode.window.showWarningMessage("Hearth: the server is not running.", ...HELP));
      return undefined;
    }
    return this.client;
  }

  /** Stop what runs and start anew. Calls one after the other, so that no two servers run. */
  restart(): Promise<void> {
    this.queue = this.queue.then(async () => {
      await this.stop();
      await this.start();
    });
    return this.queue;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) {
      await client.dispose(2000).catch(() => undefined);
    }
  }

  dispose(): void {
    this.watch.dispose();
    void this.stop();
  }

  private async start(): Promise<void> {
    this.status.waiting();
    const configuration = vscode.workspace.getConfiguration("hearth.server");
    const own = configuration.get<string | string[]>("path", "");
    const found = findServer(
      { command: Array.isArray(own) ? own : own ? [own] : [], uvx: configuration.get("useUvx", false) },
      { searchPath: [process.env.PATH ?? "", USERS_PROGRAMS].join(path.delimiter), isProgram },
    );
    if ("missing" in found) {
      this.status.stopped(`${found.missing} Install it with: ${INSTALL_COMMAND}`);
      void this.offerInstall(found.missing);
      return;
    }
    this.log.info(`starting ${found.command} ${found.args.join(" ")}`);
    const run = { command: found.command, args: found.args, transport: TransportKind.stdio } as const;
    const client = new LanguageClient("hearth", "Hearth", { run, debug: run }, {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => userSettings(this.context),
      errorHandler: new Restarts(this.status),
      middleware: {
        ...this.watch.middleware,
        executeCommand: async (command, args, next) =>
          command === Commands.action && this.client
            ? runAction(this.client, args[0] as ActionArgument)
            : next(command, args),
        workspace: {
          configuration: (params: ConfigurationParams) =>
            params.items.map((item) =>
              item.section === "hearth"
                ? workspaceSettings(this.context, item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined)
                : null,
            ),
          handleApplyEdit: (params, next) =>
            this.review.handle(params, (checked) =>
              Promise.resolve(next(checked, new vscode.CancellationTokenSource().token) as never),
            ),
        },
      },
    });
    client.registerFeature(new Declaration());
    client.onNotification(PartialNotification, receivePiece);
    client.onNotification(StatusNotification, (status: Status) => this.status.show(status));
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.status.stopped(`The server did not start: ${(error as Error).message}`);
      const message = `Hearth: the server did not start: ${(error as Error).message}`;
      void this.offerRestart(vscode.window.showErrorMessage(message, ...HELP));
      return;
    }
    const version = client.initializeResult?.serverInfo?.version ?? "";
    this.log.info(`server ${version} runs`);
    if (isOlder(version, OLDEST_SERVER)) {
      void this.offer(`Hearth: server ${version} is too old for this extension.`, UPGRADE_COMMAND);
    }
  }

  private async offerRestart(asked: Thenable<string | undefined>): Promise<void> {
    const chosen = await asked;
    if (chosen === "Restart") {
      await this.restart();
    } else if (chosen) {
      this.log.show();
    }
  }

  private async offerInstall(missing: string): Promise<void> {
    await this.offer(`Hearth: ${missing.replace(/`/g, "")} Install it with: ${INSTALL_COMMAND}`, INSTALL_COMMAND);
  }

  private async offer(message: string, command: string): Promise<void> {
    const chosen = await vscode.window.showWarningMessage(message, "Copy Command", "Open Settings", "Try Again");
    if (chosen === "Copy Command") {
      await vscode.env.clipboard.writeText(command);
    } else if (chosen === "Open Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "hearth.server");
    } else if (chosen === "Try Again") {
      await this.restart();
    }
  }
}

/** What this client draws itself, so that the server need not pop up messages. */
class Declaration implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { hearth: { status: true, markdown: true, input: true } };
  }
  initialize(): void {}
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {}
}

/** A server that died is started again, a few times, and the user is told. */
class Restarts implements ErrorHandler {
  private times: number[] = [];

  constructor(private readonly status: StatusItem) {}

  error() {
    return { action: ErrorAction.Continue, handled: true };
  }

  closed() {
    const now = Date.now();
    this.times = [...this.times.filter((time) => now - time < WITHIN_MS), now];
    if (this.times.length <= MOST_RESTARTS) {
      this.status.waiting();
      return { action: CloseAction.Restart, handled: true };
    }
    this.status.stopped("The server ended several times and is left alone now.");
    void vscode.window
      .showErrorMessage("Hearth: the server ended several times and is left alone now.", "Open Log", "Restart")
      .then((chosen) => chosen && vscode.commands.executeCommand(chosen === "Restart" ? "hearth.restart" : "hearth.openLog"));
    return { action: CloseAction.DoNotRestart, handled: true };
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
