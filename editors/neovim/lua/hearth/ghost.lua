-- Ghost text: ask at each change, draw at the cursor, keep what is typed along, insert what is taken. Asks no model itself.
--
-- One implementation for Neovim 0.11 and 0.12. The one that 0.12 has waits 200 ms before it asks, cancels nothing, and doubles
-- what was typed along (docs/editors.md); where the user enables it all the same, lua/hearth/builtin.lua mends it.

local api = vim.api
local suggestion = require("hearth.suggestion")

local M = {}

local METHOD = "textDocument/inlineCompletion"
local AUTOMATIC, INVOKED = 2, 1
local namespace = api.nvim_create_namespace("hearth.ghost")

---@class hearth.Ghost What is offered in a buffer.
---@field client_id integer
---@field items {insertText: string, command?: table}[]
---@field index integer
---@field row integer of the place it was offered for, from 0
---@field col integer in bytes
---@field behind string what stood behind that place in its line
---@field announced? boolean

---@type table<integer, hearth.Ghost?>
local offered = {}
---@type table<integer, {client_id: integer, id: integer}?>
local asked = {}
---@type table<integer, string?>
local seen = {}

---@return integer row, integer col both from 0, in the current window
local function cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

local function inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == "i"
end

---@param buf integer
---@return string
local function place(buf)
  local row, col = cursor()
  return ("%d:%d:%d"):format(api.nvim_buf_get_changedtick(buf), row, col)
end

---@param buf integer
---@return vim.lsp.Client?
local function client_of(buf)
  return vim.lsp.get_clients({ bufnr = buf, name = "hearth" })[1]
end

--- What is still to come of the suggestion, at the cursor; nil when it fits no more.
---@param buf integer
---@return string?
local function remaining(buf)
  local ghost = offered[buf]
  if not ghost or api.nvim_get_current_buf() ~= buf then
    return nil
  end
  local row, col = cursor()
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
  local row, col = cursor()
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

--- Take back the request that is under way: a model that works for nobody is slow for everybody.
---@param buf integer
local function cancel(buf)
  local request = asked[buf]
  asked[buf] = nil
  if not request then
    return
  end
  local client = vim.lsp.get_client_by_id(request.client_id)
  if client and client.requests[request.id] then
    client:cancel_request(request.id)
  end
end

---@param buf integer
local function forget(buf)
  offered[buf] = nil
  erase(buf)
end

--- Draw what is left of the suggestion; false where there is none.
---@param buf integer
---@return boolean
local function redraw(buf)
  local rest = remaining(buf)
  local info = rest and vim.fn.pumvisible() == 1 and vim.fn.complete_info({ "selected" })
  if not rest or (info and info.selected ~= -1) then
    -- A selected word of the completion menu stands in the text already; ghost text behind it would lie.
    erase(buf)
    return false
  end
  draw(buf, rest)
  return true
end

---@param buf integer
---@param client vim.lsp.Client
---@param result table?
local function receive(buf, client, result, row, col)
  local items = {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    local text = type(item.insertText) == "string" and item.insertText:gsub("\r\n?", "\n") or ""
    if text ~= "" then
      items[#items + 1] = vim.tbl_extend("force", item, { insertText = text })
    end
  end
  if #items == 0 then
    forget(buf)
    return
  end
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ""
  offered[buf] = { client_id = client.id, items = items, index = 1, row = row, col = col, behind = line:sub(col + 1) }
  if redraw(buf) then
    client:notify("textDocument/didShowCompletion", { item = result.items and result.items[1] or result[1] })
  end
end

--- Ask for ghost text at the cursor; what is under way for this buffer is cancelled.
---@param buf integer
---@param kind? integer 1: by a key, 2: while typing (the default)
function M.request(buf, kind)
  cancel(buf)
  local client = client_of(buf)
  if not client or not vim.bo[buf].modifiable or require("hearth").is_off(buf) then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding) --[[@as table]]
  params.context = { triggerKind = kind or AUTOMATIC }
  local at = place(buf)
  local row, col = cursor()
  local request = { client_id = client.id }
  local ok, id = client:request(METHOD, params, function(_, result)
    if asked[buf] ~= request then
      return
    end
    asked[buf] = nil
    -- Errors are answers too: "cancelled" and "the text has changed" mean that there is nothing to draw.
    if api.nvim_get_current_buf() == buf and inserting() and place(buf) == at then
      receive(buf, client, result, row, col)
    end
  end, buf)
  if ok and id then
    request.id = id
    asked[buf] = request
  end
end

--- The text changed or the cursor moved.
---@param buf integer
local function changed(buf)
  if not inserting() or api.nvim_get_current_buf() ~= buf then
    return
  end
  local now = place(buf)
  if seen[buf] == now then
    return -- one keystroke fires two events
  end
  local typed = not seen[buf] or vim.split(seen[buf], ":")[1] ~= vim.split(now, ":")[1]
  seen[buf] = now
  if redraw(buf) then
    return
  end
  forget(buf)
  cancel(buf)
  if typed then
    M.request(buf)
  end
end

--- Follow a buffer from now on.
---@param buf integer
function M.attach(buf)
  local group = api.nvim_create_augroup("hearth.ghost." .. buf, {})
  api.nvim_create_autocmd({ "TextChangedI", "TextChangedP", "CursorMovedI" }, {
    group = group,
    buffer = buf,
    callback = function()
      changed(buf)
    end,
  })
  api.nvim_create_autocmd("InsertEnter", {
    group = group,
    buffer = buf,
    callback = function()
      seen[buf] = nil
      -- The cursor is not yet where the insertion will be.
      vim.schedule(function()
        changed(buf)
      end)
    end,
  })
  api.nvim_create_autocmd({ "InsertLeave", "BufLeave" }, {
    group = group,
    buffer = buf,
    callback = function()
      M.dismiss(buf)
    end,
  })
  api.nvim_create_autocmd({ "BufUnload" }, {
    group = group,
    buffer = buf,
    callback = function()
      M.detach(buf)
    end,
  })
end

---@param buf integer
function M.detach(buf)
  pcall(api.nvim_del_augroup_by_name, "hearth.ghost." .. buf)
  cancel(buf)
  forget(buf)
  seen[buf] = nil
end

--- What is drawn in a buffer now; nil for nothing.
---@param buf integer
---@return string?
function M.visible(buf)
  if #api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { limit = 1 }) == 0 then
    return nil
  end
  return remaining(buf)
end

--- Run the item's command: it tells the server that its text was taken.
---@param buf integer
---@param ghost hearth.Ghost
local function report(buf, ghost)
  local client = vim.lsp.get_client_by_id(ghost.client_id)
  local command = ghost.items[ghost.index].command
  if client and command then
    client:exec_cmd(command, { bufnr = buf }, function() end)
  end
end

---@param buf integer
---@param text string
local function insert(buf, text)
  -- One step of undo: without a break, undo would take what was typed before along.
  vim.cmd("let &g:undolevels = &g:undolevels")
  local row, col = cursor()
  local lines = vim.split(text, "\n", { plain = true })
  api.nvim_buf_set_text(buf, row, col, row, col, lines)
  api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] })
end

--- Insert a part of what is drawn.
---@param buf integer
---@param part fun(text: string): string
---@return boolean # whether there was something to take
function M.accept(buf, part)
  local ghost, rest = offered[buf], M.visible(buf)
  if not ghost or not rest then
    return false
  end
  local function take()
    -- Keys typed just before may have come in meanwhile.
    local now = remaining(buf)
    if not now or offered[buf] ~= ghost then
      return
    end
    local taken = part(now)
    cancel(buf)
    insert(buf, taken)
    if #taken == #now then
      forget(buf)
      report(buf, ghost)
    else
      redraw(buf)
      local client = vim.lsp.get_client_by_id(ghost.client_id)
      local item = ghost.items[ghost.index]
      local length = vim.str_utfindex(item.insertText, "utf-16") - vim.str_utfindex(now:sub(#taken + 1), "utf-16")
      if client then
        client:notify("textDocument/didPartiallyAcceptCompletion", { item = item, acceptedLength = length })
      end
    end
  end
  local ok, problem = pcall(take)
  if not ok and tostring(problem):find("E565") then
    vim.schedule(take) -- an <expr> mapping may not change the text
  elseif not ok then
    error(problem, 0)
  end
  return true
end

--- Show the next suggestion, or ask for one where there is none.
---@param buf integer
---@return boolean
function M.next(buf)
  local ghost = offered[buf]
  if ghost and #ghost.items > 1 then
    ghost.index = ghost.index % #ghost.items + 1
    redraw(buf)
  else
    M.request(buf, INVOKED)
  end
  return true
end

--- Take the ghost text away, and the request that would bring another.
---@param buf integer
---@return boolean # whether there was something to take away
function M.dismiss(buf)
  local was = M.visible(buf) ~= nil
  cancel(buf)
  forget(buf)
  return was
end

return M
