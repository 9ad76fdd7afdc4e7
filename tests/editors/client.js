// A client of the language server made of the protocol's reference implementation: PROGRAM BOOK OTHER-BOOK.
"use strict";
const assert = require("node:assert");
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");
const lsp = require("vscode-languageserver-protocol/node");

const [program, root, other] = process.argv.slice(2);
const server = spawn(program, ["lsp", "--stdio"], { cwd: "/", stdio: ["pipe", "pipe", "inherit"] });
const connection = lsp.createProtocolConnection(
  new lsp.StreamMessageReader(server.stdout),
  new lsp.StreamMessageWriter(server.stdin),
);
// A path of the book, or a full one.
const uri = (file) => pathToFileURL(path.resolve(root, file)).toString();
const registered = [];
connection.onRequest(lsp.RegistrationRequest.type, (params) => registered.push(...params.registrations));

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
  const text = fs.readFileSync(path.resolve(root, file), "utf8");
  return openText(file, text);
};
const openText = (file, text) => {
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

const ask = (type, file, more = {}) => connection.sendRequest(type, { textDocument: { uri: uri(file) }, ...more });
const everything = { start: { line: 0, character: 0 }, end: { line: 100000, character: 0 } };

/** What stands beside items, and what a commit of the text would mean. */
async function standing() {
  const task = "tasks/INFRA-1.md";
  await open(task);
  const lenses = async () => (await ask(lsp.CodeLensRequest.type, task)).map((lens) => lens.command.title);
  const hints = async () => (await ask(lsp.InlayHintRequest.type, task, { range: everything })).map((hint) => hint.label);
  assert.strictEqual((await lenses()).length, 1);
  assert.ok((await hints()).some((label) => /^sam on \d{4}-\d\d-\d\d, counts$/.test(label)), await hints());
  assert.ok((await hints()).some((label) => /^ana on .*, approval-(role|self)$/.test(label)), await hints());

  // Boxes that count, that do not, that are open; IDs, people and words.
  const legend = capabilities.semanticTokensProvider.legend;
  const tokens = async () => {
    const { data } = await ask(lsp.SemanticTokensRequest.type, task);
    const lines = texts.get(task).text.split("\n");
    let [line, character] = [0, 0];
    const found = [];
    for (let at = 0; at < data.length; at += 5) {
      character = data[at] === 0 ? character + data[at + 1] : data[at + 1];
      line += data[at];
      const modifiers = legend.tokenModifiers.filter((_, bit) => data[at + 4] & (1 << bit));
      const text = lines[line].slice(character, character + data[at + 2]);
      found.push([text, legend.tokenTypes[data[at + 3]], modifiers.join(), lines[line]].slice(0, 4));
    }
    return found;
  };
  const box = async (item) => (await tokens()).find((token) => token[1] === "event" && token[3].includes(item));
  assert.deepStrictEqual((await box("Code review")).slice(0, 3), ["[x]", "event", "ticked"]);
  assert.deepStrictEqual((await box("Security review")).slice(0, 3), ["[x]", "event", "void"]);
  assert.deepStrictEqual((await box("Terraform code")).slice(0, 3), ["[ ]", "event", "open"]);
  const others = (await tokens()).map((token) => token.slice(0, 2).join());
  for (const wanted of ["INFRA-1,class", "ana,parameter", "low,enumMember"]) assert.ok(others.includes(wanted), wanted);

  await replace(task, "Something.", "Something else 😀 of INFRA-2.");
  assert.ok((await tokens()).some((token) => token[0] === "INFRA-2"), "behind a character of two units");
  assert.match((await lenses())[1], /^a commit of this makes the approval by sam \(peer\) stale/);
  await replace(task, "Something else 😀 of INFRA-2.", "Something.");
  assert.strictEqual((await lenses()).length, 1);
  await replace(task, "[x] Code review", "[ ] Code review");
  await replace(task, "[ ] Apply in staging", "[x] Apply in staging");
  const told = await hints();
  assert.ok(told.includes("a commit of this withdraws the approval by sam (peer)"), told);
  assert.ok(told.includes("a commit of this records a deployment to staging"), told);
  await replace(task, "[ ] Code review", "[x] Code review");
  await replace(task, "[x] Apply in staging", "[ ] Apply in staging");
}

/** Formatting changes no word, and nothing of what is approved. */
async function tidy() {
  const task = "tasks/INFRA-1.md";
  const format = () => ask(lsp.DocumentFormattingRequest.type, task, { options: { tabSize: 2, insertSpaces: true } });
  assert.deepStrictEqual(await format(), []);
  await replace(task, 'requestor = "ana"', 'requestor="ana"');
  await replace(task, "## Notes\n", "\n\n\n## Notes\n\n|a|bcde|\n|-|-|\n|😀|f|\n");
  const [edit] = await format();
  const document = texts.get(task);
  const offset = (position) =>
    document.text.split("\n").slice(0, position.line).reduce((sum, line) => sum + line.length + 1, 0) + position.character;
  const tidied = document.text.slice(0, offset(edit.range.start)) + edit.newText + document.text.slice(offset(edit.range.end));
  assert.match(tidied, /\nrequestor = "ana"\n/);
  assert.match(tidied, /production\n\n## Notes\n\n\| a   \| bcde \|\n\| --- \| ---- \|\n\| 😀  \| f    \|\n$/);
  connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri: uri(task) } });
}

/** Keys by the schema, names by the policy, and what a rule matches. */
async function policy() {
  const file = "policy.toml";
  const complete = async (from, to) => {
    await replace(file, from, to);
    const list = await connection.sendRequest(lsp.CompletionRequest.type, at(file, to, to.length));
    await replace(file, to, from);
    return list.map((item) => item.label);
  };
  assert.ok((await complete("[done]\n", "[done]\nrun")).includes("runbook"));
  assert.ok((await complete("[done]\n", "[done]\nrunbook = ")).includes("true"));
  assert.ok((await complete('cab = ["ana"', 'cab = ["')).includes("sam"));
  assert.ok((await complete("[done]\n", '[emergency]\nroles = ["')).includes("on-call"));
  assert.ok((await complete("[done]\n", '[risk.high]\nenvironments = [\n  "')).includes("production"));
  assert.ok((await complete("[done]\n", '[[category]]\nterraform.actions = ["')).includes("replace"));
  assert.ok((await complete("[done]\n", "[ri")).includes("risk.high"));
  const hover = async (more, what, into) => {
    await replace(file, "[done]\n", `${more}[done]\n`);
    const answer = await connection.sendRequest(lsp.HoverRequest.type, at(file, what, into));
    await replace(file, `${more}[done]\n`, "[done]\n");
    return answer?.contents.value;
  };
  assert.match(await hover("", '"sam"', 2), /\*\*sam\*\*: a person.*security/);
  assert.match(await hover('[paths]\ninfrastructure = ["*.tf"]\n', '"*.tf"', 2), /matches 1 committed files: `main.tf`/);
  assert.match(await hover('[[freeze]]\nservices = ["redis"]\n', '"redis"', 2), /a service of INFRA-1|`INFRA-1`/);
  assert.match(
    await hover('[[category]]\nterraform.types = ["aws_elasticache_*"]\n', '"aws_elasticache_*"', 2),
    /matches 1 resources of recorded plans: `aws_elasticache_cluster.redis \(INFRA-1\)`/,
  );
  assert.match(await hover('[reviews]\n"Code review" = "peer"\n', '"Code review"', 3), /an item of \d+ records, ticked in \d/);
}

/** Another book of the same workspace, with two records of one ID. */
async function books() {
  const file = path.join(other, "tasks/2026/INFRA-1.md");
  const found = await open(file);
  const twice = found.find((diagnostic) => diagnostic.code === "id-duplicate");
  assert.deepStrictEqual(twice.relatedInformation.map((place) => place.location.uri), [uri(path.join(other, "tasks/INFRA-1.md"))]);
  const actions = await connection.sendRequest(lsp.CodeActionRequest.type, {
    textDocument: { uri: uri(file) },
    range: everything,
    context: { diagnostics: [] },
  });
  const renumber = actions.find((action) => action.title.startsWith("Renumber the later one to INFRA-2"));
  const moved = renumber.edit.documentChanges.find((change) => change.kind === "rename");
  assert.deepStrictEqual([moved.oldUri, moved.newUri], [uri(file), uri(path.join(other, "tasks/2026/INFRA-2.md"))]);
  // Each book answers for itself.
  const hover = await connection.sendRequest(lsp.HoverRequest.type, at(file, "INFRA-1", 2));
  assert.doesNotMatch(hover.contents.value, /The 😀 first/);
  const symbols = await connection.sendRequest(lsp.WorkspaceSymbolRequest.type, { query: "INFRA-1 " });
  assert.strictEqual(symbols.length, 3);
}

/** A megabyte, answered in every way. */
async function large() {
  const file = "tasks/INFRA-9.md";
  const head = '+++\nid = "INFRA-9"\ntitle = "Large"\nkind = "general"\n+++\n\n## Checklist\n\n';
  const items = Array.from({ length: 9000 }, (_, number) => `- [ ] Item ${number} of INFRA-1 ${"😀 and so on ".repeat(6)}\n`).join("");
  const text = `${head}${items}`.slice(0, 900000);
  assert.ok(Buffer.byteLength(text) > 1000000 || text.length > 800000);
  await openText(file, text);
  await replace(file, "Item 7 of", "Item seven of");
  assert.ok((await ask(lsp.DocumentSymbolRequest.type, file))[0].children.length > 5000);
  assert.ok((await ask(lsp.SemanticTokensRequest.type, file)).data.length > 5000 * 5);
  assert.ok((await ask(lsp.FoldingRangeRequest.type, file)).length > 0);
  assert.ok(Array.isArray(await ask(lsp.InlayHintRequest.type, file, { range: everything })));
  assert.match((await connection.sendRequest(lsp.HoverRequest.type, at(file, "INFRA-1 ", 2))).contents.value, /first/);
  connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri: uri(file) } });
}

/** A thousand files come and go, told one by one: the next answer knows all. */
async function many() {
  const files = Array.from({ length: 1000 }, (_, number) => `tasks/MANY-${number + 1}.md`);
  const tell = (type) => {
    for (const file of files)
      connection.sendNotification(lsp.DidChangeWatchedFilesNotification.type, { changes: [{ uri: uri(file), type }] });
  };
  const known = async () => (await connection.sendRequest(lsp.WorkspaceSymbolRequest.type, { query: "MANY-" })).length;
  for (const file of files) {
    const id = path.basename(file, ".md");
    fs.writeFileSync(path.join(root, file), `+++\nid = "${id}"\ntitle = "One of many"\nkind = "general"\n+++\n`);
  }
  tell(lsp.FileChangeType.Created);
  assert.strictEqual(await known(), 1000);
  files.forEach((file) => fs.rmSync(path.join(root, file)));
  tell(lsp.FileChangeType.Deleted);
  assert.strictEqual(await known(), 0);
}

/** A rebase that stops in a conflict, and its end. */
async function rebasing(task) {
  const who = { GIT_AUTHOR_NAME: "ana", GIT_AUTHOR_EMAIL: "ana@example.org", GIT_COMMITTER_NAME: "ana", GIT_COMMITTER_EMAIL: "ana@example.org" };
  const git = (...words) => execFileSync("git", words, { cwd: root, env: { ...process.env, ...who }, stdio: "pipe" });
  git("checkout", "-q", "side");
  const file = "tasks/INFRA-1.md";
  const title = async () => (await connection.sendRequest(lsp.WorkspaceSymbolRequest.type, { query: "INFRA-1 " }))[0].name;
  assert.strictEqual(await title(), "INFRA-1 The other first", "HEAD has moved, and nobody said so");
  assert.throws(() => git("rebase", "-q", "main"));
  // What has markers is told, and what has none is answered.
  const found = await open(file);
  assert.ok(codes(found).includes("record-broken"), JSON.stringify(found));
  assert.ok((await connection.sendRequest(lsp.HoverRequest.type, at(task, '"ana"', 1))).contents.value.includes("ana"));
  git("rebase", "--abort");
  git("checkout", "-q", "main");
  connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri: uri(file) } });
  assert.strictEqual(await title(), "INFRA-1 The 😀 first");
}

let capabilities;
async function main() {
  const begun = performance.now();
  const answer = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(root).toString(),
    capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
  });
  assert.strictEqual(answer.capabilities.positionEncoding, "utf-16");
  capabilities = answer.capabilities;
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
  // The code leads to the page that explains it.
  const page = fs.readFileSync(fileURLToPath(broken.codeDescription.href), "utf8");
  assert.match(page, /^# reference-broken\n/);
  assert.ok(registered.some((wish) => wish.method === "workspace/didChangeWatchedFiles"));
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
  assert.match(await hover('"INFRA-1"', 2), /INFRA-1\*\* The 😀 first[^]*`in-review`/);
  assert.match(await hover('"ana"', 1), /\*\*ana\*\*: a person in the policy/);
  assert.match(await hover("Security review", 3), /Approval as role `security`/);
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
  const links = await complete("Something.", "[how](");
  assert.ok(links.includes("#approvals") && links.includes("INFRA-1.md"), links.join());

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
  const ways = await connection.sendRequest(lsp.DocumentLinkRequest.type, { textDocument: { uri: uri(task) } });
  assert.ok(ways.some((link) => link.target === uri("tasks/INFRA-1.md")));
  const [lens] = await connection.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri: uri(task) } });
  assert.match(lens.command.title, /^proposed · approval: .* next: /);

  // Renaming: one edit with the file; a number that is taken is refused.
  const renamed = await connection.sendRequest(lsp.RenameRequest.type, { ...at(task, '"INFRA-1"', 2), newName: "INFRA-7" });
  const files = renamed.documentChanges.filter((change) => change.kind === "rename");
  assert.deepStrictEqual(files.map((file) => [file.oldUri, file.newUri]), [[uri("tasks/INFRA-1.md"), uri("tasks/INFRA-7.md")]]);
  const changed_files = renamed.documentChanges.filter((change) => change.edits).map((change) => change.textDocument.uri);
  assert.deepStrictEqual(changed_files.sort(), [uri("docs/index.md"), uri("tasks/INFRA-1.md"), uri(task)]);
  // Whoever commits this would give the approval of the other record again: it is taken back.
  const own = renamed.documentChanges.find((change) => change.textDocument?.uri === uri("tasks/INFRA-1.md"));
  assert.match(own.edits[0].newText, /^7"\n[^]*\n- \[ \] Code review\n/);
  await assert.rejects(
    connection.sendRequest(lsp.RenameRequest.type, { ...at(task, '"INFRA-1"', 2), newName: "INFRA-2" }),
    /taken/,
  );

  await standing();
  await tidy();
  // The policy, unsaved: keys, names, what a rule matches; an error with its place.
  found = await open("policy.toml");
  assert.deepStrictEqual(found, []);
  await policy();
  found = await replace("policy.toml", "[roles]", "[rolls]");
  // The table is unknown, and the role that `policy-roles` names is gone with it.
  assert.deepStrictEqual(codes(found), ["policy-invalid", "policy-invalid"]);
  const lines = found.map((one) => one.range.start.line);
  assert.ok(lines.includes(place("policy.toml", "[rolls]").line), `${lines}`);

  // What is not known is an error, and the next request has its answer.
  await assert.rejects(connection.sendRequest("changebook/none", {}), /not supported/);
  await assert.rejects(connection.sendRequest(lsp.HoverRequest.method, { textDocument: 3 }));
  const outside = { textDocument: { uri: "file:///etc/passwd" }, position: { line: 0, character: 0 } };
  assert.strictEqual(await connection.sendRequest(lsp.HoverRequest.type, outside), null);
  assert.ok(await hover('"ana"', 1));

  await books();
  await large();
  await many();
  await rebasing(task);

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
