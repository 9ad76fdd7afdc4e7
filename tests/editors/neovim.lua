-- Neovim's own client, headless: every feature of the server that it speaks. $CHANGEBOOK is the program.
local function run()
  local root = vim.fn.getcwd()
  local client = vim.lsp.start_client({ cmd = { vim.env.CHANGEBOOK, "lsp" }, root_dir = root, name = "changebook" })
  vim.cmd("edit tasks/INFRA-2.md")
  vim.lsp.buf_attach_client(0, client)
  local function wait(what, ready)
    assert(vim.wait(10000, ready, 20), what .. " did not come")
  end
  local function codes()
    return vim.tbl_map(function(found) return found.code end, vim.diagnostic.get(0))
  end
  wait("the client", function() return vim.lsp.buf_is_attached(0, client) and vim.lsp.get_client_by_id(client).initialized ~= nil end)
  local function ask(method, params)
    local answers = assert(vim.lsp.buf_request_sync(0, method, params, 10000), method)
    local answer = answers[client]
    assert(answer and not answer.error, method .. ": " .. vim.inspect(answer))
    return answer.result
  end
  local function to(text, into)
    local line = vim.fn.search("\\V" .. text, "cw")
    assert(line > 0, text)
    vim.api.nvim_win_set_cursor(0, { line, vim.fn.col(".") - 1 + (into or 0) })
  end
  local function here()
    return vim.lsp.util.make_position_params(0, "utf-16")
  end

  -- Diagnostics follow the buffer, which is not saved.
  to('"INFRA-1"')
  vim.cmd([[silent! %s/depends = \["INFRA-1"\]/depends = ["INFRA-99"]/]])
  wait("reference-broken", function() return vim.tbl_contains(codes(), "reference-broken") end)
  vim.cmd([[silent! %s/INFRA-99/INFRA-1/]])
  wait("the end of it", function() return not vim.tbl_contains(codes(), "reference-broken") end)

  to('"INFRA-1"', 2)
  assert(ask("textDocument/hover", here()).contents.value:find("The 😀 first", 1, true), "hover")
  -- Behind a character that takes two units of UTF-16.
  to("😀 comes", 6)
  vim.cmd([[silent! %s/😀 comes this/😀 comes INFRA-1/]])
  to("comes INFRA-1", 8)
  assert(ask("textDocument/hover", here()).contents.value:find("INFRA-1", 1, true), "hover behind 😀")
  local definition = ask("textDocument/definition", here())
  assert(vim.uri_to_fname(definition.uri) == root .. "/tasks/INFRA-1.md", vim.inspect(definition))
  local references = vim.lsp.util.make_position_params(0, "utf-16")
  references.context = { includeDeclaration = true }
  assert(#ask("textDocument/references", references) >= 4, "references")
  local document = { textDocument = vim.lsp.util.make_text_document_params() }
  assert(#ask("textDocument/documentSymbol", document) == 4, "symbols")
  assert(#ask("textDocument/foldingRange", document) >= 4, "folding")
  assert(ask("textDocument/codeLens", document)[1].command.title:find("proposed"), "lens")
  assert(#ask("workspace/symbol", { query = "INFRA" }) == 2, "workspace symbols")

  -- Completion, a tick by an action, and a rename, applied by Neovim.
  to("requestor = ", 13)
  local items = ask("textDocument/completion", here())
  local labels = vim.tbl_map(function(item) return item.label end, items)
  assert(vim.tbl_contains(labels, "sam"), vim.inspect(labels))
  to("Security review", 1)
  local range = vim.lsp.util.make_range_params(0, "utf-16")
  range.context = { diagnostics = {} }
  local approve
  for _, action in ipairs(ask("textDocument/codeAction", range)) do
    if action.title:find("Approve as security") then approve = action end
  end
  vim.lsp.util.apply_workspace_edit(approve.edit, "utf-16")
  assert(vim.fn.search("\\V- [x] Security review", "cw") > 0, "ticked")
  to('"INFRA-1"', 2)
  local rename = here()
  rename.newName = "INFRA-7"
  local edit = ask("textDocument/rename", rename)
  vim.lsp.util.apply_workspace_edit(edit, "utf-16")
  assert(vim.fn.search('\\Vdepends = ["INFRA-7"]', "cw") > 0, "renamed in the buffer")
  assert(vim.fn.filereadable(root .. "/tasks/INFRA-7.md") == 1, "renamed on disk")
  vim.lsp.stop_client(client)
end

local done, wrong = pcall(run)
io.stderr:write(done and "all is well\n" or tostring(wrong) .. "\n")
vim.cmd(done and "qall!" or "cquit!")
