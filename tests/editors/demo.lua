-- Neovim over every record of the demo's book: each feature is asked for in each file, and its answer is sound.
local function run()
  local root = vim.fn.getcwd()
  local client = vim.lsp.start_client({ cmd = { vim.env.CHANGEBOOK, "lsp" }, root_dir = root, name = "changebook" })
  local told = {}
  vim.lsp.handlers["textDocument/publishDiagnostics"] = function(_, params)
    told[params.uri] = params
  end
  local function ask(method, params)
    local answers = assert(vim.lsp.buf_request_sync(0, method, params, 60000), method)
    local answer = answers[client]
    assert(answer and not answer.error, method .. ": " .. vim.inspect(answer))
    return answer.result
  end
  local function open(file)
    vim.cmd("edit! " .. file)
    vim.lsp.buf_attach_client(0, client)
    local uri = vim.uri_from_bufnr(0)
    assert(vim.wait(60000, function() return told[uri] ~= nil end, 5), "no diagnostics of " .. file)
    return told[uri].diagnostics
  end
  local function lines()
    return vim.api.nvim_buf_get_lines(0, 0, -1, false)
  end
  local function place(text, into)
    for number, line in ipairs(lines()) do
      local at = line:find(text, 1, true)
      if at then
        return { textDocument = vim.lsp.util.make_text_document_params(),
          position = { line = number - 1, character = vim.str_utfindex(line, at - 1 + (into or 0)) } }
      end
    end
    error(text .. " is not there")
  end

  local files = vim.fn.globpath(root, "tasks/**/*.md", 0, 1)
  vim.list_extend(files, vim.fn.globpath(root, "cab/**/*.md", 0, 1))
  vim.list_extend(files, vim.fn.globpath(root, "runbooks/**/*.md", 0, 1))
  assert(#files > 10, "the demo has records")
  local counted = { tokens = 0, hints = 0, symbols = 0, links = 0 }
  for _, file in ipairs(files) do
    for _, found in ipairs(open(file)) do
      local page = vim.fn.readfile(vim.uri_to_fname(found.codeDescription.href))
      assert(page[1] == "# " .. found.code, vim.inspect(page))
    end
    local document = { textDocument = vim.lsp.util.make_text_document_params() }
    local count = #lines()
    local symbols = ask("textDocument/documentSymbol", document)
    counted.symbols = counted.symbols + #symbols
    assert(#ask("textDocument/foldingRange", document) >= 1, "folding")
    assert(#ask("textDocument/codeLens", document) == 1, "nothing is changed here")
    counted.links = counted.links + #ask("textDocument/documentLink", document)
    -- Tokens stand in the text, one behind the other.
    local data = ask("textDocument/semanticTokens/full", document).data
    local line, character = 0, 0
    for at = 1, #data, 5 do
      assert(data[at] > 0 or data[at + 1] > 0 or at == 1, "tokens stand apart")
      character = data[at] == 0 and character + data[at + 1] or data[at + 1]
      line = line + data[at]
      local text = assert(lines()[line + 1], "a token stands in a line")
      assert(character + data[at + 2] <= vim.str_utfindex(text), "a token ends in its line")
      counted.tokens = counted.tokens + 1
    end
    local all = { textDocument = document.textDocument,
      range = { start = { line = 0, character = 0 }, ["end"] = { line = count, character = 0 } } }
    counted.hints = counted.hints + #ask("textDocument/inlayHint", all)
    all.context = { diagnostics = {} }
    for _, action in ipairs(ask("textDocument/codeAction", all)) do
      assert(action.edit, action.title)
    end
    -- Every line can be asked about.
    for number = 0, count - 1 do
      local here = { textDocument = document.textDocument, position = { line = number, character = 4 } }
      ask("textDocument/hover", here)
      ask("textDocument/completion", here)
      ask("textDocument/definition", here)
    end
    -- What is tidy already stays; what is made tidy is tidy then.
    local options = { textDocument = document.textDocument, options = { tabSize = 2, insertSpaces = true } }
    local edits = ask("textDocument/formatting", options)
    vim.lsp.util.apply_text_edits(edits, 0, "utf-16")
    assert(#ask("textDocument/formatting", options) == 0, "formatted once is formatted: " .. file)
    vim.cmd("edit!")
  end
  for what, count in pairs(counted) do
    assert(count >= (what == "links" and 3 or 20), what .. ": " .. count)
  end

  -- One record in depth.
  open("tasks/INFRA-150.md")
  local lens = ask("textDocument/codeLens", { textDocument = vim.lsp.util.make_text_document_params() })
  assert(lens[1].command.title:find("approval", 1, true), vim.inspect(lens))
  local hover = ask("textDocument/hover", place("INFRA-150", 2))
  assert(hover.contents.value:find("VPC", 1, true), vim.inspect(hover))
  local references = place("INFRA-150", 2)
  references.context = { includeDeclaration = true }
  assert(#ask("textDocument/references", references) > 1, "references")
  local found = ask("workspace/symbol", { query = "INFRA-150" })
  assert(#found == 1, vim.inspect(found))
  -- A tick is refused nothing: the edit is the editor's, and what it would mean is told.
  local document = { textDocument = vim.lsp.util.make_text_document_params() }
  vim.cmd([[silent! %s/^title = "/title = "Really /]])
  assert(vim.wait(10000, function() return #ask("textDocument/codeLens", document) >= 1 end, 5))
  -- A record that was deployed keeps its number, and says why.
  local rename = place("INFRA-150", 2)
  rename.newName = "INFRA-999"
  local answers = vim.lsp.buf_request_sync(0, "textDocument/rename", rename, 10000)
  local answer = answers[client]
  assert(answer.error == nil or answer.error.message:find("deployed", 1, true), vim.inspect(answer))
  vim.cmd("edit!")

  -- The policy: no complaint, names that are known, and what a window is for.
  assert(#open("policy.toml") == 0, "the demo's policy is sound")
  local items = ask("textDocument/completion", place('security = ["', 13))
  assert(#items > 0, "people")
  local window = ask("textDocument/hover", place("[windows.", 10))
  assert(window and window.contents.value:find("task", 1, true), vim.inspect(window))
  vim.lsp.stop_client(client)
end

local done, wrong = pcall(run)
io.stderr:write(done and "all is well\n" or tostring(wrong) .. "\n")
vim.cmd(done and "qall!" or "cquit!")
