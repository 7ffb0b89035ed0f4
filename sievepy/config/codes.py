"""The pages of what can be wrong with a configuration."""

from __future__ import annotations

from sievepy.text.codes import Code

CODES = (
    Code(
        "E151",
        "configuration-syntax",
        "`sievepy.toml` is not TOML. Nothing is run with a configuration that cannot be read whole.\n\n"
        "Example:\n\n```toml\nrules = rules/main.rules\n```\n\n"
        "Use instead: quote strings, and write each table's name in brackets on a line of its own.\n\n"
        '```toml\nrules = "rules/main.rules"\n```',
    ),
    Code(
        "E152",
        "configuration-key",
        "A key or table of `sievepy.toml` that means nothing. Nothing is accepted and ignored: a misspelt key would "
        "leave its default in force without a word.\n\n"
        'Example:\n\n```toml\n[relay]\nlisen = ["127.0.0.1:2525"]\n```\n\n'
        "Use instead: the key that the error proposes, or remove it.\n\n"
        '```toml\n[relay]\nlisten = ["127.0.0.1:2525"]\n```',
    ),
    Code(
        "E153",
        "configuration-value",
        "A value of `sievepy.toml` that is of the wrong type or names something unknown.\n\n"
        'Example:\n\n```toml\n[relay]\nworkers = "two"\n```\n\n'
        "Use instead: a value of the kind that the error names.\n\n"
        "```toml\n[relay]\nworkers = 2\n```",
    ),
    Code(
        "E154",
        "configuration-variable",
        "A variable of the environment, `SIEVEPY_…`, whose value its setting cannot take, or that looks like a setting "
        "and is none. A misspelt one would leave the file's value, or the default, in force without a word. Variables "
        "that begin with neither the name of a table nor anything like a setting are left alone.\n\n"
        "Example:\n\n```sh\nSIEVEPY_RELAY_WORKERS=two sievepy relay\n```\n\n"
        "Use instead: the variable that the error proposes; numbers, `true`, `false` and arrays written as in TOML. "
        "`sievepy config` shows what is in force, and where it comes from.\n\n"
        "```sh\nSIEVEPY_RELAY_WORKERS=2 sievepy relay\n```",
    ),
)
