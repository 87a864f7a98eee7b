---@meta
-- The server's settings as types. Made by editors/generate.py from lsp_server/settings.py. Do not edit: the tests compare.

---@class hearth.InitOptions What `init_options` of `vim.lsp.config` may hold.
---@field model? hearth.InitOptions.model
---@field completion? hearth.InitOptions.completion
---@field index? hearth.InitOptions.index
---@field actions? hearth.InitOptions.actions

---@class hearth.InitOptions.model
---@field backend? "auto"|"ollama"|"embedded"|"openai_compatible" Who serves the model. `auto` takes Ollama when it answers and has a usable model, else the embedded runner. Default: `"auto"`.
---@field name? string The model to use, as its server names it (`qwen2.5-coder:1.5b`). Empty: the best one found. Default: `""`.
---@field ollama_host? string Ollama's address. Empty: `OLLAMA_HOST` where that is this machine, else `http://127.0.0.1:11434`. Default: `""`.
---@field openai_base_url? string Address of an OpenAI-compatible server: llama.cpp, vLLM, LM Studio. Default: `"http://127.0.0.1:8080/v1"`.
---@field keep_alive? string How long Ollama keeps the model in memory after the last request. Default: `"30m"`.

---@class hearth.InitOptions.completion
---@field enabled? boolean Offer ghost text. Default: `true`.
---@field debounce_ms? integer Wait at least this long for another keystroke before asking the model, in milliseconds. Where the model is slower than you type, up to 150. 0: never wait. Default: `60`.
---@field max_tokens? integer Longest suggestion, in tokens. Default: `96`.
---@field prompt_tokens? integer Longest prompt, in tokens. A slow machine wants less. Default: `1024`.
---@field context_budget_ms? integer Time to look the repository up for context, in milliseconds. 0: no context. Default: `30`.
---@field disabled_languages? string[] Language ids without ghost text (`markdown`). Default: `{}`.
---@field ledger? boolean Keep figures of each suggestion on this machine for `lsp_server stats`: times, tokens, taken or not; never any code. Default: `true`.

---@class hearth.InitOptions.index
---@field enabled? boolean Index the workspace folders and keep the index current. Default: `true`.
---@field embedder? string What turns code into vectors: `static` (built in, no model), `ollama:NAME`, or `sentence-transformers:NAME_OR_PATH`. Default: `"static"`.
---@field max_file_kib? integer Larger files are not indexed, in KiB. Default: `1024`.
---@field max_source_mib? integer A folder's source beyond this is not indexed, in MiB; an index takes about twice as much. Default: `1024`.
---@field exclude? string[] More paths to leave out, as .gitignore patterns. Default: `{}`.

---@class hearth.InitOptions.actions
---@field enabled? boolean Offer code actions. Default: `true`.
---@field model? string Another model for code actions, on the same server, as it names it. Empty: the one that writes ghost text, whose explanations then make way for each keystroke. Both must fit into memory, or each loads the other out. Default: `""`.
---@field max_tokens? integer Longest answer, in tokens. An answer that is cut off is shown, not applied. Default: `1536`.
---@field prompt_tokens? integer Longest prompt, in tokens. What does not fit is abridged, and you are told. Default: `3072`.
---@field context_budget_ms? integer Time to look up definitions in the repository, in milliseconds. 0: none. Default: `500`.
---@field confirm? boolean Have the editor show an edit before it is applied, where it can. Default: `true`.
---@field disabled? string[] Ids of actions that are not offered (`tests`). Default: `{}`.

---@class hearth.WorkspaceSettings What `settings.hearth` of `vim.lsp.config` may hold: a project may set it.
---@field completion? hearth.WorkspaceSettings.completion
---@field index? hearth.WorkspaceSettings.index
---@field actions? hearth.WorkspaceSettings.actions

---@class hearth.WorkspaceSettings.completion
---@field enabled? boolean Offer ghost text. Default: `true`.
---@field debounce_ms? integer Wait at least this long for another keystroke before asking the model, in milliseconds. Where the model is slower than you type, up to 150. 0: never wait. Default: `60`.
---@field max_tokens? integer Longest suggestion, in tokens. Default: `96`.
---@field prompt_tokens? integer Longest prompt, in tokens. A slow machine wants less. Default: `1024`.
---@field context_budget_ms? integer Time to look the repository up for context, in milliseconds. 0: no context. Default: `30`.
---@field disabled_languages? string[] Language ids without ghost text (`markdown`). Default: `{}`.

---@class hearth.WorkspaceSettings.index
---@field enabled? boolean Index the workspace folders and keep the index current. Default: `true`.
---@field max_file_kib? integer Larger files are not indexed, in KiB. Default: `1024`.
---@field max_source_mib? integer A folder's source beyond this is not indexed, in MiB; an index takes about twice as much. Default: `1024`.
---@field exclude? string[] More paths to leave out, as .gitignore patterns. Default: `{}`.

---@class hearth.WorkspaceSettings.actions
---@field enabled? boolean Offer code actions. Default: `true`.
---@field max_tokens? integer Longest answer, in tokens. An answer that is cut off is shown, not applied. Default: `1536`.
---@field prompt_tokens? integer Longest prompt, in tokens. What does not fit is abridged, and you are told. Default: `3072`.
---@field context_budget_ms? integer Time to look up definitions in the repository, in milliseconds. 0: none. Default: `500`.
---@field disabled? string[] Ids of actions that are not offered (`tests`). Default: `{}`.
