-- The server's configuration, for `vim.lsp.enable("hearth")`. Override any of it with `vim.lsp.config("hearth", {...})`.
-- It draws nothing: ghost text, status and windows are in lua/hearth/.

---@type vim.lsp.Config
return {
  -- Found anew at each start, so that an installed server is used without restarting Neovim.
  cmd = function(dispatchers, config)
    local command = require("hearth.server").command() or { "lsp_server", "serve" }
    return vim.lsp.rpc.start(command, dispatchers, {
      cwd = config and config.cmd_cwd,
      env = config and config.cmd_env,
      detached = config and config.detached,
    })
  end,
  -- No `filetypes`: a model that has read the repository has something to say about any text in it.
  root_dir = function(buf, on_dir)
    require("hearth.server").root_dir(buf, on_dir)
  end,
  capabilities = {
    -- Neovim 0.11 does not declare it, and a server may keep ghost text from a client that does not.
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
    -- Both releases make such edits; 0.11 declares neither, and the confirmation is asked by lua/hearth/review.lua.
    workspace = {
      workspaceEdit = {
        documentChanges = true,
        resourceOperations = { "create", "rename", "delete" },
        changeAnnotationSupport = { groupsOnLabel = true },
      },
    },
    -- "hearth/status" is drawn here, so the server need not pop up messages; answers stream into a window of ours.
    experimental = { hearth = { status = true, markdown = true, input = true } },
  },
  commands = {
    -- Asks the user what the action asks, and opens the panel its answer streams into.
    ["hearth.action"] = function(command, ctx)
      require("hearth.actions").chosen(command, ctx)
    end,
  },
  handlers = {
    ["hearth/status"] = function(_, status, ctx)
      require("hearth.status").receive(status, ctx)
    end,
    ["window/showMessage"] = function(_, params)
      require("hearth.status").message(params)
    end,
    ["hearth/partial"] = function(_, piece)
      require("hearth.actions").receive(piece)
    end,
    ["workspace/applyEdit"] = function(err, params, ctx)
      return require("hearth.review").apply_edit(err, params, ctx)
    end,
  },
  on_exit = function(code, signal, client_id)
    require("hearth.server").exited(code, signal, client_id)
  end,
}
