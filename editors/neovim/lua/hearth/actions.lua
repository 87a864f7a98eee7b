-- Run the server's code actions: ask what they ask, stream explanations into a panel. Edits come back as workspace/applyEdit.

local M = {}

--- Answers that are read, not applied: they stream into a panel from the first word.
local READ = { explain = true, ask = true }

local numbers = 0

---@type table<string, fun(piece: {stage: "reading"|"writing"|"again", text: string})>
local streams = {}

--- What stops each run that is under way.
---@type table<string, fun()>
local stops = {}

--- The handler of `hearth/partial`: a further piece of what the model writes.
function M.receive(piece)
  local take = streams[piece.run]
  if take then
    take(piece)
  end
end

--- The range an action is asked for, in the server's units: the selected lines, or the cursor.
---@param client vim.lsp.Client
---@param invocation hearth.Invocation
local function range(client, invocation)
  if invocation.ranged then
    local last = vim.api.nvim_buf_get_lines(0, invocation.line2 - 1, invocation.line2, false)[1] or ""
    return {
      start = { line = invocation.line1 - 1, character = 0 },
      ["end"] = { line = invocation.line2 - 1, character = vim.str_utfindex(last, client.offset_encoding) },
    }
  end
  return vim.lsp.util.make_range_params(0, client.offset_encoding).range
end

--- Stop every action that is under way, and the model with it.
---@return integer # how many there were
function M.cancel()
  local runs = vim.tbl_keys(stops)
  for _, run in ipairs(runs) do
    stops[run]()
  end
  return #runs
end

--- Where an answer that is read goes: a panel that grows from the first word.
---@param title string
---@param run string
local function in_panel(title, run)
  local panel = require("hearth.panel").open(title, function()
    if stops[run] then
      stops[run]()
    end
  end)
  panel:set("*Reading…*")
  local begun = false
  streams[run] = function(piece)
    if piece.stage == "writing" then
      if not begun then
        begun = true
        panel:set("")
      end
      panel:append(piece.text)
    elseif piece.text ~= "" then
      begun = false
      panel:set(("*%s*"):format(piece.text))
    end
  end
  return panel
end

--- How far an answer is that becomes an edit: told in the statusline.
---@param title string
---@param run string
local function in_statusline(title, run)
  local status, lines = require("hearth.status"), 0
  status.work(run, title .. ", reading")
  streams[run] = function(piece)
    if piece.stage == "writing" then
      lines = lines + select(2, piece.text:gsub("\n", ""))
      status.work(run, ("%s, %d lines"):format(title, lines))
    else
      lines = 0
      status.work(run, title .. (piece.stage == "again" and ", once more" or ", reading"))
    end
  end
end

---@param client vim.lsp.Client
---@param argument table
---@param title string
local function execute(client, argument, title)
  numbers = numbers + 1
  local run = "nvim-" .. numbers
  local panel
  if argument.reads or READ[argument.id] then
    panel = in_panel(title, run)
  else
    in_statusline(title, run)
  end
  argument.run = run
  -- The id is known only when the request is out, and it may be answered before this function goes on.
  local answered = false
  local _, request = client:request("workspace/executeCommand", {
    command = "hearth.action",
    arguments = { argument },
  }, function(err, result)
    answered = true
    streams[run], stops[run] = nil, nil
    require("hearth.status").work(run)
    if panel then
      panel:done()
    end
    if err then
      if panel and panel:is_open() then
        panel:set(err.message)
      else
        vim.notify("Hearth: " .. err.message, vim.log.levels.ERROR)
      end
      return
    end
    local markdown = type(result) == "table" and type(result.markdown) == "string" and result.markdown or ""
    if panel then
      panel:set(markdown ~= "" and markdown or "*Nothing came of it.*")
    elseif markdown ~= "" then
      -- An answer that could not be made into an edit is shown, never applied.
      require("hearth.panel").open(title):set(markdown)
    end
  end, vim.api.nvim_get_current_buf())
  if request and not answered then
    -- Neovim calls no handler for an answer that says "cancelled", so what the handler would do is done here.
    stops[run] = function()
      streams[run], stops[run] = nil, nil
      client:cancel_request(request)
      require("hearth.status").work(run)
      if panel and panel:is_open() then
        panel:done()
        panel:append("\n\n*Stopped.*")
      end
    end
  end
end

--- Run one action of the server on the lines of an invocation.
---@param id "explain"|"refactor"|"ask"
---@param invocation hearth.Invocation
function M.run(id, invocation)
  local client = require("hearth").client()
  if not client then
    vim.notify("Hearth: no server is running here.", vim.log.levels.WARN)
    return
  end
  local argument = { id = id }
  -- A question needs no document: it may be asked in an empty buffer, or in a window that is no file's.
  if id ~= "ask" or client.attached_buffers[vim.api.nvim_get_current_buf()] then
    argument.uri = vim.uri_from_bufnr(0)
    argument.version = vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()]
    argument.range = range(client, invocation)
  end
  local titles = { explain = "Explain", refactor = "Refactor", ask = "Ask" }
  if id == "explain" then
    execute(client, argument, titles[id])
    return
  end
  local function go(words)
    if words and vim.trim(words) ~= "" then
      argument.instruction = words
      execute(client, argument, id == "ask" and words or titles[id])
    end
  end
  if invocation.args ~= "" then
    go(invocation.args)
  else
    vim.ui.input({ prompt = id == "ask" and "Ask about the repository: " or "How should it be rewritten? " }, go)
  end
end

--- Let the user choose among the actions for the lines of an invocation.
---@param invocation hearth.Invocation
function M.choose(invocation)
  vim.lsp.buf.code_action({
    range = invocation.ranged and {
      start = { invocation.line1, 0 },
      ["end"] = { invocation.line2, #(vim.fn.getline(invocation.line2)) },
    } or nil,
    filter = function(_, client_id)
      local client = client_id and vim.lsp.get_client_by_id(client_id)
      return not client or client.name == "hearth"
    end,
  })
end

--- What runs when one of Hearth's code actions is chosen in any menu: |vim.lsp.commands| of the client.
---@param command lsp.Command
---@param ctx table
function M.chosen(command, ctx)
  local client = vim.lsp.get_client_by_id(ctx.client_id)
  local argument = vim.deepcopy(command.arguments and command.arguments[1] or {})
  if not client then
    return
  end
  local asks = type(argument.asks) == "string" and argument.asks ~= "" and argument.asks
  if asks and not argument.instruction then
    vim.ui.input({ prompt = asks .. " " }, function(words)
      if words and vim.trim(words) ~= "" then
        argument.instruction = words
        execute(client, argument, command.title)
      end
    end)
  else
    execute(client, argument, command.title)
  end
end

return M
