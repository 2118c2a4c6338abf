"""The documents of OpenRosa 1.0 that a server writes: form list, manifest, answer.

Source: the OpenRosa pages of docs.getodk.org (Form List, Form Manifest, HTTP, Form Submission).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

VERSION = "1.0"
MEDIA_TYPE = "text/xml; charset=utf-8"
LIST_NAMESPACE = "http://openrosa.org/xforms/xformsList"
MANIFEST_NAMESPACE = "http://openrosa.org/xforms/xformsManifest"
RESPONSE_NAMESPACE = "http://openrosa.org/http/response"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One line of the form list; addresses are absolute, ``hash`` is that of the form's bytes."""

    form_id: str
    name: str
    version: str
    hash: str
    download_url: str
    manifest_url: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that goes with a form."""

    name: str
    hash: str
    download_url: str


def md5_of(content: bytes) -> str:
    """The hash by which a phone sees whether it has these bytes already; it protects nothing.

    >>> md5_of(b"")
    'md5:d41d8cd98f00b204e9800998ecf8427e'
    """
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()


def form_list(forms: Iterable[ListedForm]) -> bytes:
    """The list of forms."""
    parts = [f'{DECLARATION}<xforms xmlns="{LIST_NAMESPACE}">\n']
    for one in forms:
        parts.append(
            "  <xform>"
            + _tag("formID", one.form_id)
            + _tag("name", one.name)
            + _tag("version", one.version)
            + _tag("hash", one.hash)
            + (_tag("descriptionText", one.about) if one.about else "")
            + _tag("downloadUrl", one.download_url)
            + (_tag("manifestUrl", one.manifest_url) if one.manifest_url else "")
            + "</xform>\n"
        )
    return "".join([*parts, "</xforms>\n"]).encode()


def manifest(files: Iterable[MediaFile]) -> bytes:
    """The list of the files that go with a form."""
    lines = [
        "  <mediaFile>" + _tag("filename", one.name) + _tag("hash", one.hash)
        + _tag("downloadUrl", one.download_url) + "</mediaFile>\n"
        for one in files
    ]  # fmt: skip
    head = f'{DECLARATION}<manifest xmlns="{MANIFEST_NAMESPACE}">\n'
    return "".join([head, *lines, "</manifest>\n"]).encode()


def response_body(message: str, *, is_error: bool = False) -> bytes:
    """The body of every answer to a submission; the phone shows the message.

    >>> response_body("Received").decode().splitlines()[1]
    '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
    """
    nature = "error" if is_error else "submit_success"
    return (
        f'{DECLARATION}<OpenRosaResponse xmlns="{RESPONSE_NAMESPACE}">\n'
        f'  <message nature="{nature}">{_text(message)}</message>\n</OpenRosaResponse>\n'
    ).encode()


def _tag(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>"


def _text(text: str) -> str:
    """A text as it may stand between tags; what XML cannot hold is left out."""
    return escape(NOT_XML.sub("", text))
