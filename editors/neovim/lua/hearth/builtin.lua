-- Neovim 0.12's own inline completion with what it lacks: cancelled requests, no doubled text, words and lines. Draws nothing.

local suggestion = require("hearth.suggestion")

local M = {}

local METHOD = "textDocument/inlineCompletion"

--- Whether Neovim itself draws ghost text in this buffer.
---@param buf integer
---@return boolean
function M.draws(buf)
  return vim.lsp.inline_completion ~= nil and vim.lsp.inline_completion.is_enabled({ bufnr = buf })
end

---@type table<integer, true>
local mended = {}

--- Line ends as Neovim has them inside: with the ones of a Windows file, 0.12 draws and inserts `^M`.
local function with_plain_line_ends(result)
  for _, item in ipairs(type(result) == "table" and (result.items or result) or {}) do
    if type(item.insertText) == "string" then
      item.insertText = item.insertText:gsub("\r\n?", "\n")
    end
  end
  return result
end

--- Mend a client's requests for ghost text: an older one of the same buffer is cancelled, since 0.12 lets each run to its end.
---@param client vim.lsp.Client
function M.mend(client)
  if mended[client.id] then
    return
  end
  mended[client.id] = true
  local request = client.request
  client.request = function(self, method, params, handler, buf)
    if method ~= METHOD then
      return request(self, method, params, handler, buf)
    end
    local wanted = vim._resolve_bufnr and vim._resolve_bufnr(buf) or buf
    for id, other in pairs(self.requests) do
      if other.method == METHOD and other.bufnr == wanted and other.type == "pending" then
        self:cancel_request(id)
      end
    end
    return request(self, method, params, handler and function(err, result, ...)
      return handler(err, with_plain_line_ends(result), ...)
    end, buf)
  end
end

--- The completor of a buffer. It has no public name, so everything here works without it as well.
---@param buf integer
---@return table?
local function completor(buf)
  local ok, capability = pcall(require, "vim.lsp._capability")
  local kind = ok and capability.all and capability.all.inline_completion
  return kind and kind.active and kind.active[buf]
end

--- The text between where the item was offered and the cursor, and where both are; nil when the cursor is before it.
---@param buf integer
---@param item table
local function typed_along(buf, item)
  local at = vim.api.nvim_win_get_cursor(0)
  local row, col = at[1] - 1, at[2]
  if not item.range then
    return "", row, col
  end
  local from_row, from_col = item.range:to_extmark()
  local ok, lines = pcall(vim.api.nvim_buf_get_text, buf, from_row, from_col, row, col, {})
  return ok and table.concat(lines, "\n") or nil, row, col
end

--- Insert a part of what is drawn.
---@param buf integer
---@param part fun(text: string): string
---@return boolean
function M.accept(buf, part)
  return vim.lsp.inline_completion.get({
    bufnr = buf,
    on_accept = function(item)
      local text = type(item.insert_text) == "string" and item.insert_text:gsub("\r\n?", "\n")
      local typed, row, col = typed_along(buf, item)
      local rest = text and typed and suggestion.remainder(text, typed)
      if not rest or rest == "" then
        return nil -- what was typed since is not what was suggested: insert nothing rather than twice
      end
      local taken = part(rest)
      vim.cmd("let &g:undolevels = &g:undolevels")
      local lines = vim.split(taken, "\n", { plain = true })
      vim.api.nvim_buf_set_text(buf, row, col, row, col, lines)
      local to = { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] }
      vim.api.nvim_win_set_cursor(0, to)
      local client = vim.lsp.get_client_by_id(item.client_id)
      if #taken == #rest then
        if client and item.command then
          client:exec_cmd(item.command, { bufnr = buf }, function() end)
        end
        return nil
      end
      local drawn = completor(buf)
      if drawn and client then
        -- Keep the rest on the screen; otherwise it comes back with the next answer.
        local here = vim.lsp.util.make_position_params(0, client.offset_encoding).position
        item.insert_text = rest:sub(#taken + 1)
        item.range = vim.range.lsp(buf, { start = here, ["end"] = here }, client.offset_encoding)
        drawn.current = item
        drawn:show()
      end
      return nil
    end,
  })
end

---@param buf integer
---@return string?
function M.visible(buf)
  local drawn = completor(buf)
  local text = drawn and drawn.current and drawn.current.insert_text
  return type(text) == "string" and text or nil
end

---@return boolean
function M.next()
  vim.lsp.inline_completion.select()
  return true
end

---@param buf integer
---@return boolean
function M.dismiss(buf)
  local drawn = completor(buf)
  local was = drawn ~= nil and drawn.current ~= nil
  if drawn then
    drawn:abort()
  end
  return was
end

return M
