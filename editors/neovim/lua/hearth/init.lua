-- What a mapping or a statusline calls. Which ghost text is meant, ours or Neovim's, is decided here and nowhere else.

local M = {}

local builtin = require("hearth.builtin")
local config = require("hearth.config")
local ghost = require("hearth.ghost")
local offer = require("hearth.offer")
local suggestion = require("hearth.suggestion")

--- nil: as `vim.g.hearth` says; else what `:Hearth toggle` made of it.
---@type boolean?
local switched

---@return hearth.Client? the running server's client
function M.client()
  return vim.lsp.get_clients({ name = "hearth", bufnr = 0 })[1] or vim.lsp.get_clients({ name = "hearth" })[1]
end

--- Whether our own ghost text keeps quiet in a buffer.
---@param buf integer
---@return boolean
function M.is_off(buf)
  if switched ~= nil then
    return not switched or builtin.draws(buf)
  end
  return config.get().ghost_text ~= "own" or builtin.draws(buf)
end

--- Follow a buffer that the server was attached to.
---@param client vim.lsp.Client
---@param buf integer
function M.attach(client, buf)
  if config.get().ghost_text == "builtin" and vim.lsp.inline_completion then
    vim.lsp.inline_completion.enable(true, { bufnr = buf })
  end
  ghost.attach(buf)
  builtin.mend(client)
  M._map_keys(buf)
  if vim.api.nvim_get_current_buf() == buf and vim.api.nvim_get_mode().mode:sub(1, 1) == "i" then
    ghost.request(buf)
  end
end

--- Map the keys of `vim.g.hearth.keys` in a buffer, where they are free and their <Plug> has none of the user's own.
---@param buf integer
function M._map_keys(buf)
  for action, key in pairs(config.get().keys or {}) do
    local plug = ("<Plug>(hearth-%s)"):format(action:gsub("_", "-"))
    if key and vim.fn.maparg(key, "i") == "" and vim.fn.hasmapto(plug, "i") == 0 then
      vim.keymap.set("i", key, function()
        if not M[action]() then
          -- Nothing of ours is shown: the key does what it always did.
          vim.api.nvim_feedkeys(vim.keycode(key), "ni", false)
        end
      end, { buffer = buf, desc = "Hearth: " .. action:gsub("_", " ") })
    end
  end
end

---@param part fun(text: string): string
---@return boolean
local function accept(part)
  local buf = vim.api.nvim_get_current_buf()
  if builtin.draws(buf) then
    return builtin.accept(buf, part)
  end
  return ghost.accept(buf, part)
end

--- Insert the ghost text. Returns false where there is none, so that a mapping can fall back to its key; safe in <expr>.
---@return boolean
function M.accept()
  return accept(function(text)
    return text
  end)
end

--- Insert the next word of the ghost text.
---@return boolean
function M.accept_word()
  return accept(suggestion.first_word)
end

--- Insert the next line of the ghost text.
---@return boolean
function M.accept_line()
  return accept(suggestion.first_line)
end

--- Show another suggestion; ask for one where none is shown.
---@return boolean
function M.next()
  local buf = vim.api.nvim_get_current_buf()
  return builtin.draws(buf) and builtin.next() or ghost.next(buf)
end

--- Take the ghost text away.
---@return boolean
function M.dismiss()
  local buf = vim.api.nvim_get_current_buf()
  return builtin.draws(buf) and builtin.dismiss(buf) or ghost.dismiss(buf)
end

--- The ghost text that is shown in the current buffer, nil for none. For mappings of your own.
---@return string?
function M.visible()
  local buf = vim.api.nvim_get_current_buf()
  return builtin.draws(buf) and builtin.visible(buf) or offer.visible(buf)
end

--- Switch ghost text on or off in this Neovim.
---@param on? boolean
---@return boolean # whether it is on now
function M.toggle(on)
  local buf = vim.api.nvim_get_current_buf()
  if on == nil then
    on = M.is_off(buf) and not builtin.draws(buf)
  end
  switched = on
  if not on then
    M.dismiss()
    if vim.lsp.inline_completion then
      for _, client in ipairs(vim.lsp.get_clients({ name = "hearth" })) do
        for attached in pairs(client.attached_buffers) do
          vim.lsp.inline_completion.enable(false, { bufnr = attached })
        end
      end
    end
  elseif config.get().ghost_text == "builtin" and vim.lsp.inline_completion then
    for _, client in ipairs(vim.lsp.get_clients({ name = "hearth" })) do
      for attached in pairs(client.attached_buffers) do
        vim.lsp.inline_completion.enable(true, { bufnr = attached })
      end
    end
  end
  vim.cmd.redrawstatus({ bang = true })
  return on
end

--- One short text for a statusline: "hearth", "hearth 40%", "hearth: model missing". Empty where no server runs.
---@return string
function M.statusline()
  return require("hearth.status").line()
end

return M
