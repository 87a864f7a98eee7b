-- An edit that wants confirmation, shown as a diff before it is made, on every Neovim. Makes no edit of its own.

local api = vim.api

local M = {}

---@param params lsp.ApplyWorkspaceEditParams
---@return boolean
local function wants_confirmation(params)
  for _, annotation in pairs(params.edit.changeAnnotations or {}) do
    if annotation.needsConfirmation then
      return true
    end
  end
  return false
end

--- The edit without its annotations. Neovim 0.12 would ask for each of them again, 0.11 knows none.
---@param edit lsp.WorkspaceEdit
---@return lsp.WorkspaceEdit
local function without_annotations(edit)
  local plain = vim.deepcopy(edit)
  plain.changeAnnotations = nil
  local function strip(edits)
    for _, one in ipairs(edits or {}) do
      one.annotationId = nil
    end
  end
  for _, change in ipairs(plain.documentChanges or {}) do
    change.annotationId = nil
    strip(change.edits)
  end
  for _, edits in pairs(plain.changes or {}) do
    strip(edits)
  end
  return plain
end

---@return {uri: string, edits: table[]}[]
local function by_file(edit)
  local files = {}
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument then
      files[#files + 1] = { uri = change.textDocument.uri, edits = change.edits, version = change.textDocument.version }
    end
  end
  for uri, edits in pairs(edit.changes or {}) do
    files[#files + 1] = { uri = uri, edits = edits }
  end
  return files
end

--- Whether a document has moved on since the edit was made. Neovim 0.11 checks nothing by itself.
---@return boolean
local function outdated(edit)
  for _, file in ipairs(by_file(edit)) do
    local buf = vim.uri_to_bufnr(file.uri)
    local version = file.version ~= vim.NIL and file.version or nil
    if version and version > 0 and api.nvim_buf_is_loaded(buf) and (vim.lsp.util.buf_versions[buf] or 0) > version then
      return true
    end
  end
  return false
end

--- The text of a file before and after its edits. The edits are made in a scratch buffer: Neovim's own code makes them.
local function before_and_after(file, encoding)
  local name = vim.uri_to_fname(file.uri)
  local buf = vim.fn.bufnr(name)
  local lines = {}
  if buf ~= -1 and api.nvim_buf_is_loaded(buf) then
    lines = api.nvim_buf_get_lines(buf, 0, -1, false)
  elseif vim.fn.filereadable(name) == 1 then
    lines = vim.fn.readfile(name)
  end
  local scratch = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(scratch, 0, -1, false, lines)
  -- No confirmation for a buffer that nobody sees.
  local edits = vim.tbl_map(function(one)
    return { range = one.range, newText = one.newText }
  end, file.edits)
  vim.lsp.util.apply_text_edits(edits, scratch, encoding)
  local after = api.nvim_buf_get_lines(scratch, 0, -1, false)
  api.nvim_buf_delete(scratch, { force = true })
  return name, table.concat(lines, "\n") .. "\n", table.concat(after, "\n") .. "\n"
end

--- The edit as a unified diff. Several files have a header each; the one file's name is returned beside.
---@param edit lsp.WorkspaceEdit
---@param encoding string
---@return string[] lines, string? name
function M.diff(edit, encoding)
  local diff = vim.text and vim.text.diff or vim.diff
  local lines, files = {}, by_file(edit)
  local shown
  for _, file in ipairs(files) do
    local name, before, after = before_and_after(file, encoding)
    shown = vim.fn.fnamemodify(name, ":~:.")
    if #files > 1 then
      vim.list_extend(lines, { "--- " .. shown, "+++ " .. shown })
    end
    local hunks = diff(before, after, { ctxlen = 3 }) --[[@as string]]
    vim.list_extend(lines, vim.split(vim.trim(hunks), "\n", { plain = true }))
  end
  return lines, #files == 1 and shown or nil
end

--- Show a diff and ask. The answer comes once; closing the window means no.
---@param title string
---@param lines string[]
---@param answer fun(yes: boolean)
function M.ask(title, lines, answer)
  local buf = api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  local widest = 0
  for _, line in ipairs(lines) do
    widest = math.max(widest, vim.fn.strdisplaywidth(line))
  end
  local width = math.max(50, math.min(widest + 2, vim.o.columns - 6))
  local height = math.max(3, math.min(#lines, vim.o.lines - 7))
  if api.nvim_get_mode().mode:sub(1, 1) == "i" then
    vim.cmd.stopinsert()
  end
  local win = api.nvim_open_win(buf, true, {
    relative = "editor",
    width = width,
    height = height,
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 2),
    col = math.max(0, math.floor((vim.o.columns - width) / 2) - 1),
    border = "rounded",
    style = "minimal",
    title = (" %s "):format(title),
    footer = " a apply · q discard ",
    footer_pos = "right",
  })
  vim.wo[win].wrap = false
  vim.bo[buf].filetype = "diff"
  local answered = false
  local function finish(yes)
    if answered then
      return
    end
    answered = true
    if api.nvim_win_is_valid(win) then
      api.nvim_win_close(win, true)
    end
    answer(yes)
  end
  local function map(keys, yes, desc)
    for _, key in ipairs(keys) do
      vim.keymap.set("n", key, function()
        finish(yes)
      end, { buffer = buf, nowait = true, desc = desc })
    end
  end
  map({ "a", "y", "<CR>" }, true, "Hearth: apply")
  map({ "q", "n", "<Esc>", "d" }, false, "Hearth: discard")
  api.nvim_create_autocmd({ "BufWipeout", "WinClosed" }, {
    buffer = buf,
    callback = function()
      vim.schedule(function()
        finish(false)
      end)
    end,
  })
end

--- The handler of `workspace/applyEdit`: asks where the server wants it asked, and says truly whether the edit was made.
---@param params lsp.ApplyWorkspaceEditParams
---@return lsp.ApplyWorkspaceEditResult
function M.apply_edit(_, params, ctx)
  local client = assert(vim.lsp.get_client_by_id(ctx.client_id))
  local encoding = client.offset_encoding
  if wants_confirmation(params) then
    local co = coroutine.running()
    local title = params.label or "Apply this edit?"
    local synchronous, early = true, nil
    local ok, lines, name = pcall(M.diff, params.edit, encoding)
    if not ok then
      return { applied = false, failureReason = tostring(lines) }
    end
    M.ask(name and ("%s (%s)"):format(title, name) or title, lines, function(yes)
      if synchronous then
        early = yes
      else
        coroutine.resume(co, yes)
      end
    end)
    synchronous = false
    local yes = early
    if yes == nil then
      yes = coroutine.yield()
    end
    if not yes then
      return { applied = false, failureReason = "The user discarded the edit." }
    end
  end
  if outdated(params.edit) then
    vim.notify("Hearth: the text has changed since, so nothing was edited.", vim.log.levels.WARN)
    return { applied = false, failureReason = "The document has changed." }
  end
  local ok, problem = pcall(vim.lsp.util.apply_workspace_edit, without_annotations(params.edit), encoding)
  return { applied = ok, failureReason = not ok and tostring(problem) or nil }
end

return M
