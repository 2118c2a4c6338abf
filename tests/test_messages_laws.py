"""Messages: a report as text reads back, hostile text does no harm, no field holds a name."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_pack import write

from anoa.coordination.values import Report, Threat
from anoa.errors import AnoaError
from anoa.ladder import Rung
from anoa.messages import FIELDS, Mark, message_text, parse_messages
from anoa.oplog import Handling
from anoa.pack import load_pack

PACK = load_pack(Path(__file__).parents[1] / "packs" / "sultra-2024")
NOW = datetime(2024, 12, 31, 12, 0, tzinfo=UTC)
PLACES = [(code, None) for code in PACK.leaf_regions] + [
    (one.region, code) for code, one in PACK.sub_districts.items()
] + [(PACK.root, None)]  # fmt: skip
TYPES = [one for one in PACK.threat_types.values() if not one.context]


@st.composite
def reports(draw: st.DrawFn) -> Report:
    region, sub_district = draw(st.sampled_from(PLACES))
    kind = draw(st.sampled_from(TYPES))
    at = datetime(2024, 8, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 200_000)))
    return Report(
        "R-0001", "polda-sultra", draw(st.sampled_from(list(Handling))), at, at, region, kind.id,
        draw(st.sampled_from(["person", "goods", "place", "activity"])),
        draw(st.sampled_from(sorted(PACK.place_classes))), draw(st.sampled_from("ABCDEF")),
        draw(st.integers(1, 6)),
        draw(st.sampled_from(["seen", "told", "received", "document", "duty"])), at,
        sub_district=sub_district,
        at_risk=draw(st.sampled_from(["voters", "organisers", "journalists", "officers", None])),
    )  # fmt: skip


@given(reports(), st.sampled_from(["id", "en"]))
def test_a_report_as_text_reads_back_to_the_same_fields(report: Report, language: str) -> None:
    text = message_text(report, PACK, language)
    assert len(text) <= 1500
    (draft,) = parse_messages(text, PACK, NOW)
    observed = draft.value("observed_at")
    assert observed and datetime.fromisoformat(observed) == report.observed_at, text
    for name in ("region", "sub_district", "threat_type", "object", "place_class", "reliability",
                 "obtained", "at_risk"):  # fmt: skip
        assert draft.value(name) == getattr(report, name), (name, text)
    assert draft.value("credibility") == str(report.credibility)


def test_a_text_says_in_its_first_line_who_may_read_it() -> None:
    at = datetime(2024, 11, 27, 12, tzinfo=UTC)
    threat = Threat("T-0001", "polda-sultra", Handling.SEALED, "74.03", "rumor", Rung.POTENTIAL,
                    at, at, "low", (), (), at)  # fmt: skip
    assert message_text(threat, PACK, "en").startswith("SEALED - DO NOT PASS ON - T-0001\n")


def test_a_pack_without_words_writes_english_and_reads_nothing(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path, **{"messages.yaml": None}))
    at = datetime(2031, 8, 6, 1, 0, tzinfo=UTC)
    threat = Threat("T-0001", "police-lorland", Handling.PUBLIC, "9.01", "rumor",
                    Rung.POTENTIAL, at, at, "low", (), (), at)  # fmt: skip
    text = message_text(threat, pack, "en")
    assert "Place: Easthill" in text and "Time: 09.00 LT" in text
    with pytest.raises(AnoaError, match="does not say how people write"):
        parse_messages("anything", pack, NOW)


def test_another_country_is_read_by_its_own_words(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path))
    now = datetime(2031, 9, 1, tzinfo=UTC)
    text = "Wednesday 08/06/2031 at 21.30 LT: false news in county Easthill, 2 people hurt"
    (draft,) = parse_messages(text, pack, now)
    assert draft.value("region") == "9.01"
    assert draft.value("threat_type") == "rumor"
    assert draft.value("injured") == "2"
    assert draft.value("observed_at") == "2031-08-06T21:30:00+08:00"


# -- hostile and odd text -------------------------------------------------------------------

NASTY = [
    "<script>alert(1)</script> TPS 03", "\u202ealas \u200b\u200bkantor KPU\u2066", "🔥" * 3000,
    "(" * 5000, "TPS 3 " * 1200, "27/11/24 21.14 - " * 400, "[" * 3000 + "]", "1" * 7900,
    "kantor " * 1100 + "dilempari", "Kec. " * 1500, "a|b .. <n> * #", "\x00\x01\x02",
    "di " * 2500, "tidak " * 1200 + "kantor KPU dilempari", "٣:٤٥ ١٢/١١/٢٠٢٤", "²³/¹¹/²⁴",
    "jam jam jam", "Desa Kec. Kab. Kota", "pukul 99.99 WITA", "31/02/2024", "0/0/0000",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_hostile_text_is_read_in_moderate_time_and_gives_only_known_fields(text: str) -> None:
    begun = time.process_time()
    drafts = parse_messages(text, PACK, NOW)
    assert time.process_time() - begun < 2
    for draft in drafts:
        assert set(draft.fields) == set(FIELDS)
        assert all(0 <= a < b <= len(draft.text) for f in draft.fields.values() for a, b in f.spans)


def test_a_text_of_a_megabyte_is_refused_in_one_sentence() -> None:
    with pytest.raises(AnoaError, match="paste at most"):
        parse_messages("laporan " * 130_000, PACK, NOW)
    with pytest.raises(AnoaError, match="one message has"):
        parse_messages("a" * 20_000, PACK, NOW)
    with pytest.raises(AnoaError, match="paste at most 100"):
        parse_messages("27/11/24 21.14 - A: aman\n" * 101, PACK, NOW)


@settings(max_examples=150)
@given(st.lists(st.sampled_from((
    "27/11/24", "21.14", "WITA", "jam", "9", "malam", "tadi", "di", "Kec.", "Gu", "Muna", "Kab.",
    "TPS", "03", "kantor", "KPU", "dilempari", "tidak", "hoaks", "dan", ".", ",", "\n", ":", "2",
    "orang", "luka", "Rabu", "kemarin", "setengah", "s.d.", "-", "[", "]", "Napabalano", "aman",
)), max_size=40))  # fmt: skip
def test_any_order_of_words_gives_a_value_only_where_it_is_sure(words: list[str]) -> None:
    for draft in parse_messages(" ".join(words), PACK, NOW):
        for field in draft.fields.values():
            assert (field.value is None) != (field.mark is Mark.SURE)
        if "tidak" not in words and "hoaks" not in words:
            continue
        assert draft.value("kind") != "report" or "dilempari" in draft.text


@given(st.sampled_from(("Bapak Rahman Hidayat", "AKP Suparman", "0812-3456-7890", "DT 1234 AB",
                        "a.b@mail.org")))  # fmt: skip
def test_no_field_holds_what_gives_away_a_person(who: str) -> None:
    text = f"27/11/24 21.14 - {who}: KPPS diancam di Kab. Muna oleh {who} pukul 20.00 WITA"
    for draft in parse_messages(text, PACK, NOW):
        for field in draft.fields.values():
            for value in (field.value, *field.candidates):
                assert not value or not PACK.screen_sentences(value)


def test_the_sender_is_dropped_from_every_form_of_header() -> None:
    text = "\n".join((
        "27/11/24 21.14 - Budi Sender: satu", "[27/11/24, 21.15.05] ~ Budi Sender: dua",
        "[21.16, 27/11/2024] Budi Sender: tiga", "Budi Sender, [27.11.24 21:17]", "empat",
        "11/27/24, 9:18\u202fPM - Budi Sender: lima", "[27/11 21.19] Budi Sender: enam",
    ))  # fmt: skip
    drafts = parse_messages(text, PACK, NOW)
    assert [d.text for d in drafts] == ["satu", "dua", "tiga", "empat", "lima", "enam"]
    assert "Budi" not in repr(drafts)


def test_a_header_whose_day_and_month_may_be_exchanged_leaves_the_sending_blank() -> None:
    (draft,) = parse_messages("11/10/24, 9:18 PM - A: barusan ribut di Kab. Muna", PACK, NOW)
    assert draft.sent is None and draft.value("observed_at") is None
    (draft,) = parse_messages("11/10/24 21.18 - A: barusan ribut di Kab. Muna", PACK, NOW)
    assert draft.value("observed_at") == "2024-10-11T21:18:00+08:00"
