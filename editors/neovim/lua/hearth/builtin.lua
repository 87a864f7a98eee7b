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

--- Cancel older requests of the buffer: 0.12 lets each one run to its end.
---@param buf integer
function M.attach(buf)
  vim.api.nvim_create_autocmd("LspRequest", {
    group = vim.api.nvim_create_augroup("hearth.builtin." .. buf, {}),
    buffer = buf,
    callback = function(event)
      local data = event.data
      local client = vim.lsp.get_client_by_id(data.client_id)
      if not client or client.name ~= "hearth" or data.request.method ~= METHOD or data.request.type ~= "pending" then
        return
      end
      for id, other in pairs(client.requests) do
        if id < data.request_id and other.method == METHOD and other.bufnr == buf and other.type == "pending" then
          client:cancel_request(id)
        end
      end
    end,
  })
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
