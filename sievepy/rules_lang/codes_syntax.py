"""The catalogue of syntax errors, E001 to E049. A code never changes its meaning and is never reused."""

from __future__ import annotations

from sievepy.rules_lang import codes_statements, codes_text

CODES = (*codes_text.CODES, *codes_statements.CODES)
