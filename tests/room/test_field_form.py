"""The form on phones: what everybody may load, what a token takes along, and how calls stand."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anoa.errors import StorageError
from anoa.room import actions, stations
from anoa.room.field import content, front, pages
from anoa.room.field.numbers import help_calls
from anoa.room.intake import tokens
from anoa.room.intake.storing import seal, store
from anoa.room.intake.tokens import NewToken, gate
from anoa.room.intake.values import Arrival, Channel
from anoa.room.models import SubmissionRow

AT = datetime(2024, 11, 27, 1, 0, tzinfo=UTC)
FILES = sorted(pages.FILES.iterdir())
NOTICE = {"id": "LATIHAN – DATA REKAAN", "en": "EXERCISE – INVENTED DATA"}


def bearer(operation, **changes):
    held = {"agency": "polda-sultra", "scopes": ["submit"], "label": "phone 1"} | changes
    return gate.check(tokens.make(operation, NewToken(**held), datetime.now(UTC)), "")


def sent(operation, by, ident="f-1", body=b"{}"):
    arrival = Arrival(ident, "station-help", "1", Channel.WEB, by.token, by.agency, "", body, {})
    return store([seal(operation.pk, arrival)])[0], arrival


# What everybody may load


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_shell_carries_the_mark_first_and_last_and_nothing_inline(operation, client, language):
    client.cookies["django_language"] = language
    page = client.get("/field/").content.decode()
    words = re.sub(r"<[^>]+>|\s+", " ", page.partition("<body")[2].partition(">")[2]).strip()
    assert words.startswith(NOTICE[language]) and words.endswith(NOTICE[language])
    assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", page)


def test_the_shell_and_its_files_are_small(operation, client):
    packed = {"Accept-Encoding": "gzip"}
    names = ["", "words.json", "sw.js", *(f"files/{one.name}" for one in FILES
             if one.name != "worker.js")]  # fmt: skip
    sizes = {name: len(client.get(f"/field/{name}", headers=packed).content) for name in names}
    assert sum(sizes.values()) < 60_000, sizes


def test_the_worker_is_one_plain_script_that_keeps_every_file(operation, client):
    text = client.get("/field/sw.js").content.decode()
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
    (kept,) = re.findall(r"KEPT = (\[.*\]);", text)
    for address in json.loads(kept):
        assert address.startswith("/static/") or client.get(address).status_code == 200, address
    names = {one.name for one in FILES} - {"worker.js"}
    assert names <= {Path(one).name for one in json.loads(kept)}


def test_a_file_is_not_sent_again_to_who_has_it(operation, client):
    first = client.get("/field/files/app.js")
    again = client.get("/field/files/app.js", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert client.get("/field/files/none.js").status_code == 404


def test_the_manifest_names_icons_that_are_there(operation, client):
    said = json.loads(client.get("/field/manifest.webmanifest").content)
    assert (said["scope"], said["start_url"], said["display"]) == (
        "/field/", "/field/", "standalone",
    )  # fmt: skip
    for icon in said["icons"]:
        assert client.get(icon["src"]).content.startswith(b"\x89PNG")


def test_the_form_makes_no_sound_and_loads_nothing_from_outside():
    for file in FILES:
        if file.suffix == ".js":
            text = file.read_text("utf-8")
            for word in ("Audio(", "AudioContext", "vibrate", "Notification", "speechSynthesis",
                         "https://", "http://", "eval(", "innerHTML = "):  # fmt: skip
                assert word not in text, (file.name, word)


# What a token takes along


def test_a_token_takes_along_the_forms_of_its_institution(operation):
    said = content.forms_of(bearer(operation))
    found = {one["id"]: one for one in said["forms"]}
    assert {"incident", "station-duty", "station-help"} <= set(found)
    assert "oversight" not in found  # of those who watch over the election by law
    assert said["languages"] == ["id", "en"]
    assert said["notice"]["en"] == NOTICE["en"]
    duty = json.dumps(found["station-duty"])
    assert '"picture"' not in duty and '"point"' not in duty
    assert "conduct" not in found  # a sealed form is named, and nothing of it is kept on a phone
    assert [set(one) for one in said["sealed"]] == [{"id", "title", "about"}]
    only = content.forms_of(bearer(operation, forms=["station-help"]))
    assert [one["id"] for one in only["forms"]] == ["station-help"]


def test_a_token_takes_along_the_places_of_its_region(operation):
    said = content.places_of(bearer(operation, region="74.03"))
    assert [one["id"] for one in said["regions"]] == ["74.03"]
    assert {one["region"] for one in said["sub_districts"]} == {"74.03"}
    assert all(one["stations"] for one in said["sub_districts"])
    everywhere = content.places_of(bearer(operation))
    assert len(everywhere["sub_districts"]) > len(said["sub_districts"])


def test_the_codes_of_a_register_take_the_place_of_numbers_and_nothing_else_comes_along(
    operation, member
):
    said = content.places_of(bearer(operation, region="74.03"))
    assert not said["has_register"] and "codes" not in said["sub_districts"][0]
    rows = "code,sub_district,category,reasons\n74.03.07-A9,74.03.07,very_vulnerable,sea\n"
    try:
        stations.import_register(member("kpu-prov"), rows.encode())
        said = content.places_of(bearer(operation, region="74.03"))
    finally:
        stations.forget()
    assert said["has_register"]
    found = {one["id"]: one["codes"] for one in said["sub_districts"]}
    assert found["74.03.07"] == [["74.03.07-A9", "A9"]]
    assert found["74.03.06"] == []
    assert "very_vulnerable" not in json.dumps(said)


def test_numbers_that_are_none_are_told_at_the_start():
    for text in ("Post", "Post:", ":119", "Post:call me"):
        with pytest.raises(StorageError, match="ANOA_HELP_CALLS"):
            help_calls(text)


# Receipts that never arrived, and calls


def test_a_receipt_that_an_earlier_token_never_saw_is_given_to_the_next(operation):
    first, second = bearer(operation), bearer(operation, label="phone 1 again")
    receipt, arrival = sent(operation, first)
    again = front._earlier(second, first.token, arrival)
    assert (again.number, again.code, again.state) == (receipt.number, receipt.code, "repeated")
    other = bearer(operation, agency="kpu-prov")
    assert front._earlier(other, first.token, arrival) is None
    changed = sent(operation, second, "f-2")[1]
    assert front._earlier(second, first.token, changed) is None


def test_a_call_stands_as_its_people_left_it_and_only_for_its_institution(operation, member):
    own = bearer(operation)
    sent(operation, own)
    assert front._standing(own, ["f-1", "unknown"]) == {"f-1": "received"}
    posko = member("posko")
    data = {"polling_station": "74.03.07-003", "sub_district": "74.03.07", "need": "medical"}
    (entry, *_) = actions.do(posko, "help.ask", "", data)
    SubmissionRow.objects.filter(sender_id="f-1").update(state="filed", subject=entry.subject)
    assert front._standing(own, ["f-1"]) == {"f-1": "asked"}
    actions.do(posko, "help.acknowledge", entry.subject, {})
    assert front._standing(own, ["f-1"]) == {"f-1": "acknowledged"}
    assert front._standing(bearer(operation, agency="kpu-prov"), ["f-1"]) == {}
