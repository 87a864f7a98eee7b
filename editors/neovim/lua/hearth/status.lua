-- How the server said it is: kept for the statusline, shown once where something has to be done. Asks for nothing.

local M = {}

---@class hearth.Status
---@field state "starting"|"ready"|"indexing"|"model_missing"|"model_unreachable"|"model_failing"|"off"
---@field message string
---@field action string what to do next; empty where nothing
---@field percent? integer
---@field model string

---@type hearth.Status?
local last
---@type table<string, true>
local shown = {}
--- What is under way besides ghost text, newest last: an action, a model that is being fetched.
---@type {id: string, text: string}[]
local working = {}

local TROUBLE = {
  model_missing = "no model",
  model_unreachable = "model unreachable",
  model_failing = "model failing",
}

local SHORT = {
  model_missing = "no model yet. `:Hearth pull` fetches one, `:Hearth status` says more.",
  model_unreachable = "the model's server does not answer. `:Hearth status` says more.",
  model_failing = "the model fails. `:Hearth status` says more.",
}

--- A trouble in words that fit into one line: a longer message would stop everything with "Press ENTER".
---@param status hearth.Status
---@return string
function M.told(status)
  local pull = status.state == "model_missing" and " `:Hearth pull` does it from here." or ""
  local whole = vim.trim(("Hearth: %s %s"):format(status.message, status.action)) .. pull
  return vim.fn.strdisplaywidth(whole) <= vim.v.echospace and whole or "Hearth: " .. SHORT[status.state]
end

local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO }

--- The handler of `window/showMessage`. On one line: Neovim 0.11 stops everything with "Press ENTER" at a longer one, while the
--- user types. The server's log has all of it.
---@param params {type: integer, message: string}
function M.message(params)
  local text = params.message:gsub("%s+", " ")
  local more = " … (:Hearth log)"
  local room = vim.v.echospace - vim.fn.strdisplaywidth(more)
  if vim.fn.strdisplaywidth(text) > vim.v.echospace then
    text = vim.fn.strcharpart(text, 0, math.max(20, room)) .. more
  end
  -- Two messages at once would stop it as well.
  vim.cmd.redraw()
  vim.notify(text, LEVELS[params.type] or vim.log.levels.INFO)
end

--- The handler of `hearth/status`.
---@param status hearth.Status
function M.receive(status)
  status.percent = status.percent ~= vim.NIL and status.percent or nil
  last = status
  vim.api.nvim_exec_autocmds("User", { pattern = "HearthStatus", modeline = false, data = status })
  vim.cmd.redrawstatus({ bang = true })
  if TROUBLE[status.state] and not shown[status.message] then
    shown[status.message] = true
    vim.notify(M.told(status), vim.log.levels.WARN)
  end
end

--- Say what is under way; nil when it is over.
---@param id string
---@param text? string
function M.work(id, text)
  for i, one in ipairs(working) do
    if one.id == id then
      if text then
        one.text = text
      else
        table.remove(working, i)
      end
      vim.cmd.redrawstatus({ bang = true })
      return
    end
  end
  if text then
    working[#working + 1] = { id = id, text = text }
    vim.cmd.redrawstatus({ bang = true })
  end
end

--- The server ended: what it said last is no longer so.
function M.forget()
  last = nil
  shown = {}
  working = {}
  vim.cmd.redrawstatus({ bang = true })
end

---@return hearth.Status?
function M.last()
  return last
end

---@return string
function M.line()
  if not require("hearth").client() then
    return ""
  end
  if #working > 0 then
    return "hearth: " .. working[#working].text:gsub("%%", "%%%%")
  end
  if not last or last.state == "starting" then
    return "hearth …"
  end
  if require("hearth").is_off(vim.api.nvim_get_current_buf()) and not require("hearth.builtin").draws(0) then
    return "hearth off"
  end
  if last.state == "indexing" then
    return ("hearth %d%%%%"):format(last.percent or 0)
  end
  if last.state == "off" then
    return "hearth off"
  end
  return TROUBLE[last.state] and ("hearth: " .. TROUBLE[last.state]) or "hearth"
end

return M
