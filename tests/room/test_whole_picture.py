"""The whole picture is for rules, never for readers: who asks for it is named here with its reason.

A page, file, stream or answer that shows things takes them from ``Desk.picture``, ``access.view``
or ``Picture.seen_by``. A new name here wants the sentence why nobody is shown what it reads.
"""

import ast
from pathlib import Path

import pytest

from anoa.room import access, actions
from anoa.room.models import SitrepFile

ROOM = Path(access.__file__).parent
ASKING = {"current_picture", "picture_at", "picture_since"}
REASONS = {
    "accounts": "whether an institution has left",
    "access": "the member's own part, and seen_by itself",
    "actions": "verbs decide on the whole; batches are chosen from what is seen",
    "api/reading": "cut to the token's institution by Eyes.seen; the log by its own rule",
    "ceremony": "keys and seals, which are public",
    "exercise": "plays injects",
    "institutions": "what the administrator is told of an institution that leaves: counts and keys",
    "intake/releasing": "whether the member's own submission became a report",
    "intake/inbox": "how the sender's own report stands, in one word",
    "list_files": "how many deletions there were, so that a file stops",
    "listening": "whose a rule's entry is; each entry is asked of the one rule",
    "outgoing": "whose a rule's entry is; each entry is asked of the one rule",
    "pins": "who has the duty of the member's own institution",
    "receipts": "whose a rule's entry is, for an outsider",
    "record": "writes",
    "retention/again": "whether a certificate is known",
    "retention/purging": "what may be deleted; the page shows counts of the own institution",
    "sealed/days": "when the last entry was made",
    "sealed/keys": "public keys",
    "stations": "the digest of the register",
    "together": "hands a commit on to the stream",
    "watch/health": "figures without things",
    "views/ceremony": "cut by access.view",
    "views/desk": "makes the seen picture",
    "views/filling": "how the sender's own call for help stands",
    "views/probing": "which verbs the rules would let through",
    "views/receipts": "cosigners of a public seal",
    "views/retention": "cut by the desk",
    "views/shift": "cut by access.view",
}


def asking() -> set[str]:
    found = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "attr", getattr(node, "id", None))
            of_desk = name == "whole" and getattr(getattr(node, "value", None), "id", "") == "desk"
            if name in ASKING or of_desk:
                found.add(str(path.relative_to(ROOM).with_suffix("")))
    return found


def test_every_module_that_reads_the_whole_picture_says_why_nobody_is_shown_it():
    assert asking() - set(REASONS) == set()


def test_no_reason_is_kept_for_a_module_that_reads_it_no_longer():
    assert set(REASONS) - asking() == set()


@pytest.mark.parametrize("handling", ["public", "institutions"])
def test_a_daily_report_is_for_institutions_whatever_handling_is_asked_for(
    member, signed_in, handling
):
    asked = {"report": "daily", "language": "en", "handling": handling}
    ident = actions.do(member("posko"), "sitrep.issue", "", asked)[0].subject
    assert SitrepFile.objects.filter(ident=ident).exists()
    for form in ("html", "txt", "pdf"):
        assert signed_in("observer").get(f"/daily-reports/{ident}.{form}").status_code == 404
        assert signed_in("kpu-prov").get(f"/daily-reports/{ident}.{form}").status_code == 200
    assert ident not in signed_in("observer").get("/daily-reports").content.decode()
