// Starts the language server for the records and settings of books. The program is `changebook` on the path: no
// setting of a repository names another one.
"use strict";
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const server = { command: "changebook", args: ["lsp"], transport: TransportKind.stdio };
  const records = ["tasks", "cab", "runbooks"].map((folder) => ({ scheme: "file", pattern: `**/${folder}/**/*.md` }));
  const settings = ["policy.toml", "book.toml"].map((name) => ({ scheme: "file", pattern: `**/${name}` }));
  client = new LanguageClient("changebook", "Changebook", server, { documentSelector: [...records, ...settings] });
  return client.start();
};

exports.deactivate = () => client?.stop();
