-- Search the repository and go where one of the hits is. The search itself is the server's.

local M = {}

local MOST = 30

---@param query string
---@param execute hearth.Execute
function M.run(query, execute)
  local function search(wanted)
    if not wanted or vim.trim(wanted) == "" then
      return
    end
    execute("hearth.search", { query = wanted, k = MOST }, function(hits)
      if #hits == 0 then
        vim.notify(("Hearth: nothing found for “%s”."):format(wanted))
        return
      end
      local origin = vim.api.nvim_get_current_win()
      vim.ui.select(hits, {
        prompt = ("“%s”"):format(wanted),
        kind = "hearth.search",
        format_item = function(hit)
          return ("%s:%d  %s"):format(hit.path, hit.start_line, hit.symbol)
        end,
      }, function(hit)
        if hit then
          require("hearth.panel").jump(origin, vim.uri_to_fname(hit.uri), hit.start_line)
        end
      end)
    end)
  end
  if query ~= "" then
    search(query)
  else
    vim.ui.input({ prompt = "Search the repository: " }, search)
  end
end

return M
