"""M7: small numbers give a person away.

A public page with disclosure control comes later. Until then no figure is public at all: a page
that opens without signing in must be named here, and holds no count of anything.
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from anoa.room import page_urls, record
from anoa.room.intake import tokens

PUBLIC = {
    "receipt", "receipt_of", "receipt_proof", "field", "field_words", "field_manifest",
    "field_file", "field_worker", "tls", "tls_certificate", "language", "lock", "unlock",
    "lock_leave", "token_forms", "token_form", "token_sealed_send", "token_form_sent",
}  # fmt: skip
SAMPLES = {"str": "x", "slug": "x", "int": "1"}


@pytest.fixture(autouse=True)
def nobody_guessed(monkeypatch):
    monkeypatch.setattr(tokens, "guesses", tokens.Failures())


def addresses():
    """Every page by its name, with something in its place holders."""
    for one in page_urls.urlpatterns:
        holders = one.pattern.converters
        yield one.name, reverse(one.name, kwargs={
            name: "1" if type(holder).__name__ == "IntConverter" else "x"
            for name, holder in holders.items()
        })  # fmt: skip


def test_without_signing_in_no_page_opens_but_those_named_here(operation):
    opened = set()
    for name, address in addresses():
        answer = Client().get(address)
        to_sign_in = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
        if not to_sign_in and answer.status_code != 405:
            opened.add(name)
    assert opened <= PUBLIC, opened - PUBLIC


def test_what_opens_without_signing_in_counts_nothing_and_names_no_place(operation):
    pack = record.pack_of(operation)
    names = {pack.place_name(code) for code in pack.regions} | set(pack.sub_districts)
    for name, address in addresses():
        answer = Client().get(address) if name in PUBLIC else None
        if answer is None or answer.status_code != 200 or answer.streaming:
            continue
        text = re.sub(r"<[^>]+>", " ", answer.content.decode(errors="replace"))
        assert not [place for place in names if f" {place} " in text], name


def test_the_interface_for_programs_gives_a_nobody_nothing(operation):
    for path in ("reports", "picture", "log", "threats", "incidents", "commitments"):
        assert Client().get(f"/api/v1/{path}").status_code in (401, 404)
