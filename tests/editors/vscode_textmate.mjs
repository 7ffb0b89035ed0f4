// What the engine of VS Code says of rules: for each line of standard input, a JSON string of rules, one line with
// their rows of pieces, text and innermost scope. Its two packages are looked for in the folder MODULES:
//
//     npm install --prefix /tmp/engine vscode-textmate vscode-oniguruma
//     jq -Rs . < tests/corpus/language.rules | MODULES=/tmp/engine \
//         node tests/editors/vscode_textmate.mjs editors/textmate/rules.tmLanguage.json > tests/golden/textmate/language.json
//
// test_textmate.py holds that stored answer against what our own reading of the grammar says.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.env.MODULES + "/");
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(process.argv[2], "utf8"), process.argv[2]),
});
const grammar = await registry.loadGrammar("source.rules");

for await (const line of createInterface({ input: process.stdin })) {
  let stack = textmate.INITIAL;
  const rows = JSON.parse(line).split("\n").map((row) => {
    const result = grammar.tokenizeLine(row, stack);
    stack = result.ruleStack;
    return result.tokens.map((t) => [row.slice(t.startIndex, t.endIndex), t.scopes.at(-1)]);
  });
  console.log(JSON.stringify(rows));
}
