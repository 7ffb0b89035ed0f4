"""Findings for the programs that show them: one format a module, and this literal table of them all.

Pure: findings in, one document out, without a final line end.
"""

from collections.abc import Callable, Mapping

from sievepy.text.reports.findings import Findings
from sievepy.text.reports.github import github
from sievepy.text.reports.gitlab import gitlab
from sievepy.text.reports.junit import junit
from sievepy.text.reports.sarif import sarif

__all__ = ["REPORTS", "Findings"]

REPORTS: Mapping[str, Callable[[Findings], str]] = {
    "sarif": sarif,
    "github": github,
    "gitlab": gitlab,
    "junit": junit,
}
