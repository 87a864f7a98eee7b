-- `:Hearth`: a table of subcommands. What each one does is in the modules; what it asks the user is here.

local M = {}

---@class hearth.Invocation
---@field args string what stands behind the subcommand
---@field line1 integer
---@field line2 integer
---@field ranged boolean

---@return vim.lsp.Client?
local function client()
  local found = require("hearth").client()
  if not found then
    vim.notify('Hearth: no server is running here. `vim.lsp.enable("hearth")` starts it, `:checkhealth hearth` says more.', vim.log.levels.WARN)
  end
  return found
end

---@alias hearth.Execute fun(name: string, argument?: table, use?: fun(result: any), token?: string, failed?: fun()): fun()?

--- Run a command of the server and hand its result on; its errors are shown. Returns what stops it.
---@param name string
---@param argument? table
---@param use? fun(result: any)
---@param token? string for the progress of a command that takes its time
---@param failed? fun()
---@return fun()?
local function execute(name, argument, use, token, failed)
  local running = client()
  if not running then
    return
  end
  local params = { command = name, arguments = argument and { argument } or {}, workDoneToken = token }
  local _, request = running:request("workspace/executeCommand", params, function(err, result)
    if err then
      if failed then
        failed()
      end
      vim.notify("Hearth: " .. err.message, vim.log.levels.ERROR)
    elseif use then
      use(result)
    end
  end)
  return request and function()
    running:cancel_request(request)
  end
end

local function status()
  execute("hearth.status", nil, function(result)
    local lines = { result.status.message, result.status.action }
    for _, folder in ipairs(result.folders or {}) do
      lines[#lines + 1] = ("%s: %s, %d files, %d chunks"):format(
        vim.fn.fnamemodify(folder.root, ":~"),
        folder.phase,
        folder.files or 0,
        folder.chunks or 0
      )
    end
    lines[#lines + 1] = ("hearth-lsp %s"):format(result.version)
    vim.notify(table.concat(vim.tbl_filter(function(line)
      return line ~= ""
    end, lines), "\n"))
  end)
end

local function stats()
  execute("hearth.status", nil, function(result)
    local counts = result.counts or {}
    local offered, taken = counts.offered or 0, counts.accepted or 0
    local share = offered > 0 and (" (%d %%)"):format(math.floor(100 * taken / offered + 0.5)) or ""
    local now = ("Hearth, since the server started: %d suggestions, %d taken%s, %d of them from memory."):format(
      offered, taken, share, counts.reused or 0
    )
    execute("hearth.stats", nil, function(stats)
      local all = stats.all
      local function percent(value)
        return type(value) == "number" and ("%d %%"):format(math.floor(100 * value + 0.5)) or "none"
      end
      local past = ("In %d days: none before."):format(stats.days_asked)
      if all.suggestions > 0 then
        past = ("In %d days: %d suggestions, %s taken, %s of that kept, half of them within %d ms. `lsp_server stats` draws them."):format(
          stats.days_asked,
          all.suggestions,
          percent(all.acceptance),
          percent(all.kept),
          type(all.total_ms_p50) == "number" and all.total_ms_p50 or 0
        )
      end
      vim.notify(now .. "\n" .. past)
    end)
  end)
end

---@type table<string, {run: fun(invocation: hearth.Invocation), complete?: fun(): string[]}>
local SUBCOMMANDS = {
  status = { run = status },
  stats = { run = stats },
  index = {
    run = function()
      execute("hearth.reindex", nil, function(result)
        vim.notify(("Hearth: indexing %d folder(s)."):format(#result.folders))
      end)
    end,
  },
  clear = {
    run = function()
      execute("hearth.clearCache", nil, function()
        vim.notify("Hearth: earlier suggestions are forgotten.")
      end)
    end,
  },
  toggle = {
    run = function()
      vim.notify("Hearth: ghost text is " .. (require("hearth").toggle() and "on." or "off."))
    end,
  },
  model = {
    run = function(invocation)
      require("hearth.models").use(invocation.args, execute)
    end,
  },
  pull = {
    run = function(invocation)
      require("hearth.models").pull(invocation.args, execute)
    end,
  },
  search = {
    run = function(invocation)
      require("hearth.search").run(invocation.args, execute)
    end,
  },
  explain = {
    run = function(invocation)
      require("hearth.actions").run("explain", invocation)
    end,
  },
  refactor = {
    run = function(invocation)
      require("hearth.actions").run("refactor", invocation)
    end,
  },
  ask = {
    run = function(invocation)
      require("hearth.actions").run("ask", invocation)
    end,
  },
  action = {
    run = function(invocation)
      require("hearth.actions").choose(invocation)
    end,
  },
  cancel = {
    run = function()
      local stopped = require("hearth.actions").cancel() + require("hearth.models").cancel()
      vim.notify(stopped > 0 and "Hearth: stopped." or "Hearth: nothing is under way.")
    end,
  },
  restart = {
    run = function()
      require("hearth.server").restart()
    end,
  },
  log = {
    run = function()
      vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()))
    end,
  },
  health = {
    run = function()
      vim.cmd.checkhealth("hearth")
    end,
  },
}

--- The names of the subcommands, sorted; the help file is compared with them.
---@return string[]
function M.names()
  local names = vim.tbl_keys(SUBCOMMANDS)
  table.sort(names)
  return names
end

---@param command table what |nvim_create_user_command()| hands over
function M.run(command)
  local name, args = command.args:match("^(%S*)%s*(.-)%s*$")
  if name == "" then
    name = "status"
  end
  local subcommand = SUBCOMMANDS[name]
  if not subcommand then
    vim.notify(("Hearth: there is no `:Hearth %s`. There are: %s."):format(name, table.concat(M.names(), ", ")), vim.log.levels.ERROR)
    return
  end
  subcommand.run({ args = args, line1 = command.line1, line2 = command.line2, ranged = command.range > 0 })
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  if line:match("Hearth!?%s+%S*$") then
    return vim.tbl_filter(function(name)
      return vim.startswith(name, lead)
    end, M.names())
  end
  return {}
end

return M
