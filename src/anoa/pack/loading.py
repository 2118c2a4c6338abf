"""Load and check a pack: read every file, collect every problem, build only what is right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from anoa.errors import DataError, PackError, Problem
from anoa.pack.building import build_pack
from anoa.pack.checking import check_draft
from anoa.pack.collecting import Findings
from anoa.pack.csv_reading import mark_broken as mark_table_broken
from anoa.pack.csv_reading import read_table
from anoa.pack.documents import DOCUMENTS, PACK
from anoa.pack.folder import PackFolder, decoded, read_folder
from anoa.pack.forms import FORM_FILE, document_for
from anoa.pack.kinds import read_id
from anoa.pack.notes import notes_of
from anoa.pack.pack import Pack
from anoa.pack.reading import check_references
from anoa.pack.reconciling import counts_of, discrepancies_of
from anoa.pack.schema import Draft
from anoa.pack.shapes import SHAPES, Shapes, read_shapes
from anoa.pack.shaping import mark_broken, shape_document
from anoa.pack.tables import SCHEME, SCHEMES, TABLES
from anoa.pack.values import Discrepancy
from anoa.pack.words_scan import PARTIES, read_words, scan_values
from anoa.pack.yaml_reading import Node, read_yaml

FORMAT = 1
README = "README.md"
REQUIRED = (
    *(document.file for document in DOCUMENTS if document.required),
    *(table.file for table in TABLES if table.required),
    SHAPES,
    PARTIES,
)
SCHEME_FILE = re.compile(re.escape(SCHEMES) + r"[a-z0-9][a-z0-9._-]{0,79}\.csv\Z")
KNOWN = (
    *REQUIRED,
    *(document.file for document in DOCUMENTS if not document.required),
    *(table.file for table in TABLES if not table.required),
    README,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found; ``pack`` is None when there is any problem.

    ``notes`` say what is left of a pack that ``anoa new-pack`` wrote.
    """

    pack: Pack | None
    problems: tuple[Problem, ...]
    discrepancies: tuple[Discrepancy, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The result as a JSON object with the keys counts, problems, discrepancies, notes."""
        return {
            "counts": dict(self.counts),
            "problems": [problem.as_json() for problem in self.problems],
            "discrepancies": [one.as_json() for one in self.discrepancies],
            "notes": list(self.notes),
        }


class NoPack(PackError):
    """There is no pack in that place."""

    code = "no_pack"


def load_pack(path: Path) -> Pack:
    """The pack in a folder.

    Raises NoPack when there is no ``pack.yaml`` there, and PackError with all problems at once;
    nothing is loaded then.
    """
    checked = check_pack(path)
    if checked.pack is None:
        raise PackError(checked.problems)
    return checked.pack


def check_pack(path: Path, instead: Mapping[str, bytes] | None = None) -> Checked:
    """Every problem and discrepancy of the pack in a folder.

    ``instead`` holds files by name that are checked in place of those of the folder. Raises
    NoPack when there is no ``pack.yaml`` there.
    """
    if not _is_there(Path(path, PACK.file)):
        raise NoPack([Problem(str(path), 0, "there is no pack here", "a pack holds a pack.yaml")])
    findings, draft = Findings(), Draft()
    folder = read_folder(Path(path), findings)
    folder.files.update(instead or {})
    texts = _texts_of(folder, findings)
    trees = _read_documents(texts, draft, findings)
    _read_tables(texts, draft, findings)
    parties = read_words(texts.get(PARTIES), draft, findings)
    shapes = read_shapes(texts.get(SHAPES), draft, findings)
    check_references(draft, findings)
    check_draft(draft, findings)
    scan_values(texts, trees, draft, parties, findings)
    pack = _built(draft, shapes, folder.digest, findings)
    return Checked(
        pack, findings.problems(), discrepancies_of(draft), counts_of(draft), notes_of(draft)
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _built(draft: Draft, shapes: Shapes, digest: str, findings: Findings) -> Pack | None:
    """The pack, unless there is any problem; what the values themselves refuse is one more."""
    if findings:
        return None
    try:
        return build_pack(draft, shapes, digest)
    except DataError as error:
        findings.add(PACK.file, 0, str(error))
        return None


def _is_known(name: str) -> bool:
    return name in KNOWN or bool(SCHEME_FILE.match(name) or FORM_FILE.match(name))


def _texts_of(folder: PackFolder, findings: Findings) -> dict[str, str]:
    """The decoded files; missing and unknown ones are problems."""
    for name in REQUIRED:
        if name not in folder.files and not Path(folder.path, name).exists():
            findings.add(name, 0, "the file is missing", "every pack has it")
    for name in folder.files:
        if not _is_known(name):
            findings.add(name, 0, "this is not a file of a pack", "take it out of the folder")
    texts = {
        name: decoded(name, content, findings)
        for name, content in folder.files.items()
        if _is_known(name)
    }
    return {name: text for name, text in texts.items() if text is not None}


def _read_documents(texts: Mapping[str, str], draft: Draft, findings: Findings) -> dict[str, Node]:
    trees: dict[str, Node] = {}
    forms = [document_for(name) for name in sorted(filter(FORM_FILE.match, texts))]
    for document in (*DOCUMENTS, *forms):
        text = texts.get(document.file)
        tree = read_yaml(document.file, text, findings) if text is not None else None
        if tree is None:
            if text is not None and not text.strip():
                findings.add(document.file, 0, "the file is empty")
            if text is None and not document.required:
                continue
            mark_broken(document.record, draft)
            continue
        trees[document.file] = tree
        if document is PACK:
            draft.languages = _languages(tree) or _languages_used(texts) or draft.languages
            _check_format(tree, findings)
        shape_document(document, tree, draft, findings)
    return trees


def _languages(tree: Node) -> tuple[str, ...]:
    """The languages come first: how every other file is read follows from them."""
    for key, value in tree.pairs or ():
        if key.text == "languages" and value.items:
            words = [item.text for item in value.items if item.text]
            if words and all(_is_language(word) for word in words):
                return tuple(dict.fromkeys(words))
    return ()


def _languages_used(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Where pack.yaml does not say them, the languages that the institutions are named in."""
    header = texts.get("agencies.csv", "").partition("\n")[0].split(",")
    names = [name.strip().removeprefix("name_") for name in header if name.startswith("name_")]
    return tuple(dict.fromkeys(name for name in names if _is_language(name)))


def _check_format(tree: Node, findings: Findings) -> None:
    for key, value in tree.pairs or ():
        if key.text == "format" and value.text is not None and value.text != str(FORMAT):
            findings.add(
                PACK.file, value.line, f"format {value.text[:20]} is not one that this anoa reads",
                f"it reads format {FORMAT}",
            )  # fmt: skip


def _is_language(word: str) -> bool:
    try:
        return len(read_id(word)) <= 10
    except ValueError:
        return False


def _read_tables(texts: Mapping[str, str], draft: Draft, findings: Findings) -> None:
    for table in TABLES:
        text = texts.get(table.file)
        if text is None:
            if table.required:
                mark_table_broken(table, draft)
            continue
        read_table(table, text, draft, findings)
    for name in sorted(filter(SCHEME_FILE.match, texts)):
        read_table(replace(SCHEME, file=name), texts[name], draft, findings)
