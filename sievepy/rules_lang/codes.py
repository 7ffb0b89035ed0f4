"""The catalogue of everything the language itself refuses: `E0xx` syntax and values, `E1xx` names and sinks."""

from __future__ import annotations

from collections.abc import Mapping

from sievepy.rules_lang import codes_names, codes_syntax, codes_values
from sievepy.text.codes import Code

CODES: Mapping[str, Code] = {code.id: code for code in (*codes_syntax.CODES, *codes_values.CODES, *codes_names.CODES)}
