// The grammar of the extension, by the tokeniser of VS Code: GRAMMAR.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const oniguruma = require("vscode-oniguruma");
const { Registry, INITIAL, parseRawGrammar } = require("vscode-textmate");

const own = fs.readFileSync(process.argv[2], "utf8");
const { scopeName } = JSON.parse(own);
// What stands round it: just enough to be told apart.
const markdown = { scopeName: "text.html.markdown", patterns: [{ match: "^## .*$", name: "markup.heading" }] };
const toml = { scopeName: "source.toml", patterns: [{ match: "^[a-z-]+(?= *=)", name: "variable.key" }] };

async function main() {
  const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const grammars = { [scopeName]: own, "text.html.markdown": JSON.stringify(markdown), "source.toml": JSON.stringify(toml) };
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => (grammars[scope] ? parseRawGrammar(grammars[scope], `${scope}.json`) : null),
    getInjections: (scope) => (scope === "text.html.markdown" ? [scopeName] : []),
  });
  const grammar = await registry.loadGrammar("text.html.markdown");
  const scopes = (lines) => {
    let stack = INITIAL;
    return lines.map((line) => {
      const result = grammar.tokenizeLine(line, stack);
      stack = result.ruleStack;
      return result.tokens[0].scopes.slice(1).join(" ");
    });
  };
  const inside = "meta.embedded.block.toml";
  for (const fence of ["+++", "\uFEFF+++", "+++  "]) {
    const found = scopes([fence, 'id = "A-1"', "+++", "## What", "+++", "id = 1"]);
    assert.strictEqual(found[1], `${inside} variable.key`, fence);
    assert.match(found[2], /punctuation\.definition\.frontmatter\.end/);
    assert.deepStrictEqual(found.slice(3), ["markup.heading", "", ""], "behind the frontmatter all is Markdown");
  }
  assert.deepStrictEqual(scopes(["text", "+++", "id = 1"]), ["", "", ""], "a fence further down begins nothing");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
