"""What holds for the project as a whole: its words, its locks, its documents."""

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from anoa.cli import COMMANDS
from anoa.cli import parser as parser_of

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")

# Written in pieces, so that no host is named here either.
HOSTS = re.compile(
    "|".join((
        "py" r"pi\.org", "python" "hosted", "npm" "js", "yarn" "pkg", r"registry\.[a-z]",
        r"proxy\.go" "lang", r"crates" r"\.io", "index-url", "find-links",
    ))
)  # fmt: skip
MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:root|work|opt|Users)/\w|(?<![\w.])/home/\w|[A-Z]:\\\\Users"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|lorem ipsum", re.IGNORECASE)
# These two speak of hosts and paths because they look for them or make the locks.
SPEAKS_OF_HOSTS = {"tests/test_project.py", "Makefile"}
TEXT = {"", ".cfg", ".css", ".csv", ".geojson", ".html", ".in", ".js", ".json", ".md", ".mjs"}
TEXT |= {".po", ".py", ".svg", ".toml", ".txt", ".typ", ".yaml", ".yml"}


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the project as git knows them."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git clone, so the files of the project are not known")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(p for p in paths if p.is_file() and p.suffix in TEXT)


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        yield f"{path.relative_to(ROOT)}:{number}", line


def program_files() -> list[Path]:
    """Files of src/ that are no translation."""
    found = [p for p in (ROOT / "src").rglob("*") if p.is_file() and p.suffix in TEXT]
    return sorted(
        p for p in found if not {"locale", "__pycache__"} & {*p.parts} and ".egg-info" not in str(p)
    )


def test_no_registry_host_stands_in_the_project() -> None:
    hits = [
        f"{at}: {found.group()}"
        for path in tracked()
        if str(path.relative_to(ROOT)) not in SPEAKS_OF_HOSTS
        for at, line in lines_of(path)
        if (found := HOSTS.search(line))
    ]
    assert not hits, "\n".join(hits)


def test_no_path_of_a_machine_stands_in_the_project() -> None:
    hits = [
        f"{at}: {found.group()}"
        for path in tracked()
        for at, line in lines_of(path)
        if (found := MACHINE_PATHS.search(line)) and path.name != "test_project.py"
    ]
    assert not hits, "\n".join(hits)


def test_nothing_in_the_program_is_unfinished() -> None:
    hits = [
        f"{at}: {line.strip()}"
        for path in program_files()
        for at, line in lines_of(path)
        if UNFINISHED.search(line)
    ]
    assert not hits, "\n".join(hits)


def locked(name: str) -> dict[str, str]:
    """Package → version of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {
        canonicalize_name(package): version
        for package, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_carries_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    pinned = [block for block in blocks if "==" in block.split("\n")[0]]
    assert len(pinned) == len(locked(name)) > 20
    assert all("--hash=sha256:" in block for block in pinned)


def test_the_lock_answers_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needs = project["project"]["dependencies"] + project["build-system"]["requires"]
    versions = locked("requirements.txt")
    for need in map(Requirement, needs):
        assert need.specifier.contains(versions[canonicalize_name(need.name)]), need


def test_the_two_locks_agree() -> None:
    run, dev = locked("requirements.txt"), locked("requirements-dev.txt")
    assert run.items() <= dev.items()


def test_make_help_names_every_target_in_one_line() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    shown = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [line.split()[1] for line in shown.stdout.splitlines()]
    assert sorted(named) == sorted(phony.group(1).split())


def documents() -> list[Path]:
    return [p for p in tracked() if p.suffix == ".md"]


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{at}: {target}"
        for path in documents()
        for at, line in lines_of(path)
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s#]+)[^)]*\)", line)
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_a_decision_record_is_one_page_at_most() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len(records) >= 3
    assert all(len(record.read_text("utf-8").split()) <= 500 for record in records)


def section(page: str, command: str) -> str:
    """The part of the page of commands that is about one command."""
    found = re.search(rf"^### `anoa {command}\b.*?(?=^##)", page, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/commands.md has no heading for anoa {command}"
    return found.group()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_described(command: str) -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    described = section(page, command)
    options = {
        word for parser in parsers(parser_of([command])) for word in parser._option_string_actions
    }
    missing = {o for o in options - {"-h", "--help"} if not re.search(rf"{o}\b", described)}
    assert not missing


def parsers(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all below it."""
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)


def test_every_setting_is_described() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    used = {
        name
        for path in program_files()
        if path.suffix == ".py"
        for name in re.findall(r"\bANOA_[A-Z_]+\b", path.read_text("utf-8"))
    }
    assert "ANOA_DATA" in used
    assert used == set(re.findall(r"^\| `(ANOA_[A-Z_]+)` \|", page, re.MULTILINE))


def refusals() -> dict[str, str]:
    """Number → last cell of its row in what-anoa-refuses.md."""
    page = (ROOT / "docs" / "explanation" / "what-anoa-refuses.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| M\d+ \|", line)]
    return {row.split("|")[1].strip(): row.rstrip(" |").split("|")[-1] for row in rows}


def test_every_misuse_is_answered_by_a_test_or_said_to_come_later() -> None:
    rows = refusals()
    assert list(rows) == [f"M{n}" for n in range(1, 22)]
    for number, proof in rows.items():
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
        assert named or "later" in proof, number
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{number}: {file}::{test}"


def test_every_misuse_of_the_table_has_a_file_of_attempts_that_the_readme_names() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for number in range(1, 19):
        path = f"tests/misuse/test_m{number:02d}.py"
        first = (ROOT / path).read_text("utf-8").splitlines()[0]
        assert first.startswith(f'"""M{number}: '), path
        assert f"({path})" in readme
        assert path in refusals()[f"M{number}"]


def test_every_test_file_has_a_name_of_its_own():
    """Else pytest cannot collect the whole tree at once, though each folder runs alone."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
