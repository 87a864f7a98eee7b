-- Which model is used, and fetching one, with its progress in the statusline. The choice lasts until Neovim ends.

local M = {}

local numbers = 0

--- What stops each model that is being fetched.
---@type table<string, fun()>
local stops = {}

---@param bytes integer
local function size(bytes)
  if bytes <= 0 then
    return ""
  end
  return bytes >= 1e9 and ("%.1f GB"):format(bytes / 1e9) or ("%.0f MB"):format(bytes / 1e6)
end

--- Stop what is being fetched.
---@return integer # how much that was
function M.cancel()
  local tokens = vim.tbl_keys(stops)
  for _, token in ipairs(tokens) do
    stops[token]()
  end
  return #tokens
end

--- Draw the server's progress with one token in the statusline.
---@param token string
---@param name string
---@return fun() # ends it
local function follow(token, name)
  local status = require("hearth.status")
  status.work(token, ("fetching %s"):format(name))
  local group = vim.api.nvim_create_augroup("hearth.fetch." .. token, {})
  vim.api.nvim_create_autocmd("LspProgress", {
    group = group,
    callback = function(event)
      local params = event.data.params
      if params.token == token and params.value.percentage then
        status.work(token, ("fetching %s, %d%%"):format(name, params.value.percentage))
      end
    end,
  })
  return function()
    stops[token] = nil
    pcall(vim.api.nvim_del_augroup_by_id, group)
    status.work(token)
  end
end

---@param one {name: string, terms?: string}
---@param execute hearth.Execute
local function fetch(one, execute)
  local function go()
    numbers = numbers + 1
    local token = "hearth-nvim-fetch-" .. numbers
    local over = follow(token, one.name)
    vim.notify(("Hearth: fetching %s. `:Hearth cancel` stops it."):format(one.name))
    local argument = { name = one.name, accepted = (one.terms or "") ~= "" }
    local stop = execute("hearth.pullModel", argument, function()
      over()
      vim.notify(("Hearth: %s is here."):format(one.name))
    end, token, over)
    -- Neovim calls no handler for an answer that says "cancelled".
    stops[token] = function()
      over()
      if stop then
        stop()
      end
    end
  end
  if (one.terms or "") == "" then
    go()
    return
  end
  vim.ui.select({ "Accept", "Do not fetch it" }, { prompt = ("%s is under the %s."):format(one.name, one.terms) }, function(choice)
    if choice == "Accept" then
      go()
    end
  end)
end

--- Fetch a model: the one that is named, or one of those that are worth it. The one that is missing comes first.
---@param name string
---@param execute hearth.Execute
function M.pull(name, execute)
  execute("hearth.models", nil, function(result)
    local suggested = result.suggested or {}
    local function known(wanted)
      return vim.iter(suggested):find(function(one)
        return one.name == wanted
      end)
    end
    if name ~= "" then
      fetch(known(name) or { name = name }, execute)
      return
    end
    local last = require("hearth.status").last()
    local missing = last and last.state == "model_missing" and last.model or ""
    if missing ~= "" and not known(missing) then
      table.insert(suggested, 1, { name = missing, size_bytes = 0, note = "The one that your settings name." })
    end
    if #suggested == 0 then
      local why = result.unavailable and result.unavailable.ollama or ""
      local told = "Hearth: there is nothing to fetch. %s `:Hearth pull NAME` asks Ollama for any model; a server installed as"
        .. " hearth-lsp[embedded] needs no Ollama."
      vim.notify(told:format(why), vim.log.levels.WARN)
      return
    end
    vim.ui.select(suggested, {
      prompt = "Fetch which model?",
      format_item = function(one)
        return ("%s  %s  %s"):format(one.name, size(one.size_bytes or 0), one.note or "")
      end,
    }, function(one)
      if one then
        fetch(one, execute)
      end
    end)
  end)
end

---@param wanted string?
local function use(wanted)
  if not wanted then
    return
  end
  vim.lsp.config("hearth", { init_options = { model = { name = wanted } } })
  require("hearth.server").restart()
  vim.notify(("Hearth: %s from now on (to keep it, :help hearth-model)."):format(wanted))
end

--- Use another model: the one that is named, or one of those that are here.
---@param name string
---@param execute hearth.Execute
function M.use(name, execute)
  if name ~= "" then
    use(name)
    return
  end
  execute("hearth.models", nil, function(result)
    if #result.models == 0 then
      vim.notify(("Hearth: %s"):format(result.why), vim.log.levels.WARN)
      return
    end
    vim.ui.select(result.models, {
      prompt = "Which model?",
      format_item = function(one)
        return ("%s %s  %s  %s"):format(one.name == result.chosen and "●" or " ", one.name, one.backend, size(one.size_bytes or 0))
      end,
    }, function(one)
      use(one and one.name)
    end)
  end)
end

return M
