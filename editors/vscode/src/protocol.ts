// The server's own words: what travels beside LSP's methods. Types and names only; sends nothing.

import { NotificationType } from "vscode-languageclient/node";

export type State =
  | "starting"
  | "ready"
  | "indexing"
  | "model_missing"
  | "model_unreachable"
  | "model_failing"
  | "off";

/** `hearth/status`: one line that says how the server is. `action` is empty where nothing needs doing. */
export interface Status {
  state: State;
  message: string;
  action: string;
  percent: number | null;
  model: string;
}

export const StatusNotification = new NotificationType<Status>("hearth/status");

/** What `hearth.status` answers. */
export interface Report {
  version: string;
  status: Status;
  folders: { root: string; phase: string; files: number; chunks: number; message: string }[];
  counts: Partial<Record<"offered" | "accepted" | "reused" | "shown" | "partly_accepted", number>>;
}

/** What `hearth.stats` answers, as far as it is shown; shares are 0 to 1, null where there is nothing to count. */
export interface Stats {
  days_asked: number;
  models: {
    model: string;
    suggestions: number;
    acceptance: number | null;
    kept: number | null;
    total_ms_p50: number | null;
    from_memory: number | null;
  }[];
}

/** One result of `hearth.search`; lines are 1-based and inclusive. */
export interface Hit {
  uri: string;
  path: string;
  start_line: number;
  end_line: number;
  symbol: string;
  kind: string;
  text: string;
}

/** What `hearth.models` answers. `suggested` can be fetched by `hearth.pullModel`. */
export interface Models {
  models: { name: string; backend: string; size_bytes: number }[];
  /** Why a backend has none, for each that does not answer. */
  unavailable: Record<string, string>;
  chosen: string | null;
  why: string;
  suggested: { name: string; size_bytes: number; note: string; terms: string }[];
}

/** The one argument of `hearth.action`. */
export interface ActionArgument {
  id: string;
  uri?: string;
  version?: number;
  range?: { start: { line: number; character: number }; end: { line: number; character: number } };
  asks?: string;
  instruction?: string;
  /** The answer is text to read, not an edit. The server says so of its menu's rows. */
  reads?: boolean;
  /** The name under which `hearth/partial` brings the text as it is written. */
  run?: string;
}

/** What `hearth.action` answers: Markdown to show, or nothing because the edit was sent by `workspace/applyEdit`. */
export interface ActionResult {
  outcome: "edit" | "text";
  title: string;
  markdown?: string;
  leftOut: string[];
  model: string;
  refused: { code: string; reason: string } | null;
}

/** `hearth/partial`: what happens while an action runs. After "again" what was written so far is void. */
export interface Piece {
  run: string;
  stage: "reading" | "writing" | "again";
  text: string;
}

export const PartialNotification = new NotificationType<Piece>("hearth/partial");

export const Commands = {
  action: "hearth.action",
  clearCache: "hearth.clearCache",
  models: "hearth.models",
  pullModel: "hearth.pullModel",
  reindex: "hearth.reindex",
  search: "hearth.search",
  stats: "hearth.stats",
  status: "hearth.status",
} as const;
