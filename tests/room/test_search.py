"""Search: what is found, in which words, by whom, and what an outsider learns: nothing."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.db import connection
from tests.room.test_pages import body, send
from tests.room.test_report_list import listed

from anoa.coordination.values import LETTERS
from anoa.oplog import Handling
from anoa.room import access, actions, record, search_rows
from anoa.room.models import SearchRow
from anoa.room.search import Reader
from anoa.searching import Question, document, tokens
from anoa.sight import may_see

IDS = re.compile(rf"\b[{''.join(LETTERS.values())}]-\d{{4}}\b")


def found(client, words: str, page: str = "/search", at: str = "") -> set[str]:
    """The ids in the words of a page, without its addresses and fields."""
    answer = client.get(page, {"q": words, "at": at} if at else {"q": words})
    assert answer.status_code == 200
    return set(IDS.findall(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_the_sql_form_of_the_rule_is_the_rule(operation):
    owners, handlings = ("polda-sultra", "kpu-prov", "anoa"), list(Handling)
    SearchRow.objects.all().delete()
    for owner, handling in product(owners, handlings):
        SearchRow.objects.create(
            operation=operation, thing="remark", ident=f"{owner}/{handling}", owner=owner,
            handling=str(handling), text="x",
        )  # fmt: skip
    for agency in (*owners, "kejati", None):
        for widest in handlings:
            rows = SearchRow.objects.filter(access.visible(agency, widest))
            wanted = {f"{owner}/{handling}" for owner in owners for handling in handlings
                      if may_see(handling, owner, agency, widest)}  # fmt: skip
            assert {row.ident for row in rows} == wanted, (agency, widest)
    search_rows.make_anew(operation, record.pack_of(operation), record.current_picture(operation))


def test_what_an_institution_writes_is_found_by_the_beginnings_of_its_words(signed_in, operation):
    picture, client = record.current_picture(operation), signed_in("posko")
    one = next(iter(picture.seen_by("polda-sultra").commitments.values()))
    words = tokens(one.what)[:3]
    for asked in (one.what[:150].upper(), " ".join(word[:4] for word in reversed(words))):
        assert one.id in found(client, asked), asked
    assert one.id not in found(client, f"{words[0]} zebra")


def test_the_words_are_compared_without_case_accents_and_signs():
    assert tokens("Dépôt, ÉLAN 74.03.01 & E-card") == ["depot", "elan", "74.03.01", "e", "card"]
    assert Question.of("dep ela").is_in(" ".join(tokens("Élan Dépôt")))
    assert not Question.of("lan").is_in("elan")
    assert not Question.of("e").is_in("elan") and Question.of("e").is_in("e card")
    assert Question.of("").terms == () and not Question.of("--").is_in("a b")
    assert len(Question.of(" ".join("abcdefghij")).terms) == 8
    assert Question.of(" ".join("abcdefghij")).left_out == ("i", "j")


@pytest.mark.parametrize("text", ["R-0001", "r-1", " R 0001 ", "r1"])
def test_an_id_leads_to_its_thing_however_it_is_typed(signed_in, text):
    assert "R-0001" in found(signed_in("posko"), text)
    assert "R-0001" not in found(signed_in("observer"), text)


def test_reports_are_found_by_place_and_type_in_each_language_of_the_pack(signed_in, operation):
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    seen, client = picture.seen_by("polda-sultra"), signed_in("posko")
    one = next(iter(seen.reports.values()))
    kind = pack.threat_types[one.threat_type]
    for name in kind.name.values():
        asked = f"{pack.place_name(one.region)} {name}"
        listed = found(client, asked, "/reports")
        wanted = {r.id for r in seen.reports.values()
                  if r.region == one.region and r.threat_type == one.threat_type}  # fmt: skip
        assert wanted <= listed, asked
    export = client.get("/reports/export", {"format": "csv", "q": one.id})
    assert export["X-Anoa-Rows"] == "1"


def test_a_search_goes_with_the_other_filters_and_stays_in_the_addresses(signed_in, operation):
    picture = record.current_picture(operation).seen_by("polda-sultra")
    one = next(iter(picture.reports.values()))
    name = record.pack_of(operation).place_name(one.region)
    page = body(signed_in("posko"), f"/reports?q={name}&state={one.state}")
    assert re.search(rf"/reports/export\?format=csv&amp;q={name}&amp;state={one.state}", page)
    other = next(s for s in ("recorded", "acknowledged", "withdrawn") if s != one.state)
    assert one.id not in listed(body(signed_in("posko"), f"/reports?q={name}&state={other}"))


def test_a_reason_that_was_written_later_is_found_now_and_not_in_the_past(signed_in, operation):
    client = signed_in("kpu-prov")
    picture = record.current_picture(operation)
    seen = picture.seen_by("kpu-prov")
    about = next(iter(seen.commitments))
    then = picture.at.isoformat().replace("+00:00", "Z")
    answer = send(client, f"/commitments/{about}", "remark.make", about, stance="comment",
                  about=about, text="Xylophones were heard")  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    made = next(reversed(record.current_picture(operation).remarks))
    assert found(client, "xylophon") == {made}
    entries = record.entries(operation)
    before = entries[-1].at > picture.at
    assert found(client, "xylophon", at=then) == (set() if before else {made})
    assert found(signed_in("observer"), "xylophon") == set()


def test_nobody_finds_by_words_what_he_does_not_see(operation, member, signed_in):
    pack, whole = record.pack_of(operation), record.current_picture(operation)
    everything = {(thing, item.id): document(pack, item)
                  for thing, items in whole.things.items() for item in items.values()}  # fmt: skip
    words = {word for text in everything.values() for word in text.split()}
    assert len(words) > 100
    for name in ("observer", "kpu-wakatobi", "fkub"):
        one = member(name)
        agency, sees = access.agency_of(one), access.sees(one)
        seen = whole.seen_by(agency, sees)
        reader = Reader(operation, pack, seen, agency, sees)
        for word in sorted(words)[::25]:
            question = Question.of(word)
            hits = {item.id for items in reader.hits(question).by_thing.values() for item in items}
            wanted = {ident for (thing, ident), text in everything.items()
                      if question.is_in(text) and seen.things[thing].get(ident)}  # fmt: skip
            assert hits == wanted, (name, word)


def test_a_word_passed_on_is_not_searched_at_all(operation):
    assert "word" not in {row.thing for row in SearchRow.objects.all()}


def test_no_sign_of_the_databases_language_does_harm(signed_in):
    client = signed_in("posko")
    for asked in ('"', "'", "a* OR b", "NEAR(a b)", "text:raha", "\\", "a:*|!b", "%", "\x00raha",
                  "كندري", "🎈", "AND", "x" * 500, "- - -"):  # fmt: skip
        for page in ("/search", "/reports"):
            assert client.get(page, {"q": asked}).status_code == 200, asked


def test_rows_that_an_earlier_anoa_did_not_keep_are_made_from_the_log(operation):
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    SearchRow.objects.all().delete()
    assert not search_rows.equals_replay(operation, pack, picture)
    record.renew_search()
    assert search_rows.equals_replay(operation, pack, picture)
    before = SearchRow.objects.order_by("pk").first().pk
    record.renew_search()
    assert SearchRow.objects.order_by("pk").first().pk == before


def test_the_index_follows_what_changes_and_what_goes(operation, member):
    one = SearchRow.objects.order_by("pk").first()
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    reader = Reader(operation, pack, picture, "polda-sultra", Handling.INSTITUTIONS)
    SearchRow.objects.filter(pk=one.pk).update(text=f"{one.text} quixotic", handling="public")
    from anoa.room.search import _matching

    def rows(word: str) -> int:
        return _matching(SearchRow.objects.all(), Question.of(word)).count()

    assert rows("quixotic") == 1
    assert reader.hits(Question.of("quixotic")).by_thing == {}  # the thing itself does not say it
    SearchRow.objects.filter(pk=one.pk).delete()
    assert rows("quixotic") == 0
    search_rows.make_anew(operation, pack, picture)
    made = actions.do(member("kpu-prov"), "remark.make", one.ident,
                      {"about": one.ident, "stance": "comment", "text": "quixotic"})  # fmt: skip
    assert rows("quixotic") == 1 and made
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO room_searchtext(room_searchtext) VALUES('integrity-check')")
