-- What the user wrote into `vim.g.hearth`, with defaults. The server's own settings are not here: they are in `vim.lsp.config`.

local M = {}

---@class hearth.Keys Insert-mode keys, each used only where it is free. false: do not map.
---@field accept? string|false
---@field accept_word? string|false
---@field accept_line? string|false
---@field next? string|false
---@field dismiss? string|false

---@class hearth.Options
---@field cmd? string[] The server, where it is neither on PATH nor to be run by uvx.
---@field uvx? boolean Run the server by `uvx` when it is not installed. uvx downloads it, so this is yours to allow.
---@field ghost_text? "own"|"builtin"|false Who draws: Hearth, `vim.lsp.inline_completion` (Neovim 0.12), or nobody.
---@field keys? hearth.Keys|false
---@field window? "split"|"float" Where explanations and answers are shown.

---@type hearth.Options
local defaults = {
  uvx = false,
  ghost_text = "own",
  -- As in the Copilot plugins, so that fingers need not learn. None of them is a key that types something.
  keys = {
    accept = "<M-l>",
    accept_word = "<M-Right>",
    accept_line = "<M-Down>",
    next = "<M-]>",
    dismiss = "<C-]>",
  },
  window = "split",
}

--- The options in force; `vim.g.hearth` may change at any time.
---@return hearth.Options
function M.get()
  local own = vim.g.hearth
  return vim.tbl_deep_extend("force", defaults, type(own) == "table" and own or {})
end

return M
