// A client of the language server made of the protocol's reference implementation: PROGRAM BOOK.
"use strict";
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const lsp = require("vscode-languageserver-protocol/node");

const [program, root] = process.argv.slice(2);
const server = spawn(program, ["lsp", "--stdio"], { cwd: "/", stdio: ["pipe", "pipe", "inherit"] });
const connection = lsp.createProtocolConnection(
  new lsp.StreamMessageReader(server.stdout),
  new lsp.StreamMessageWriter(server.stdin),
);
const uri = (file) => pathToFileURL(path.join(root, file)).toString();

const published = new Map();
let waiting = [];
connection.onNotification(lsp.PublishDiagnosticsNotification.type, (params) => {
  published.set(params.uri, params);
  waiting = waiting.filter((wait) => !wait(params));
});
connection.listen();

/** The diagnostics of a file in a version. */
const diagnostics = (file, version) =>
  new Promise((resolve) => {
    const fits = (params) => params.uri === uri(file) && params.version === version && (resolve(params.diagnostics), true);
    const known = published.get(uri(file));
    if (!known || !fits(known)) waiting.push(fits);
  });

const texts = new Map();
const open = (file) => {
  const text = fs.readFileSync(path.join(root, file), "utf8");
  texts.set(file, { text, version: 1 });
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
    textDocument: { uri: uri(file), languageId: "markdown", version: 1, text },
  });
  return diagnostics(file, 1);
};

/** The place of a text, in UTF-16 units as the protocol counts unless told otherwise. */
const place = (file, what, into = 0) => {
  const at = texts.get(file).text.indexOf(what) + into;
  assert.notStrictEqual(texts.get(file).text.indexOf(what), -1, what);
  const before = texts.get(file).text.slice(0, at).split("\n");
  return { line: before.length - 1, character: before[before.length - 1].length };
};

/** Replaces a text in the editor, and not on disk. */
const replace = (file, from, to) => {
  const document = texts.get(file);
  const range = { start: place(file, from), end: place(file, from, from.length) };
  document.text = document.text.replace(from, () => to);
  document.version += 1;
  connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
    textDocument: { uri: uri(file), version: document.version },
    contentChanges: [{ range, text: to }],
  });
  return diagnostics(file, document.version);
};

const at = (file, what, into) => ({ textDocument: { uri: uri(file) }, position: place(file, what, into) });
const codes = (found) => found.map((diagnostic) => diagnostic.code);

async function main() {
  const begun = performance.now();
  const answer = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(root).toString(),
    capabilities: {},
  });
  assert.strictEqual(answer.capabilities.positionEncoding, "utf-16");
  connection.sendNotification(lsp.InitializedNotification.type, {});

  const task = "tasks/INFRA-2.md";
  let found = await open(task);
  const first = performance.now() - begun;
  assert.ok(!codes(found).includes("record-broken"), JSON.stringify(found));

  // Diagnostics follow each change of the unsaved text.
  found = await replace(task, 'depends = ["INFRA-1"]', 'depends = ["INFRA-99"]');
  const broken = found.find((diagnostic) => diagnostic.code === "reference-broken");
  assert.deepStrictEqual(broken.range.start, place(task, '["INFRA-99"]'));
  assert.strictEqual(broken.severity, lsp.DiagnosticSeverity.Error);
  const changed = performance.now();
  found = await replace(task, '"INFRA-99"', '"INFRA-1"');
  const latency = performance.now() - changed;
  assert.ok(!codes(found).includes("reference-broken"));
  found = await replace(task, "Code review", "Code reviews");
  assert.ok(codes(found).includes("item-near-miss"));

  // The near miss is mended by its action; boxes are ticked.
  const actions = async (what) =>
    connection.sendRequest(lsp.CodeActionRequest.type, {
      textDocument: { uri: uri(task) },
      range: { start: place(task, what), end: place(task, what) },
      context: { diagnostics: [] },
    });
  const named = (list, title) => list.find((action) => action.title === title);
  const near = named(await actions("Code reviews"), "Write “Code review”");
  const [edit] = near.edit.changes[uri(task)];
  assert.deepStrictEqual(edit.range, { start: place(task, "Code reviews", 11), end: place(task, "Code reviews", 12) });
  await replace(task, "Code reviews", "Code review");
  const approve = named(await actions("Security review"), "Approve as security: “Security review”");
  assert.strictEqual(approve.edit.changes[uri(task)][0].newText, "x");
  assert.deepStrictEqual(approve.edit.changes[uri(task)][0].range.start, place(task, "[ ] Security review", 1));

  // Hover: an ID, a person, an item.
  const hover = async (what, into) => (await connection.sendRequest(lsp.HoverRequest.type, at(task, what, into)))?.contents.value;
  assert.match(await hover('"INFRA-1"', 2), /INFRA-1\*\* The 😀 first[^]*`(proposed|developing)`/);
  assert.match(await hover('"ana"', 1), /\*\*ana\*\*: a person of the policy/);
  assert.match(await hover("Security review", 3), /An approval: role `security`/);
  assert.match(await hover("INFRA-1 😀", 2), /INFRA-1/);

  // Completion: keys, values, IDs, headings, items.
  const complete = async (from, to) => {
    await replace(task, from, to);
    const list = await connection.sendRequest(lsp.CompletionRequest.type, at(task, to, to.length));
    await replace(task, to, from);
    return list.map((item) => item.label);
  };
  assert.ok((await complete('requestor = "ana"', 'requestor = "')).includes("sam"));
  assert.ok((await complete('depends = ["INFRA-1"]', 'depends = ["')).includes("INFRA-1"));
  assert.ok((await complete('risk = "medium"', 'risk = ')).includes('"high"'));
  assert.ok((await complete('risk = "medium"\n', 'risk = "medium"\nwin')).includes("window"));
  assert.ok((await complete("## Notes", "## ")).includes("Rollback"));
  assert.ok((await complete("- [ ] Terraform code", "- [ ] ")).some((text) => /code/i.test(text)));
  assert.ok((await complete("Something.", "See INFRA")).includes("INFRA-1"));

  // Definition, references, symbols, folding, links, lens.
  const definition = await connection.sendRequest(lsp.DefinitionRequest.type, at(task, '"INFRA-1"', 2));
  assert.strictEqual(definition.uri, uri("tasks/INFRA-1.md"));
  const role = await connection.sendRequest(lsp.DefinitionRequest.type, at(task, '"ana"', 2));
  assert.strictEqual(role.uri, uri("policy.toml"));
  const references = await connection.sendRequest(lsp.ReferencesRequest.type, {
    ...at(task, '"INFRA-1"', 2),
    context: { includeDeclaration: true },
  });
  assert.deepStrictEqual([...new Set(references.map((l) => l.uri))].sort(), [uri("tasks/INFRA-1.md"), uri(task)]);
  const symbols = await connection.sendRequest(lsp.DocumentSymbolRequest.type, { textDocument: { uri: uri(task) } });
  assert.ok(symbols.some((symbol) => symbol.name === "Approvals" && symbol.children.some((child) => child.name === "Security review")));
  const workspace = await connection.sendRequest(lsp.WorkspaceSymbolRequest.type, { query: "first" });
  assert.deepStrictEqual(workspace.map((symbol) => symbol.name), ["INFRA-1 The 😀 first"]);
  // A link out of the book is not followed, whether it is open or not.
  const secret = async () =>
    (await connection.sendRequest(lsp.WorkspaceSymbolRequest.type, { query: "" })).map((symbol) => symbol.name);
  assert.deepStrictEqual(await secret(), ["INFRA-1 The 😀 first", "INFRA-2 A change", "LINK-1 LINK-1"]);
  const link = { uri: uri("tasks/LINK-1.md"), languageId: "markdown", version: 1, text: "" };
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, { textDocument: link });
  connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri: link.uri } });
  assert.ok(!(await secret()).some((name) => name.includes("Secret")));
  const folds = await connection.sendRequest(lsp.FoldingRangeRequest.type, { textDocument: { uri: uri(task) } });
  assert.strictEqual(folds[0].startLine, 0);
  const links = await connection.sendRequest(lsp.DocumentLinkRequest.type, { textDocument: { uri: uri(task) } });
  assert.ok(links.some((link) => link.target === uri("tasks/INFRA-1.md")));
  const [lens] = await connection.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri: uri(task) } });
  assert.match(lens.command.title, /^proposed · approval: .* next: /);

  // Renaming: one edit with the file; a number that is taken is refused.
  const renamed = await connection.sendRequest(lsp.RenameRequest.type, { ...at(task, '"INFRA-1"', 2), newName: "INFRA-7" });
  const files = renamed.documentChanges.filter((change) => change.kind === "rename");
  assert.deepStrictEqual(files.map((file) => [file.oldUri, file.newUri]), [[uri("tasks/INFRA-1.md"), uri("tasks/INFRA-7.md")]]);
  assert.ok(renamed.documentChanges.filter((change) => change.edits).length === 2);
  await assert.rejects(
    connection.sendRequest(lsp.RenameRequest.type, { ...at(task, '"INFRA-1"', 2), newName: "INFRA-2" }),
    /taken/,
  );

  // The policy, unsaved: an error with its place.
  found = await open("policy.toml");
  assert.deepStrictEqual(found, []);
  found = await replace("policy.toml", "[roles]", "[rolls]");
  assert.deepStrictEqual(codes(found), ["policy-invalid"]);
  assert.strictEqual(found[0].range.start.line, place("policy.toml", "[rolls]").line);

  // What is not known is an error, and the next request has its answer.
  await assert.rejects(connection.sendRequest("changebook/none", {}), /not known/);
  await assert.rejects(connection.sendRequest(lsp.HoverRequest.method, { textDocument: 3 }));
  const outside = { textDocument: { uri: "file:///etc/passwd" }, position: { line: 0, character: 0 } };
  assert.strictEqual(await connection.sendRequest(lsp.HoverRequest.type, outside), null);
  assert.ok(await hover('"ana"', 1));

  await connection.sendRequest(lsp.ShutdownRequest.type);
  connection.sendNotification(lsp.ExitNotification.type);
  await new Promise((resolve) => server.on("exit", resolve));
  assert.strictEqual(server.exitCode, 0);
  console.log(`first answer ${first.toFixed(0)} ms, a change ${latency.toFixed(1)} ms`);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    server.kill();
    process.exit(1);
  },
);
