-- A window for text that grows: explanations and answers as Markdown, with links that jump. Asks nothing of the server.

local api = vim.api

local M = {}

---@class hearth.Panel
---@field buf integer
---@field win integer
---@field on_close? fun()
---@field text string
---@field origin integer the window that links open in
local Panel = {}
Panel.__index = Panel

local WIDTH, HEIGHT = 80, 24

---@param buf integer
---@param title string
---@return integer win
local function open_window(buf, title)
  if require("hearth.config").get().window == "float" then
    local width = math.min(WIDTH, vim.o.columns - 6)
    local height = math.min(HEIGHT, vim.o.lines - 6)
    return api.nvim_open_win(buf, true, {
      relative = "editor",
      width = width,
      height = height,
      row = math.floor((vim.o.lines - height) / 2) - 1,
      col = math.floor((vim.o.columns - width) / 2),
      border = "rounded",
      style = "minimal",
      title = (" %s "):format(title),
      footer = " q close · <CR> follow link ",
      footer_pos = "right",
    })
  end
  local win = api.nvim_open_win(buf, true, { split = "right", win = 0, width = math.floor(vim.o.columns * 0.45) })
  local shown = title:gsub("%%", "%%%%")
  vim.wo[win].winbar = " %<" .. shown .. " %=%#NonText# q close · <CR> follow link "
  vim.wo[win].statusline = " Hearth"
  return win
end

--- Open a panel. `on_close` is called when the user closes it: that is how one cancels.
---@param title string
---@param on_close? fun()
---@return hearth.Panel
function M.open(title, on_close)
  local origin = api.nvim_get_current_win()
  local buf = api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.bo[buf].swapfile = false
  pcall(api.nvim_buf_set_name, buf, ("hearth://%d/%s"):format(buf, title:gsub("[^%w%-_. ]", "")))
  local win = open_window(buf, title)
  local self = setmetatable({ buf = buf, win = win, on_close = on_close, text = "", origin = origin }, Panel)
  vim.wo[win].wrap = true
  vim.wo[win].linebreak = true
  vim.wo[win].number = false
  vim.wo[win].relativenumber = false
  vim.wo[win].signcolumn = "no"
  vim.wo[win].foldenable = false
  vim.wo[win].conceallevel = 2
  -- A parser may be missing, and colours are not worth an error.
  pcall(function()
    vim.bo[buf].filetype = "markdown"
    vim.treesitter.start(buf, "markdown")
  end)
  vim.bo[buf].modifiable = false
  vim.keymap.set("n", "q", function()
    self:close()
  end, { buffer = buf, nowait = true, desc = "Hearth: close" })
  vim.keymap.set("n", "<CR>", function()
    self:follow()
  end, { buffer = buf, desc = "Hearth: follow the link in this line" })
  api.nvim_create_autocmd("BufWipeout", {
    buffer = buf,
    once = true,
    callback = function()
      self:_closed()
    end,
  })
  return self
end

function Panel:_closed()
  local on_close = self.on_close
  self.on_close = nil
  if on_close then
    on_close()
  end
end

function Panel:close()
  if api.nvim_win_is_valid(self.win) then
    api.nvim_win_close(self.win, true)
  end
end

---@return boolean
function Panel:is_open()
  return api.nvim_buf_is_valid(self.buf)
end

--- Show this text and nothing else.
---@param text string
function Panel:set(text)
  if not self:is_open() then
    return
  end
  self.text = text
  vim.bo[self.buf].modifiable = true
  api.nvim_buf_set_lines(self.buf, 0, -1, false, vim.split(text, "\r?\n"))
  vim.bo[self.buf].modifiable = false
  vim.bo[self.buf].modified = false
end

--- Add text at the end. The window follows it while the cursor is in the last line.
---@param text string
function Panel:append(text)
  if not self:is_open() or text == "" then
    return
  end
  self.text = self.text .. text
  local last = api.nvim_buf_line_count(self.buf)
  local follows = api.nvim_win_is_valid(self.win) and api.nvim_win_get_cursor(self.win)[1] == last and last > 1
  local line = api.nvim_buf_get_lines(self.buf, last - 1, last, false)[1] or ""
  vim.bo[self.buf].modifiable = true
  api.nvim_buf_set_lines(self.buf, last - 1, last, false, vim.split(line .. text, "\r?\n"))
  vim.bo[self.buf].modifiable = false
  vim.bo[self.buf].modified = false
  if follows then
    api.nvim_win_set_cursor(self.win, { api.nvim_buf_line_count(self.buf), 0 })
  end
end

--- The work is done: closing the panel cancels nothing any more.
function Panel:done()
  self.on_close = nil
end

--- Open the file that a link in the cursor's line names. Other links are left to `gx`, which asks the system.
function Panel:follow()
  local line = api.nvim_get_current_line()
  local path, at = line:match("%]%(file://([^)#]+)#?L?(%d*)")
  if not path then
    vim.notify("Hearth: no link to a file in this line.", vim.log.levels.INFO)
    return
  end
  path = vim.uri_to_fname("file://" .. path)
  local win = api.nvim_win_is_valid(self.origin) and self.origin or nil
  if not win or win == self.win then
    vim.cmd("aboveleft vsplit")
    win = api.nvim_get_current_win()
  end
  M.jump(win, path, tonumber(at))
end

--- Show a line of a file in a window.
---@param win integer
---@param path string
---@param line? integer from 1
function M.jump(win, path, line)
  api.nvim_set_current_win(win)
  vim.cmd("normal! m'")
  vim.cmd.edit({ vim.fn.fnameescape(path), magic = { file = false, bar = false } })
  if line then
    local last = api.nvim_buf_line_count(0)
    api.nvim_win_set_cursor(win, { math.max(1, math.min(line, last)), 0 })
    vim.cmd("normal! zz")
  end
end

return M
