"""Opinions about rules that the language accepts: one check a file, and this literal list of them all.

A check is a function of the compilation that yields findings, and a code with the page that explains it. Checks know
nothing of each other. False alarms are worse than misses: what cannot be proved is not said.
"""

from __future__ import annotations

from collections.abc import Callable

from sievepy.compiler import Compilation
from sievepy.lint import (
    always_true,
    broad_discard,
    capitals,
    changed_subject,
    content_abroad,
    covered_phrase,
    duplicate,
    forged_exemption,
    forward_loop,
    glob_without_wildcard,
    idle_assigned,
    idle_priority,
    idle_wildcard,
    kazakh_as_russian,
    literal_regex,
    mixed_alphabets,
    never_true,
    no_trigger,
    redundant_test,
    regex_case,
    regex_without_literal,
    regex_yo,
    restricted_content,
    shared_mailbox,
    short_prefix,
    short_substring,
    short_word,
    sla_without_clock,
    softened,
    suppress,
    surprising_form,
    unguarded_reply,
    unreachable,
    untested_rule,
    untrusted_fact,
    unused_department,
    unused_name,
    weak_above_strong,
)
from sievepy.text import Diagnostic
from sievepy.text.codes import Code

CHECKS = (
    # W2xx: logic
    unreachable,
    never_true,
    always_true,
    duplicate,
    covered_phrase,
    redundant_test,
    softened,
    unused_name,
    unused_department,
    shared_mailbox,
    untested_rule,
    weak_above_strong,
    idle_priority,
    idle_assigned,
    # W3xx: text
    surprising_form,
    capitals,
    mixed_alphabets,
    kazakh_as_russian,
    short_substring,
    short_prefix,
    short_word,
    glob_without_wildcard,
    # W4xx: regexes
    regex_without_literal,
    literal_regex,
    regex_case,
    regex_yo,
    idle_wildcard,
    # W5xx: mail safety and cost
    no_trigger,
    broad_discard,
    forward_loop,
    content_abroad,
    restricted_content,
    changed_subject,
    untrusted_fact,
    forged_exemption,
    sla_without_clock,
    unguarded_reply,
)

CODES: tuple[Code, ...] = (*(check.CODE for check in CHECKS), suppress.CODE)


def run(
    compilation: Compilation, fired: frozenset[str] | None = None, before_each: Callable[[], None] = lambda: None
) -> tuple[Diagnostic, ...]:
    """What all checks find, each finding once, sorted by place, less what comments in the files ignore. Nothing where
    errors kept the rules from having a meaning.

    `fired`: the titles of the rules that fired in the tests beside the rules, where these were run. `before_each`:
    called before each check; who wants no more of it raises.
    """
    if compilation.script is None:
        return ()
    found: dict[Diagnostic, None] = {}
    for check in CHECKS:
        before_each()
        if check is untested_rule and fired is not None:
            found |= dict.fromkeys(untested_rule.check_fired(compilation, fired))
        else:
            found |= dict.fromkeys(check.check(compilation))
    # Without the tests' results, a rule that fires in none of them is not known.
    unsure = frozenset({untested_rule.CODE.id}) if fired is None else frozenset()
    kept = suppress.suppress(found, [tree.source for tree in compilation.trees], unsure)
    return tuple(sorted(kept, key=lambda d: d.sort_key))
