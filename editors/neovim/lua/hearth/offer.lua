-- What is offered in each buffer: kept while one types along, drawn at the cursor, gone when it fits no more. Asks nobody.

local api = vim.api
local suggestion = require("hearth.suggestion")

local M = {}

local namespace = api.nvim_create_namespace("hearth.ghost")

---@class hearth.Ghost What is offered in a buffer.
---@field client_id integer
---@field items {insertText: string, command?: table}[]
---@field index integer
---@field row integer of the place it was offered for, from 0
---@field col integer in bytes
---@field behind string what stood behind that place in its line

---@type table<integer, hearth.Ghost?>
local offered = {}

---@return integer row, integer col both from 0, in the current window
function M.cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

--- What is still to come of the suggestion, at the cursor; nil when it fits no more.
---@param buf integer
---@return string?
function M.remaining(buf)
  local ghost = offered[buf]
  if not ghost or api.nvim_get_current_buf() ~= buf then
    return nil
  end
  local row, col = M.cursor()
  if row < ghost.row or (row == ghost.row and col < ghost.col) then
    return nil
  end
  local ok, typed = pcall(api.nvim_buf_get_text, buf, ghost.row, ghost.col, row, col, {})
  if not ok then
    return nil
  end
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ""
  if line:sub(col + 1) ~= ghost.behind then
    return nil
  end
  local rest = suggestion.remainder(ghost.items[ghost.index].insertText, table.concat(typed, "\n"))
  return rest ~= "" and rest or nil
end

---@param buf integer
local function erase(buf)
  if api.nvim_buf_is_valid(buf) then
    api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  end
end

---@param buf integer
---@param text string
local function draw(buf, text)
  erase(buf)
  local row, col = M.cursor()
  local tabstop = vim.bo[buf].tabstop
  local lines = vim.split(text, "\n", { plain = true })
  local start = vim.fn.virtcol(".") - 1
  local mark = {
    virt_text = { { suggestion.without_tabs(lines[1], start, tabstop), "HearthGhostText" } },
    virt_text_pos = "inline",
    hl_mode = "combine",
    undo_restore = false,
    invalidate = false,
  }
  if #lines > 1 then
    mark.virt_lines = {}
    for i = 2, #lines do
      mark.virt_lines[i - 1] = { { suggestion.without_tabs(lines[i], 0, tabstop), "HearthGhostText" } }
    end
  end
  api.nvim_buf_set_extmark(buf, namespace, row, col, mark)
end

--- Offer nothing any more.
---@param buf integer
function M.forget(buf)
  offered[buf] = nil
  erase(buf)
end

--- Draw what is left of the suggestion; false where there is none.
---@param buf integer
---@return boolean
function M.redraw(buf)
  local rest = M.remaining(buf)
  local info = rest and vim.fn.pumvisible() == 1 and vim.fn.complete_info({ "selected" })
  if not rest or (info and info.selected ~= -1) then
    -- A selected word of the completion menu stands in the text already; ghost text behind it would lie.
    erase(buf)
    return false
  end
  draw(buf, rest)
  return true
end

--- Take an answer in, which was asked for at a place, and draw it.
---@param buf integer
---@param client vim.lsp.Client
---@param result table?
---@param row integer
---@param col integer
function M.receive(buf, client, result, row, col)
  local items = {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    local text = type(item.insertText) == "string" and item.insertText:gsub("\r\n?", "\n") or ""
    if text ~= "" then
      items[#items + 1] = vim.tbl_extend("force", item, { insertText = text })
    end
  end
  if #items == 0 then
    M.forget(buf)
    return
  end
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ""
  offered[buf] = { client_id = client.id, items = items, index = 1, row = row, col = col, behind = line:sub(col + 1) }
  if M.redraw(buf) then
    client:notify("textDocument/didShowCompletion", { item = result.items and result.items[1] or result[1] })
  end
end

--- What is drawn in a buffer now; nil for nothing.
---@param buf integer
---@return string?
function M.visible(buf)
  if #api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { limit = 1 }) == 0 then
    return nil
  end
  return M.remaining(buf)
end

--- What is offered in a buffer, drawn or not.
---@param buf integer
---@return hearth.Ghost?
function M.of(buf)
  return offered[buf]
end

return M
