// Starts `sievepy lsp` for .rules files and for sievepy.toml, whose mistakes it shows, too.

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const [command, ...args] = workspace.getConfiguration("sievepy").get("command");
  const documentSelector = [
    { scheme: "file", language: "sievepy-rules" },
    { scheme: "file", pattern: "**/sievepy.toml" },
  ];
  client = new LanguageClient("sievepy", "sievepy", { command, args }, { documentSelector });
  await client.start();
};

exports.deactivate = () => client?.stop();
