-- What must exist before anything is used: one command, highlight groups, <Plug> keys, one autocommand. Loads no module.

if vim.g.loaded_hearth then
  return
end
vim.g.loaded_hearth = true

if vim.fn.has("nvim-0.11") == 0 then
  vim.notify("Hearth needs Neovim 0.11 or newer.", vim.log.levels.ERROR)
  return
end

local function highlight()
  -- Neovim 0.12 has a group for it; before, nothing says "not there yet" like the end-of-buffer marks.
  local ghost = vim.fn.hlexists("ComplHint") == 1 and "ComplHint" or "NonText"
  local look = vim.api.nvim_get_hl(0, { name = ghost, link = false })
  if look.ctermfg then
    vim.api.nvim_set_hl(0, "HearthGhostText", { link = ghost, default = true })
  else
    -- Many schemes say nothing for terminals of 16 colours, and then ghost text would look like text: dark gray it is.
    vim.api.nvim_set_hl(0, "HearthGhostText", vim.tbl_extend("keep", { ctermfg = 8, default = true }, look))
  end
  vim.api.nvim_set_hl(0, "HearthTrouble", { link = "DiagnosticWarn", default = true })
end
highlight()

local group = vim.api.nvim_create_augroup("hearth", {})
vim.api.nvim_create_autocmd("ColorScheme", { group = group, callback = highlight })

vim.api.nvim_create_autocmd("LspAttach", {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == "hearth" then
      require("hearth").attach(client, event.buf)
    end
  end,
})

for _, action in ipairs({ "accept", "accept_word", "accept_line", "next", "dismiss" }) do
  vim.keymap.set("i", ("<Plug>(hearth-%s)"):format(action:gsub("_", "-")), function()
    require("hearth")[action]()
  end, { desc = "Hearth: " .. action:gsub("_", " ") })
end

vim.api.nvim_create_user_command("Hearth", function(command)
  require("hearth.commands").run(command)
end, {
  nargs = "*",
  range = true,
  bang = true,
  desc = "Hearth: see :help :Hearth",
  complete = function(lead, line)
    return require("hearth.commands").complete(lead, line)
  end,
})
