"""`sievepy backtest`: what other rules would make of an archive, with a real git repository."""

from __future__ import annotations

import json
import mailbox
import os
import subprocess
from pathlib import Path

import pytest

from tests.endtoend.test_check import sievepy

OLD = """\
include "lists/words.rules"
department abon { email abon@x-com.kz }
department tech { email tech@x-com.kz }
rule "Тарифы" { when text mentions @tariffs; assign abon }
rule "Сеть" { when text mentions "интернет"; assign tech }
otherwise { triage }
"""
NEW = """\
include "lists/words.rules"
department abon { email abon@x-com.kz }
department tech { email tech@x-com.kz }
rule "Казино" { when text mentions "казино"; quarantine }
rule "Сеть" { when text mentions "интернет"; assign tech; continue; tag net }
rule "Тарифы" { when text mentions @tariffs; unless assigned; assign abon }
otherwise { triage }
"""
CONFIG = """\
rules = "mail/site.rules"
[sinks]
channels = ["email"]
places = ["triage", "quarantine"]
"""
WORDS = 'phrases tariffs ru { "тариф" }\n'
LETTERS = {
    "1-tariff": "Какой у вас тариф?",
    "2-both": "Тариф хорош, а интернета нет",
    "3-net": "Нет интернета",
    "4-casino": "Казино и тариф",
    "5-nothing": "Добрый день, секретное слово",
}


def letter(subject: str) -> bytes:
    head = "From: a@test.example\r\nTo: info@x-com.kz\r\nSubject: =?utf-8?Q?" + "".join(
        f"={byte:02X}" for byte in subject.encode()
    )
    return head.encode() + b"?=\r\nMessage-ID: <%d@test.example>\r\n\r\n\r\n" % len(subject)


def git(folder: Path, *words: str) -> str:
    identity = {f"GIT_{who}_{what}": "t@test.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with two versions of the rules, and an archive with labels beside it. The rules lie in a folder of
    the repository, as they do in real ones."""
    folder = tmp_path / "repository"
    (folder / "mail" / "lists").mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    (folder / "sievepy.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "mail" / "lists" / "words.rules").write_text(WORDS, encoding="utf-8")
    for text in (OLD, NEW):
        (folder / "mail" / "site.rules").write_text(text, encoding="utf-8")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "rules")
    archive = folder / "archive"
    archive.mkdir()
    for name, subject in LETTERS.items():
        (archive / f"{name}.eml").write_bytes(letter(subject))
    labels = [{"id": "2", "file": "archive/2-both.eml", "expect": ["tech"]}, {"id": "4-casino", "expect": ["spam"]}]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)), encoding="utf-8")
    return folder


def run(project: Path, *words: str) -> tuple[str, str, int]:
    done = sievepy("backtest", *words, cwd=project)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout, done.stderr, done.returncode


def test_two_revisions_over_a_folder_as_a_plan(project: Path) -> None:
    out, err, status = run(project, "archive", "--from", "HEAD~1", "--to", "HEAD")
    commits = [git(project, "rev-parse", f"HEAD{back}")[:8] for back in ("~1", "")]
    assert (err, status) == ("", 1)
    assert out == (
        f"before: mail/site.rules at HEAD~1 ({commits[0]})\n"
        f"after:  mail/site.rules at HEAD ({commits[1]})\n"
        "\n"
        "! abon -> quarantine: 1 letter, newly lost; 1 hand-labelled as spam\n"
        '    1 letter: by "Тарифы"; then by "Казино"\n'
        "      4-casino.eml\n"
        "\n"
        "  abon -> tech: 1 letter; 1 hand-labelled as tech\n"
        '    1 letter: by "Тарифы"; then by "Сеть"\n'
        "      2-both.eml\n"
        "\n"
        "  tech, as before: 1 letter\n"
        "    also: tag net\n"
        '    1 letter: by "Сеть"\n'
        "      3-net.eml\n"
        "\n"
        "3 of 5 letters (60.0 %) would be treated differently, 1 of them newly lost to quarantine, discard or a "
        "refusal; 5 letters judged, 4 of them by both versions\n"
        "of the labelled ones 2 would come right, 0 would go wrong\n"
    )


def test_a_revision_against_the_rules_as_they_are_and_the_working_tree_stays(project: Path) -> None:
    (project / "mail" / "lists" / "words.rules").write_text('phrases tariffs { "абонплата" }\n', encoding="utf-8")
    before = git(project, "status", "--porcelain")
    out, _, status = run(project, "archive", "--from", "HEAD", "--json")
    found = json.loads(out)
    assert status == 1
    assert [(c["letter"], c["before"]["place"], c["after"]["place"]) for c in found["changes"]] == [
        ("1-tariff.eml", "abon", "triage")
    ]
    assert found["judged_twice"] == 1
    assert found["after"] == "mail/site.rules"
    assert git(project, "status", "--porcelain") == before


def test_rules_that_mean_the_same_are_said_to_without_a_judgement(project: Path) -> None:
    path = project / "mail" / "site.rules"
    path.write_text("# a comment\n" + NEW.replace('"Казино" {', '"Игры" { priority 90;'), encoding="utf-8")
    out, _, status = run(project, "archive", "--from", "HEAD")
    assert status == 0
    assert out.endswith("both versions mean the same: no letter has to be judged\n")
    assert run(project, "archive", "--from", "HEAD", "--to", "main")[2] == 0


def test_a_maildir_and_an_mbox_give_the_same_plan_as_a_folder(project: Path, tmp_path: Path) -> None:
    maildir = mailbox.Maildir(str(tmp_path / "Maildir"), create=True)
    box = mailbox.mbox(str(tmp_path / "inbox.mbox"))
    for subject in LETTERS.values():
        maildir.add(letter(subject))
        box.add(letter(subject))
    box.close()
    for archive in (tmp_path / "Maildir", tmp_path / "inbox.mbox"):
        out, _, status = run(project, str(archive), "--from", "HEAD~1", "--to", "HEAD", "--json")
        found = json.loads(out)
        assert status == 1 and found["letters"] == 5 and found["lost"] == 1
        moves = sorted((c["before"]["place"], c["after"]["place"]) for c in found["changes"])
        assert moves == [("abon", "quarantine"), ("abon", "tech"), ("tech", "tech")]


def test_subjects_are_shown_only_where_asked_for(project: Path) -> None:
    words = ("archive", "--from", "HEAD~1", "--to", "HEAD")
    for form in ((), ("--json",), ("--md",)):
        assert "интернета" not in run(project, *words, *form)[0]
        assert "интернета" in run(project, *words, *form, "--subjects")[0]


def test_titles_and_names_do_not_steer_the_terminal(project: Path) -> None:
    (project / "old.rules").write_text('rule "\\u{202e}a" { when size > 0KB; triage }\notherwise { triage }\n', "utf-8")
    (project / "new.rules").write_text("otherwise { quarantine }\n", encoding="utf-8")
    (project / "archive" / "9\u202e.eml").write_bytes(letter("x"))
    out, err, status = run(project, "archive", "--from", "old.rules", "--to", "new.rules", "--examples", "9")
    assert (err, status) == ("", 1)
    assert "\u202e" not in out and 'by "\ufffda"' in out and "9\ufffd.eml" in out


def test_markdown_for_a_merge_request(project: Path) -> None:
    (project / "archive" / "4-casino.eml").rename(project / "archive" / "4|<b>*x*.eml")
    out, _, status = run(project, "archive", "--from", "HEAD~1", "--to", "HEAD", "--md")
    assert status == 1
    assert "| abon | quarantine **1 newly lost** | 1 |  |\n" in out
    assert "| abon | tech | 1 | 1 hand-labelled as tech |\n" in out
    assert "<details><summary>abon → quarantine: 1 letter</summary>\n\n" in out
    assert r"- 4\|\<b\>\*x\*.eml" in out
    assert out.count("<details>") == out.count("</details>") == 3


@pytest.mark.parametrize(("share", "status"), [("60%", 0), ("59.9%", 1), ("0%", 1), ("100%", 0)])
def test_a_share_of_letters_may_change(project: Path, share: str, status: int) -> None:
    assert run(project, "archive", "--from", "HEAD~1", "--to", "HEAD", "--fail-over", share)[2] == status


@pytest.mark.parametrize("share", ["2", "-1%", "101%", "x%", "%", "2%%", "nan%"])
def test_a_share_has_its_sign_and_is_one(project: Path, share: str) -> None:
    out, err, status = run(project, "archive", "--from", "HEAD", "--fail-over", share)
    assert (out, status) == ("", 2)
    assert "write it so: 2%" in err


def test_another_place_for_a_department_is_told_with_the_letters_that_go_there(project: Path) -> None:
    path = project / "mail" / "site.rules"
    path.write_text(NEW.replace("email tech@", "email noc@"), encoding="utf-8")
    out, _, status = run(project, "archive", "--from", "HEAD")
    assert status == 1
    assert "  tech: 2 letters reached by email noc@x-com.kz, not by email tech@x-com.kz\n" in out
    assert "none of 5 letters would be treated differently; 5 letters judged, 0 of them by both versions" in out
    assert run(project, "archive", "--from", "HEAD", "--fail-over", "39%")[2] == 1
    assert run(project, "archive", "--from", "HEAD", "--fail-over", "40%")[2] == 0


def test_several_labels_are_told_in_one_breath(project: Path) -> None:
    (project / "all.rules").write_text("otherwise { quarantine }\n", encoding="utf-8")
    (project / "none.rules").write_text("otherwise { triage }\n", encoding="utf-8")
    out, _, _ = run(project, "archive", "--from", "none.rules", "--to", "all.rules")
    assert "! triage -> quarantine: 5 letters, newly lost; 1 hand-labelled as tech, 1 as spam\n" in out


def test_an_archive_without_letters_is_said_to_be_one(project: Path) -> None:
    (project / "empty").mkdir()
    out, err, status = run(project, "empty", "--from", "HEAD~1", "--to", "HEAD")
    assert (out.splitlines()[2:], err, status) == (["", "no letters"], "", 0)


def test_a_file_of_a_revision_and_files(project: Path) -> None:
    (project / "old.rules").write_text(OLD, encoding="utf-8")
    (project / "lists").mkdir()
    (project / "lists" / "words.rules").write_text(WORDS, encoding="utf-8")
    by_path = run(project, "archive", "--from", "HEAD~1:mail/site.rules", "--to", "HEAD", "--json")
    by_file = run(project, "archive", "--from", "old.rules", "--to", "mail/site.rules", "--json")
    assert json.loads(by_path[0])["changes"] == json.loads(by_file[0])["changes"]
    assert by_path[2] == by_file[2] == 1


def test_it_works_from_a_folder_inside_and_outside_of_the_repository(project: Path, tmp_path: Path) -> None:
    for folder in (project / "mail", tmp_path):
        rules, archive = (os.path.relpath(project / name, folder) for name in ("mail/site.rules", "archive"))
        out, err, status = run(folder, archive, "--rules", rules, "--from", "HEAD~1", "--to", "HEAD", "--json")
        assert (json.loads(out)["changed"], err, status) == (3, "", 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "gone"), "gone is no file, and the git repository around"),
        (("--from", "--output=x"), "has no revision --output=x"),
        (("--from", "HEAD~1:nowhere.rules"), "HEAD~1: nowhere.rules is not in "),
        (("--from", "HEAD:"), "`HEAD:PATH` names another file of it"),
        (("--from", "HEAD~1:../../etc/passwd"), "outside the git repository"),
        (("--from", "broken.rules"), "broken.rules does not compile"),
        (("--from", "HEAD", "--json", "--md"), "choose one"),
    ],
)
def test_trouble_is_named_and_status_2(project: Path, words: tuple[str, ...], told: str) -> None:
    (project / "broken.rules").write_text("rule {\n", encoding="utf-8")
    out, err, status = run(project, "archive", *words)
    assert (out, status) == ("", 2)
    assert told in err


def test_outside_of_a_repository_files_can_be_named_still(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "a.rules").write_text("otherwise { triage }\n", encoding="utf-8")
    _, err, status = run(tmp_path, "archive", "--rules", "a.rules", "--from", "HEAD")
    assert status == 2 and "is not inside a git repository" in err
    assert run(tmp_path, "archive", "--from", "a.rules", "--to", "a.rules")[2] == 0


def test_a_letter_that_cannot_be_read_is_trouble_and_the_others_are_judged(project: Path) -> None:
    maildir = project / "Maildir"
    for name in ("new", "cur", "tmp"):
        (maildir / name).mkdir(parents=True)
    (maildir / "cur" / "1.a:2,S").write_bytes(letter(LETTERS["2-both"]))
    (maildir / "cur" / "2.a:2,S").symlink_to("2.a:2,S")
    out, err, status = run(project, "Maildir", "--from", "HEAD~1", "--to", "HEAD", "--json")
    found = json.loads(out)
    assert status == 2 and found["letters"] == 1 and found["changed"] == 1
    assert [failure["letter"] for failure in found["failures"]] == ["2.a:2,S"] and "2.a:2,S: cannot be read" in err


def test_labels_of_other_folders_are_not_taken_for_this_one(project: Path) -> None:
    named = project / "named.jsonl"
    named.write_text('{"id": "x", "file": "elsewhere/2-both.eml", "expect": ["abon"]}\n', encoding="utf-8")
    words = ("archive", "--from", "HEAD~1", "--to", "HEAD", "--labels", "named.jsonl")
    assert "labelled" not in run(project, *words)[0]
    named.write_text('{"id": "x", "expect": 1', encoding="utf-8")
    _, err, status = run(project, *words)
    assert status == 2 and "named.jsonl:1: not a JSON object" in err


def test_links_are_followed_inside_the_revision(project: Path) -> None:
    """As the compiler reads them in the working tree: what a link leads to, not where it leads."""
    (project / "mail" / "link.rules").symlink_to("site.rules")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "link")
    (project / "mail" / "site.rules").write_text(OLD, encoding="utf-8")
    by_link = run(project, "archive", "--rules", "mail/link.rules", "--from", "HEAD", "--json")
    by_name = run(project, "archive", "--from", "HEAD", "--json")
    assert json.loads(by_link[0])["changes"] == json.loads(by_name[0])["changes"] != []
