-- `:checkhealth hearth`: each thing ghost text needs, and what to do where it is missing. Mends nothing.

local M = {}

local health = vim.health

local function check_server()
  health.start("Server")
  local server = require("hearth.server")
  local command = server.command()
  if not command then
    health.error("lsp_server is not on PATH.", {
      server.INSTALL,
      'or tell where it is: vim.g.hearth = { cmd = { "/path/to/lsp_server", "serve" } }',
    })
    return
  end
  if vim.fn.executable(command[1]) == 0 then
    health.error(("%s cannot be run."):format(command[1]), { server.INSTALL })
    return
  end
  health.ok(table.concat(command, " "))
  local program = {}
  for _, word in ipairs(command) do
    if word == "serve" then
      break
    end
    program[#program + 1] = word
  end
  local ran, done = pcall(function()
    return vim.system(vim.list_extend(vim.list_slice(program), { "--version" }), { text = true, timeout = 20000 }):wait()
  end)
  if ran and done.code == 0 then
    health.ok(vim.trim(done.stdout))
  else
    health.error("It does not say its version.", { ran and vim.trim(done.stderr or "") or tostring(done) })
    return
  end
  local checked, doctor = pcall(function()
    return vim.system(vim.list_extend(vim.list_slice(program), { "doctor" }), { text = true, timeout = 60000 }):wait()
  end)
  if checked and vim.trim(doctor.stdout or "") ~= "" then
    health.info("lsp_server doctor says:\n" .. vim.trim(doctor.stdout))
  end
end

local function check_client()
  health.start("Connection")
  if not vim.lsp.is_enabled("hearth") then
    health.warn("Hearth is not enabled.", { 'vim.lsp.enable("hearth") in your init.lua' })
    return
  end
  local client = require("hearth").client()
  if not client then
    health.warn("Enabled, but attached to no buffer yet: open a file.", {})
    return
  end
  local version = client.server_info and client.server_info.version or "unknown"
  health.ok(("client %d, server version %s, folder %s"):format(client.id, version, client.root_dir or "none"))
  local last = require("hearth.status").last()
  if last then
    local say = last.action ~= "" and health.warn or health.ok
    say(("%s: %s"):format(last.state, last.message), last.action ~= "" and { last.action } or nil)
  end
end

local function check_keys()
  health.start("Ghost text")
  local options = require("hearth.config").get()
  if options.ghost_text == "builtin" and not vim.lsp.inline_completion then
    health.error('vim.g.hearth.ghost_text is "builtin", which Neovim 0.11 does not have.', { 'set it to "own"' })
  elseif options.ghost_text == false then
    health.warn("Switched off by vim.g.hearth.ghost_text.", {})
  else
    health.ok(("drawn by %s"):format(options.ghost_text == "own" and "Hearth" or "vim.lsp.inline_completion"))
  end
  for action, key in pairs(options.keys or {}) do
    if key then
      local mapped = vim.fn.maparg(key, "i", false, true)
      if mapped.desc and not mapped.desc:find("^Hearth") then
        health.warn(("%s: %s is mapped to something else (%s)"):format(action, key, mapped.desc), {
          "choose another key in vim.g.hearth.keys",
        })
      end
    end
  end
end

function M.check()
  health.start("Neovim")
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok(tostring(vim.version()))
  else
    health.error("Hearth needs Neovim 0.11 or newer.")
  end
  check_server()
  check_client()
  check_keys()
end

return M
