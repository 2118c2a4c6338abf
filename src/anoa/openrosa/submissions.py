"""What a phone sends back: the XML of one filled-in form, read without trusting it.

A document type is refused before anything of it is read, so there are no entities to expand and
nothing to fetch. What is odd but readable is kept and told in ``problems``: a person looks at it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from anoa.errors import Saying, SubmissionError
from anoa.forms import FieldType, Form

LARGEST = 512 << 10  # bytes of XML; the longest form says about a third of it
DEEPEST = 12  # groups within groups
MOST_FIELDS = 200
LONGEST = 20_000  # characters of one answer; what is longer is cut, the bytes keep all
LONGEST_NAME, LONGEST_ID, LONGEST_WORD = 64, 100, 80
NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
TWICE = "'{name}' was answered twice; the first answer counts here"
TOO_MANY = "there are more than {most} answers; the rest lies in the XML"
OTHER_VERSION = "it was filled in on version '{version}' of the form; here it is '{ours}'"
BESIDE = ("audit.csv",)  # files that a phone may add of itself: what a person did, and where


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one submission says.

    ``instance_id`` is the sender's id; where none was sent it is made of the bytes, so that a
    repeat stays one. ``form`` is None when the room does not know it. ``fields`` are texts by field
    name, unchecked; ``pictures`` the names of files that belong to it.
    """

    instance_id: str
    form_id: str
    version: str
    form: Form | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def parse_submission(body: bytes, forms: Mapping[str, Form]) -> Parsed:
    """Read the XML of a submission.

    Raises SubmissionError when it cannot be read at all: it is no XML, brings a document type, or
    is larger or deeper than any form.
    """
    root = _root(body)
    form_id = _shown(root.get("id") or _local(root))
    version = _shown(root.get("version") or "")
    form = forms.get(form_id)
    fields, found = _leaves(root)
    problems = [*_about_form(form, form_id, version), *found]
    meta = _meta(root)
    instance_id = meta.get("instanceID", "") or (root.get("instanceID") or "").strip()
    if not 1 <= len(instance_id) <= LONGEST_ID or NOT_SHOWN.search(instance_id):
        problems.append(
            Saying("the phone sent no usable instanceID: a changed repeat cannot be told apart")
        )
        instance_id = "sha256:" + hashlib.sha256(body).hexdigest()
    if earlier := meta.get("deprecatedID", ""):
        problems.append(Saying("this corrects an earlier submission: {id}", id=_shown(earlier)))
    pictures = _pictures(form, fields)
    return Parsed(instance_id, form_id, version, form, fields, pictures, tuple(problems))


def _root(body: bytes) -> Element:
    if len(body) > LARGEST:
        raise SubmissionError("the XML is more than {limit} bytes", limit=LARGEST)
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise SubmissionError("the XML has a document type or entities: send it without") from error
    except (ParseError, ValueError, LookupError) as error:
        raise SubmissionError("the XML cannot be read: {why}", why=str(error)[:200]) from error
    assert isinstance(root, Element)
    return root


def _leaves(root: Element) -> tuple[dict[str, str], list[str]]:
    """Texts by the local name of the elements without children, but for the meta block."""
    fields: dict[str, str] = {}
    problems: list[str] = []
    for element, depth in _walk(root):
        name, text = _local(element)[:LONGEST_NAME], (element.text or "").strip()
        if depth > DEEPEST:
            raise SubmissionError("the XML is nested deeper than any form")
        if len(element) or not text:
            continue
        if name in fields:
            problems.append(Saying(TWICE, name=name))
        elif len(fields) >= MOST_FIELDS:
            problems.append(Saying(TOO_MANY, most=MOST_FIELDS))
            break
        else:
            fields[name] = text[:LONGEST]
    return fields, problems


def _walk(root: Element) -> Iterator[tuple[Element, int]]:
    """Every element below the root in order, the meta block left out, with its depth."""
    waiting = [(one, 1) for one in reversed(root) if not _is_meta(one)]
    while waiting:
        element, depth = waiting.pop()
        yield element, depth
        waiting += [(one, depth + 1) for one in reversed(element)]


def _meta(root: Element) -> dict[str, str]:
    return {
        _local(one): (one.text or "").strip()
        for block in root if _is_meta(block) for one in block
    }  # fmt: skip


def _is_meta(element: Element) -> bool:
    return _local(element) == "meta"


def _local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _shown(text: str) -> str:
    return NOT_SHOWN.sub("", text).strip()[:LONGEST_WORD]


def _about_form(form: Form | None, form_id: str, version: str) -> list[str]:
    if form is None:
        return [Saying("the room has no form '{form}'", form=form_id)]
    if version != form.version:
        return [Saying(OTHER_VERSION, version=version, ours=form.version)]
    return []


def _pictures(form: Form | None, fields: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the files that the answers name."""
    if form is None:
        return ()
    asked = [one.name for one in form.fields if one.type is FieldType.PICTURE]
    return tuple(dict.fromkeys(fields[name] for name in asked if name in fields))
