-- A suggestion as text: what of it is still to come, its next word, its next line. Knows no buffer and no window.

local M = {}

--- What is left of a suggestion after some of it was typed; nil when something else was typed.
---@param text string
---@param typed string
---@return string?
function M.remainder(text, typed)
  if vim.startswith(text, typed) then
    return text:sub(#typed + 1)
  end
end

--- White space and the run of word characters or of signs after it. Bytes above 127 belong to words, so no character is split.
---@param text string
---@return string
function M.first_word(text)
  return text:match("^%s*[%w_\128-\255]+") or text:match("^%s*[^%w%s_\128-\255]+") or text
end

--- Up to the next line break; at a line break, the break and the line behind it.
---@param text string
---@return string
function M.first_line(text)
  return text:match("^\n*[^\n]*")
end

--- Tabs as the spaces they will take on the screen: virtual text draws no tabs.
---@param line string
---@param column integer where the line starts on the screen, from 0
---@param tabstop integer
---@return string
function M.without_tabs(line, column, tabstop)
  local out = {}
  for part, tab in line:gmatch("([^\t]*)(\t?)") do
    out[#out + 1] = part
    column = column + vim.fn.strdisplaywidth(part, column)
    if tab ~= "" then
      local width = tabstop - column % tabstop
      out[#out + 1] = (" "):rep(width)
      column = column + width
    end
  end
  return table.concat(out)
end

return M
