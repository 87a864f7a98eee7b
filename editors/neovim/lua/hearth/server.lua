-- Where the server is, which folder it serves, what to do when it ends. Speaks no protocol.

local M = {}

M.INSTALL = "uv tool install hearth-lsp"

--- What a file in a project's root is likely to be called, version control first.
local MARKERS = { ".git", ".hg", ".jj", ".svn", "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "Makefile" }

--- More restarts than this within the time below: something is wrong that a restart does not mend.
local MOST_RESTARTS, WITHIN_S = 3, 180

---@type integer[]
local restarts = {}
---@type table<integer, true>
local meant = {}

--- A program on PATH; nil where there is none. An empty or relative entry of PATH means the folder that Neovim happens to be
--- in: the project, which is not trusted to bring programs. So |exepath()| will not do.
---@param name string
---@return string?
local function on_path(name)
  local windows = vim.fn.has("win32") == 1
  local folders = vim.split(vim.env.PATH or "", windows and ";" or ":", { plain = true })
  -- uv and pipx install there, and an editor that the desktop started often does not have it on its PATH.
  folders[#folders + 1] = vim.fs.joinpath(vim.uv.os_homedir(), ".local/bin")
  for _, folder in ipairs(folders) do
    local program = vim.fs.joinpath(folder, windows and name .. ".exe" or name)
    if (vim.startswith(folder, "/") or folder:match("^%a:[/\\]")) and vim.fn.executable(program) == 1 then
      return program
    end
  end
end

--- The command that starts the server; nil where there is none. A server inside the project is never taken: the project is
--- not trusted.
---@return string[]?
function M.command()
  local options = require("hearth.config").get()
  if options.cmd then
    return options.cmd
  end
  local installed = on_path("lsp_server") or on_path("hearth")
  if installed then
    return { installed, "serve" }
  end
  local uvx = options.uvx and on_path("uvx")
  if uvx then
    return { uvx, "--from", "hearth-lsp", "lsp_server", "serve" }
  end
end

--- `root_dir` of the configuration: the server is not started where there is none to start, and the user is told once.
---@param buf integer
---@param on_dir fun(root?: string)
function M.root_dir(buf, on_dir)
  if vim.bo[buf].buftype ~= "" then
    return
  end
  local command = M.command()
  if not command or vim.fn.executable(command[1]) == 0 then
    local what = command and ("`%s` cannot be run."):format(command[1]) or "its server is not installed."
    vim.notify_once(
      ("Hearth: %s Install it with `%s`, then `:Hearth restart`. `:checkhealth hearth` says more."):format(what, M.INSTALL),
      vim.log.levels.WARN
    )
    return
  end
  on_dir(vim.fs.root(buf, MARKERS))
end

--- Start the server for every open buffer that wants it.
function M.start()
  -- Enabling once more runs the attaching again for every buffer, which is public on both releases; starting is not.
  vim.lsp.enable("hearth", true)
end

--- Stop the server and start it anew, with what the settings say now.
function M.restart()
  restarts = {}
  local clients = vim.lsp.get_clients({ name = "hearth" })
  for _, client in ipairs(clients) do
    meant[client.id] = true
    client:stop()
  end
  local timer = assert(vim.uv.new_timer())
  local waited = 0
  timer:start(
    0,
    50,
    vim.schedule_wrap(function()
      waited = waited + 50
      local running = vim.tbl_filter(function(client)
        return not client:is_stopped()
      end, clients)
      if timer:is_closing() or (#running > 0 and waited < 5000) then
        return
      end
      timer:close()
      for _, client in ipairs(running) do
        client:stop(true)
      end
      M.start()
    end)
  )
end

--- `on_exit` of the configuration. A server that died is started again, a few times.
---@param code integer
---@param signal integer
---@param client_id integer
function M.exited(code, signal, client_id)
  vim.schedule(function()
    require("hearth.status").forget()
    local wanted = meant[client_id] or (code == 0 and signal == 0) or vim.v.exiting ~= vim.NIL
    meant[client_id] = nil
    if wanted or not vim.lsp.is_enabled("hearth") then
      return
    end
    local now = os.time()
    restarts = vim.tbl_filter(function(time)
      return now - time < WITHIN_S
    end, restarts)
    local how = signal ~= 0 and ("signal %d"):format(signal) or ("code %d"):format(code)
    if #restarts >= MOST_RESTARTS then
      vim.notify(
        ("Hearth: the server ended again (%s) and is left alone now. `:Hearth log` says why, `:Hearth restart` tries anew."):format(how),
        vim.log.levels.ERROR
      )
      return
    end
    restarts[#restarts + 1] = now
    vim.notify(("Hearth: the server ended (%s) and is started again."):format(how), vim.log.levels.WARN)
    M.start()
  end)
end

return M
