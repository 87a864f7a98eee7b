-- Ghost text: ask at each change, take back what is stale, insert what is taken. What is drawn is in lua/hearth/offer.lua.
--
-- One implementation for Neovim 0.11 and 0.12. The one that 0.12 has waits 200 ms before it asks, cancels nothing, and doubles
-- what was typed along (docs/editors.md); where the user enables it all the same, lua/hearth/builtin.lua mends it.

local api = vim.api
local offer = require("hearth.offer")

local M = {}

local METHOD = "textDocument/inlineCompletion"
local AUTOMATIC, INVOKED = 2, 1

---@type table<integer, {client_id: integer, id: integer}?>
local asked = {}
---@type table<integer, string?>
local seen = {}

local function inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == "i"
end

---@param buf integer
---@return string
local function place(buf)
  local row, col = offer.cursor()
  return ("%d:%d:%d"):format(api.nvim_buf_get_changedtick(buf), row, col)
end

---@param buf integer
---@return vim.lsp.Client?
local function client_of(buf)
  return vim.lsp.get_clients({ bufnr = buf, name = "hearth" })[1]
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
  local row, col = offer.cursor()
  local request = { client_id = client.id }
  local ok, id = client:request(METHOD, params, function(_, result)
    if asked[buf] ~= request then
      return
    end
    asked[buf] = nil
    -- Errors are answers too: "cancelled" and "the text has changed" mean that there is nothing to draw.
    if api.nvim_get_current_buf() == buf and inserting() and place(buf) == at then
      offer.receive(buf, client, result, row, col)
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
  if offer.redraw(buf) then
    return
  end
  offer.forget(buf)
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
  offer.forget(buf)
  seen[buf] = nil
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
  local row, col = offer.cursor()
  local lines = vim.split(text, "\n", { plain = true })
  api.nvim_buf_set_text(buf, row, col, row, col, lines)
  api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] })
end

--- Insert a part of what is drawn.
---@param buf integer
---@param part fun(text: string): string
---@return boolean # whether there was something to take
function M.accept(buf, part)
  local ghost, rest = offer.of(buf), offer.visible(buf)
  if not ghost or not rest then
    return false
  end
  local function take()
    -- Keys typed just before may have come in meanwhile.
    local now = offer.remaining(buf)
    if not now or offer.of(buf) ~= ghost then
      return
    end
    local taken = part(now)
    cancel(buf)
    insert(buf, taken)
    if #taken == #now then
      offer.forget(buf)
      report(buf, ghost)
    else
      offer.redraw(buf)
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
  local ghost = offer.of(buf)
  if ghost and #ghost.items > 1 then
    ghost.index = ghost.index % #ghost.items + 1
    offer.redraw(buf)
  else
    M.request(buf, INVOKED)
  end
  return true
end

--- Take the ghost text away, and the request that would bring another.
---@param buf integer
---@return boolean # whether there was something to take away
function M.dismiss(buf)
  local was = offer.visible(buf) ~= nil
  cancel(buf)
  offer.forget(buf)
  return was
end

return M
