"""Forms: what a form must be, how answers are read, and everything that no form asks."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anoa.forms import (
    Audience,
    Becomes,
    Choice,
    Condition,
    Field,
    FieldType,
    Form,
    FormRefused,
    FormWords,
    Screen,
    check_publishing,
    read_answers,
    refusals,
    refused_appearance,
    refused_types,
)
from anoa.pack import Pack, check_pack, load_pack
from small_pack import replaced, write

PACKS = Path(__file__).parents[1] / "packs"
ZONE = ZoneInfo("Asia/Makassar")

VISIT = """\
id: visit
version: "1"
title: {xa: Vizito, en: Visit}
audience: [station_officer]
kinds: "*"
becomes: station
screens:
  - title: {xa: Stacio, en: Station}
    fields:
      - {name: sub_district, type: sub_district, label: {xa: Kie, en: Where}, required: true}
      - {name: polling_station, type: polling_station, label: {xa: Kodo, en: Code}, required: true}
      - name: phase
        type: choice
        label: {xa: Fazo, en: Phase}
        required: true
        choices:
          - {id: arrival, name: {xa: Alveno, en: Arrived}}
          - {id: closing, name: {xa: Fermo, en: Closed}}
      - {name: waiting, type: count, label: {xa: Ati, en: Wait}, when: phase=closing, most: 500}
"""
WORDS = replaced(
    "words/screening.yaml", "forbidden_keys: [partio, kandidato]",
    "forbidden_keys: [partio, kandidato]\nform_words: [nomo, \"rezult*\", telefono]\n"
    "form_allowed: [sen nomo]",
)  # fmt: skip


class Everywhere:
    """Places where every code is known that begins with its kind's letter."""

    def is_region(self, code: str) -> bool:
        return code.startswith("r")

    def is_sub_district(self, code: str) -> bool:
        return code.startswith("s")

    def is_station(self, code: str) -> bool:
        return code.startswith("p")

    def lies_in(self, code: str, above: str) -> bool:
        return code[1:].startswith(above[1:])


def problems(path: Path, form: str) -> list[str]:
    return [
        str(one) for one in check_pack(write(path, **WORDS, **{"forms/visit.yaml": form})).problems
    ]


def test_a_form_of_a_pack_is_read_with_its_fields_in_order(tmp_path: Path) -> None:
    form = load_pack(write(tmp_path, **WORDS, **{"forms/visit.yaml": VISIT})).forms["visit"]
    assert [one.name for one in form.fields] == [
        "sub_district",
        "polling_station",
        "phase",
        "waiting",
    ]
    assert form.becomes is Becomes.STATION
    assert form.is_on_duty
    assert form.field("waiting").when == Condition("phase", ("closing",))  # type: ignore[union-attr]


def test_a_pack_without_forms_has_none_and_keeps_its_digest(tmp_path: Path) -> None:
    without = load_pack(write(tmp_path / "a"))
    assert dict(without.forms) == {}
    assert (
        without.digest
        != load_pack(write(tmp_path / "b", **WORDS, **{"forms/visit.yaml": VISIT})).digest
    )


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("{name: full_name, type: text, label: {xa: Kiu, en: Who}}", "asks for a name"),
        ("{name: who, type: text, label: {xa: Kiu, en: Your name}}", "asks? for a name"),
        ("{name: who, type: text, label: {xa: Via nomo, en: Who}}", "no form asks: 'nomo'"),
        ("{name: card, type: text, label: {xa: Karto, en: Identity card number}}", "an identity"),
        ("{name: side, type: text, label: {xa: Flanko, en: Which party}}", "a party or candidate"),
        ("{name: side, type: text, label: {xa: Flanko, en: The candidate}}", "or candidate"),
        ("{name: partio_flanko, type: text, label: {xa: Flanko, en: Side}}", "hold a 'partio'"),
        ("{name: tally_sheet, type: count, label: {xa: Folio, en: Sheet}}", "a result"),
        ("{name: sheet, type: count, label: {xa: Folio, en: Votes of each}}", "a result"),
        ("{name: sheet, type: count, label: {xa: La rezultoj, en: Sheet}}", "'rezultoj'"),
        ("{name: reach, type: text, label: {xa: Kontakto, en: Phone number}}", "reach somebody"),
        ("{name: reach, type: text, label: {xa: Kontakto, en: E-mail}}", "reach somebody"),
        ("{name: deviceid, type: text, label: {xa: Aparato, en: Unit}}", "a device"),
        ("{name: sim_serial, type: text, label: {xa: Karto, en: Card}}", "a device"),
        ("{name: faith, type: text, label: {xa: Kredo, en: Religion}}", "an identity"),
        ("{name: side, type: choice, label: {xa: Flanko, en: Side}, choices: "
         "[{id: a, name: {xa: A, en: Party A}}]}", "a party or candidate"),
        ("{name: more, type: text, label: {xa: Pli, en: More}, hint: {xa: Pli, en: Add the name}}",
         "asks? for a name"),
        ("{name: side, type: text, label: {xa: Flanko, en: Blue Union or not}}", "holds? a party"),
        ("{name: photo, type: picture, label: {xa: Bildo, en: Picture}}", "takes no picture"),
        ("{name: spot, type: point, label: {xa: Loko, en: Position}}", "takes no point"),
        ("{name: track, type: geotrace, label: {xa: Loko, en: Way}}", "not allowed here"),
        ("{name: sound, type: background-audio, label: {xa: Sono, en: Sound}}", "not allowed here"),
        ("{name: phase, type: text, label: {xa: Pli, en: More}}", "'phase' stands twice"),
        ("{name: more, type: text, label: {xa: Pli, en: More}, when: waiting}", "not field=value"),
        ("{name: more, type: text, label: {xa: Pli, en: More}, when: other=1}", "not asked before"),
        ("{name: more, type: text, label: {xa: Pli, en: More}, when: phase=flood}", "of no list"),
        ("{name: more, type: choice, label: {xa: Pli, en: More}}", "has no list"),
        ("{name: more, type: count, label: {xa: Pli, en: More}, least: 9, most: 2}", "least above"),
    ],
)  # fmt: skip
def test_a_form_that_asks_this_is_refused(tmp_path: Path, field: str, told: str) -> None:
    found = problems(tmp_path, VISIT + f"      - {field}\n")
    assert any(_speaks(told, one) for one in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [("type: count", "type: geotrace"), ("becomes: station", "becomes: result"),
     ("audience: [station_officer]", "audience: [everybody]")],
)  # fmt: skip
def test_a_word_of_no_list_is_told_once_and_in_our_words(
    tmp_path: Path, old: str, new: str
) -> None:
    found = problems(tmp_path, VISIT.replace(old, new))
    assert any("not allowed here" in one for one in found), found
    assert not [one for one in found if "not a valid" in one]


def test_what_a_form_expects_is_a_number(tmp_path: Path) -> None:
    found = problems(tmp_path, VISIT.replace("screens:", "expects: {waiting: many}\nscreens:"))
    assert any("expects is a number" in one for one in found), found


def _speaks(told: str, problem: str) -> bool:
    return bool(re.search(told, problem)) and problem.startswith("forms/visit.yaml")


def test_a_hint_may_say_that_no_name_is_written(tmp_path: Path) -> None:
    field = (
        "{name: more, type: text, label: {xa: Pli, en: More}, hint: {xa: Sen nomo, en: No names.}}"
    )
    assert problems(tmp_path, VISIT + f"      - {field}\n") == []


def test_a_form_of_too_many_fields_is_refused(tmp_path: Path) -> None:
    fields = "".join(
        f"      - {{name: extra_{n}, type: count, label: {{xa: Pli, en: More}}}}\n"
        for n in range(37)
    )
    assert any("41 things" in one for one in problems(tmp_path, VISIT + fields))


def test_a_form_in_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    found = check_pack(write(tmp_path, **WORDS, **{"forms/other.yaml": VISIT})).problems
    assert any("another name" in str(one) for one in found)


def test_forms_in_a_language_of_which_no_word_is_known_are_refused(tmp_path: Path) -> None:
    found = check_pack(write(tmp_path, **{"forms/visit.yaml": VISIT})).problems
    assert [one.file for one in found] == ["words/screening.yaml"]


def test_a_form_needs_what_its_filing_needs(tmp_path: Path) -> None:
    found = problems(
        tmp_path, VISIT.replace("name: phase", "name: moment").replace("phase=", "moment=")
    )
    assert any("no field 'phase'" in one for one in found)


@pytest.mark.parametrize("kind", ["audit", "geotrace", "background-audio", "deviceid", "simserial",
                                  "phonenumber", "email", "username", "audit min=5"])  # fmt: skip
def test_an_upload_that_collects_more_than_answers_is_refused(kind: str) -> None:
    assert refused_types(["text", kind])


def test_times_of_an_upload_are_no_reason_to_refuse() -> None:
    assert refused_types(["start", "end", "today", "select_one phase", "integer"]) == ()


def _form(*fields: Field, audience: Audience = Audience.MEMBER) -> Form:
    place = Field("region", FieldType.REGION, {"en": "Where"})
    sets = {"threat_type": "rumor", "place_class": "road", "obtained": "seen", "reliability": "F",
            "credibility": "6"}  # fmt: skip
    screens = (Screen({"en": "All"}, (place, *fields)),)
    return Form("visit", "1", {"en": "Visit"}, (audience,), Becomes.REPORT, screens, sets=sets)


def test_publishing_raises_with_everything_that_is_wrong() -> None:
    form = _form(
        Field("nik", FieldType.TEXT, {"en": "Card"}), Field("votes", FieldType.COUNT, {"en": "N"})
    )
    with pytest.raises(FormRefused) as caught:
        check_publishing(form, FormWords(keys=("nik",)))
    assert {one.field for one in caught.value.refusals} == {"nik", "votes"}


def test_a_member_may_take_a_picture_and_an_officer_may_not() -> None:
    picture = Field("picture", FieldType.PICTURE, {"en": "Picture of the place"})
    assert refusals(_form(picture)) == ()
    assert refusals(_form(picture, audience=Audience.STATION_OFFICER))


# --- reading answers ----------------------------------------------------------------------------

SIGNS = (Choice("rumor.1", {"en": "Asked"}, "rumor"), Choice("fight.1", {"en": "Seen"}, "fight"))
TYPES = (Choice("rumor", {"en": "Rumour"}), Choice("fight", {"en": "Fight"}))
ASKED = _form(
    Field("sub_district", FieldType.SUB_DISTRICT, {"en": "Part"}),
    Field("kind", FieldType.CHOICE, {"en": "Kind"}, choices=TYPES, required=True),
    Field("signs", FieldType.CHOICES, {"en": "Signs"}, choices=SIGNS, by="kind", most=3),
    Field(
        "injured", FieldType.COUNT, {"en": "Injured"}, most=100, when=Condition("kind", ("fight",))
    ),
    Field("depth_m", FieldType.AMOUNT, {"en": "Depth"}),
    Field("at", FieldType.TIME, {"en": "When"}),
    Field("account", FieldType.TEXT, {"en": "In short"}, most=20),
    Field("spot", FieldType.POINT, {"en": "Spot"}),
)


SHORT = st.text(max_size=5)


def read(**raw: object):  # type: ignore[no-untyped-def]
    return read_answers(ASKED, raw, Everywhere(), ZONE)


def test_answers_are_typed_and_times_are_instants() -> None:
    answers = read(region="r1", sub_district="s12", kind="fight", signs="fight.1", injured="3",
                   depth_m="0.5", at="2024-11-27T07:30",
                   account=" wet ", spot="-4.1 122.5 0")  # fmt: skip
    assert answers.wrong == {}
    assert answers.values == {
        "region": "r1", "sub_district": "s12", "kind": "fight", "signs": ["fight.1"], "injured": 3,
        "depth_m": 0.5, "at": "2024-11-26T23:30:00Z", "account": "wet", "spot": [-4.1, 122.5],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "kind"),
        ({"kind": "flood"}, "kind"),
        ({"kind": ["rumor"]}, "kind"),
        ({"kind": "rumor", "signs": "fight.1"}, "signs"),
        ({"kind": "fight", "injured": "-1"}, "injured"),
        ({"kind": "fight", "injured": "1.5"}, "injured"),
        ({"kind": "fight", "injured": "101"}, "injured"),
        ({"kind": "fight", "injured": True}, "injured"),
        ({"kind": "rumor", "depth_m": "nan"}, "depth_m"),
        ({"kind": "rumor", "depth_m": "1_0"}, "depth_m"),
        ({"kind": "rumor", "depth_m": "1e999"}, "depth_m"),
        ({"kind": "rumor", "at": "07:30"}, "at"),
        ({"kind": "rumor", "at": "0001-01-01T00:00+14:00"}, "at"),
        ({"kind": "rumor", "account": "x" * 21}, "account"),
        ({"kind": "rumor", "account": "a\x00b"}, "account"),
        ({"kind": "rumor", "region": "nowhere"}, "region"),
        ({"kind": "rumor", "region": "r1", "sub_district": "s2"}, "sub_district"),
        ({"kind": "rumor", "spot": "91 0"}, "spot"),
        ({"kind": "rumor", "spot": {}}, "spot"),
        ({"kind": "rumor", "spot": "here"}, "spot"),
        ({"kind": "rumor", "party": "blue"}, "party"),
    ],
)
def test_what_cannot_be_read_is_told_and_left_out(raw: dict[str, object], field: str) -> None:
    answers = read_answers(ASKED, raw, Everywhere(), ZONE)
    assert field in answers.wrong
    assert field not in answers.values


def test_what_was_not_asked_for_because_of_a_condition_is_left_out_without_a_word() -> None:
    answers = read(kind="rumor", injured="3")
    assert "injured" not in answers.values
    assert answers.wrong == {}


@given(
    st.dictionaries(
        st.sampled_from(["region", "sub_district", "kind", "signs", "injured", "depth_m", "at",
                         "account", "spot", "odd"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SHORT, inner, max_size=3),
            max_leaves=6,
        ),
    )
)  # fmt: skip
def test_no_answer_whatever_breaks_the_reader(raw: dict[str, object]) -> None:
    answers = read_answers(ASKED, raw, Everywhere(), ZONE)
    assert not set(answers.values) & set(answers.wrong)
    assert all(str(error) for error in answers.wrong.values())


def test_a_local_time_means_the_zone_of_the_form() -> None:
    at = datetime.fromisoformat(read(kind="rumor", at="2024-11-27T00:00").values["at"])
    assert at.astimezone(ZONE).isoformat() == "2024-11-27T00:00:00+08:00"


# --- what no form asks, in the words of real packs ---------------------------------------------

ASKED_INDONESIAN = (
    "Identitas pelapor", "Siapa pelapornya", "Siapa yang melakukan", "Inisial", "N.I.K.",
    "Nomor kartu keluarga", "Nomor identitas", "No. KK", "Umur", "Caleg", "Cagub yang didukung",
    "Cabup", "Kubu mana", "Tim sukses siapa", "Pendukung siapa", "Berapa suara", "Rekap suara",
    "Suara untuk nomor 1", "Siapa yang menang", "Siapa namanya", "Hitung cepat",
    "Kontak yang bisa dihubungi", "Nomor seluler", "Nomor perangkat", "Alamat", "Siapa saksinya",
    "Nama panggilan", "Namamu", "Tuliskan inisialnya", "Tempat tinggal pelaku", "N I K",
    "K.T.P.", "Nomor H.P.", "Nomor telepon yang aktif", "No. WA", "NRP petugas", "Sidik jari",
    "Perolehan nomor 2", "Paslon mana yang unggul", "Suara sah", "Selisih suara",
    "Persentase suara", "Nomor 01 atau nomor 02", "Bakal calon", "Partai pengusung",
    "Kader partai mana", "Pilihan Anda", "Akun Facebook", "Usia Anda", "Jenis kelamin",
    "Asal suku", "Pelat nomor kendaraan", "Foto C1 plano", "Rekapitulasi di kecamatan",
    "Peserta mana yang didukung", "Identitasnya", "Kontaknya", "Alamatnya", "Domisili",
    "Tanda tangan saksi", "Siapa\u200b namanya", "Hasilnya", "Pemenangnya", "Cawali",
    "Nama pemilik rumah", "Swafoto di TPS", "Umurnya berapa",
)  # fmt: skip
ASKED_ENGLISH = (
    "Initials", "Who won", "Vote totals", "Ballots for number 1", "Contact details",
    "Contestant", "Cell number", "Mobile", "Address", "Age", "ID", "Who reported this",
    "Whose house", "Reported by", "Your handle", "Cell no", "Telegram", "Phone", "Plate number",
    "Fingerprint", "Selfie", "How old are you", "Which side is ahead", "Winner",
    "Votes for each", "Valid ballots", "Quick count", "Leading candidate",
    "Political affiliation", "Supporters of", "I.D. number", "I D card", "S.S.N.",
    "Person's n\u00adame", "Which contestants", "Call back", "Address of the witness", "E-mail",
    "Serial no", "Driver's licence", "Initials of the officer", "Parallel count",
    "Ballots counted", "Won by", "Signature", "Contact", "Incumbent", "Mobile no.",
    "WhatsApp group", "Nickname", "Home address",
)  # fmt: skip
HONEST_INDONESIAN = (
    "Kotak suara yang ada", "Surat suara rusak", "Kapan pemungutan suara dimulai",
    "Peserta pemilihan", "Kecamatan", "Kode TPS", "Berapa orang menunggu",
    "Apakah jalan bisa dilalui", "Tinggi air dalam sentimeter", "Berapa KK terdampak banjir",
    "Apakah sinyal seluler ada", "Jumlah bilik suara", "Apakah listrik padam",
    "Berapa orang terluka", "Siapa yang terancam", "Alamat kantor yang rusak",
    "Jenis senjata yang terlihat", "Berapa petugas yang hadir",
    "Apakah pengeras suara berfungsi", "Kapan logistik tiba", "Rute pengawalan",
    "Ketinggian ombak", "Berapa kendaraan yang tersedia", "Apakah TPS ramah kursi roda",
    "Pemilih lanjut usia yang butuh bantuan", "Bantuan apa yang dibutuhkan",
    "Dukungan yang dibutuhkan", "Apakah ada kontak senjata", "Jumlah saksi yang hadir",
    "Nomor Formulir A", "Siapa yang membutuhkan bantuan", "Apakah posko sudah diberi tahu",
    "Apakah polisi sudah menangani", "Berapa orang menangis dan mengungsi",
    "Apakah petugas menangkap seseorang", "Hal yang dilaporkan", "Jam pelaporan",
    "Suku cadang genset", "Nomor kotak", "Waktu tempuh ke TPS",
)  # fmt: skip
HONEST_ENGLISH = (
    "Ballot boxes that are there", "Ballot papers", "Contestants at risk", "Who is at risk",
    "How many people wait", "Number of stations", "Is the road open", "Depth of water in cm",
    "Is there mobile signal", "How many voters wait", "Was vote buying seen",
    "When did voting begin", "Is the polling station open",
    "Address of the office that was damaged", "Number of Form A", "How many officers are there",
    "Kind of weapon seen", "Damage to the building", "Which village", "Coverage of the radio",
    "Station ID", "What help is needed", "How many families are affected", "When was it seen",
    "Is power out", "How the boxes travel", "Voters with a disability", "Was the post told",
    "How far is the nearest post", "Is the escort there", "Kind of vehicle", "Sea or waves",
    "Stage of the election", "Whether a person must look", "What leads to the delay",
    "Advice to vote again", "Election day weather", "Are ballots missing",
    "Broken seals on boxes", "How many boats are there",
)  # fmt: skip
NAMES_INDONESIAN = (
    "simserial", "paslon1", "suara1", "namapelapor", "vote_1", "ttd", "namalengkap", "nama1",
    "nik_2", "noktp", "jumlahsuara", "suara_01", "totalsuara", "no_hp", "id_pelapor",
    "ttd_saksi", "calon2",
)  # fmt: skip
NAMES_ENGLISH = (
    "simserial", "vote_1", "vote1", "my_deviceid", "deviceid2", "phone1", "username", "result2",
    "candidatename", "partyname", "fullname", "emailaddress", "id", "who", "age", "audit",
    "subscriberid", "initials",
)  # fmt: skip
HONEST_NAMES = (
    "kotak_suara", "surat_suara", "boxes", "booths", "road_class", "observed_at", "voter_count",
    "voters", "voting_begun", "station_number", "account", "megaphone", "at_risk", "papers",
    "filenumber",
)  # fmt: skip


@cache
def _words(country: str) -> FormWords:
    return load_pack(PACKS / country).form_words


@pytest.fixture(scope="module")
def indonesian() -> FormWords:
    return _words("sultra-2024")


@pytest.fixture(scope="module", params=["sultra-2024", "velmarra-2025"])
def any_words(request: pytest.FixtureRequest) -> FormWords:
    return _words(request.param)


def _question(label: str, language: str, name: str = "thing") -> Form:
    return _form(Field(name, FieldType.TEXT, {language: label}))


@pytest.mark.parametrize("label", ASKED_INDONESIAN)
def test_a_question_for_a_person_party_or_result_is_refused_in_indonesian(
    label: str, indonesian: FormWords
) -> None:
    assert refusals(_question(label, "id"), indonesian)


@pytest.mark.parametrize("label", ASKED_ENGLISH)
def test_a_question_for_a_person_party_or_result_is_refused_in_english(
    label: str, any_words: FormWords
) -> None:
    assert refusals(_question(label, "en"), any_words)


@pytest.mark.parametrize("label", HONEST_INDONESIAN)
def test_an_honest_question_passes_in_indonesian(label: str, indonesian: FormWords) -> None:
    assert refusals(_question(label, "id"), indonesian) == ()


@pytest.mark.parametrize("label", HONEST_ENGLISH)
def test_an_honest_question_passes_in_english(label: str, any_words: FormWords) -> None:
    assert refusals(_question(label, "en"), any_words) == ()


@pytest.mark.parametrize("name", NAMES_INDONESIAN)
def test_a_field_that_is_named_so_is_refused_in_indonesian(
    name: str, indonesian: FormWords
) -> None:
    assert refusals(_question("X", "id", name), indonesian)


@pytest.mark.parametrize("name", NAMES_ENGLISH)
def test_a_field_that_is_named_so_is_refused_in_english(name: str, any_words: FormWords) -> None:
    assert refusals(_question("X", "en", name), any_words)


@pytest.mark.parametrize("name", HONEST_NAMES)
def test_a_field_with_an_honest_name_passes(name: str, any_words: FormWords) -> None:
    assert refusals(_question("X", "en", name), any_words) == ()


def test_a_group_may_be_chosen_and_not_asked_for_one_by_one(any_words: FormWords) -> None:
    group = (Choice("contestants", {"en": "Contestants"}),)
    asked = Field("at_risk", FieldType.CHOICE, {"en": "Who is at risk"}, choices=group)
    assert refusals(_form(asked), any_words) == ()
    party = (Choice("a", {"en": "Contender 1"}),)
    asked = Field("at_risk", FieldType.CHOICE, {"en": "Who is at risk"}, choices=party)
    assert refusals(_form(asked), any_words)


def test_a_picture_of_a_signature_is_refused(indonesian: FormWords) -> None:
    assert refused_appearance("w1 Signature")
    assert refused_appearance("new-front")
    assert refused_appearance("w1 minimal") is None
    assert refusals(_form(Field("ttd", FieldType.PICTURE, {"id": "Gambar"})), indonesian)


# --- the forms of the packs ---------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sultra-2024", "velmarra-2025"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(PACKS / request.param)


def test_every_form_of_a_pack_may_be_published(pack: Pack) -> None:
    assert pack.forms
    for form in pack.forms.values():
        assert refusals(form, pack.form_words) == ()


def test_every_incident_form_asks_for_signs(pack: Pack) -> None:
    for form in pack.forms.values():
        if form.becomes is Becomes.REPORT:
            signs = form.field("signs")
            assert signs is not None and signs.by == "threat_type" and signs.choices


def test_forms_of_officers_hold_no_picture_no_position_and_no_count_of_votes(pack: Pack) -> None:
    duty = [form for form in pack.forms.values() if form.is_on_duty]
    assert duty
    for form in duty:
        assert not {FieldType.PICTURE, FieldType.POINT} & {one.type for one in form.fields}


def test_a_leaders_word_goes_by_default_to_no_police() -> None:
    sultra = load_pack(PACKS / "sultra-2024")
    receivers = sultra.forms["leader-word"].field("receivers")
    assert receivers is not None and receivers.default
    assert all(sultra.agencies[one].kind != "police" for one in receivers.default)


def test_the_reference_pack_has_a_form_for_each_role() -> None:
    sultra = load_pack(PACKS / "sultra-2024")
    assert {form.becomes for form in sultra.forms.values()} == set(Becomes)
    assert {one for form in sultra.forms.values() for one in form.audience} == set(Audience)


def test_a_form_as_json_leaves_out_what_is_blank() -> None:
    whole = ASKED.as_json()
    field = whole["screens"][0]["fields"][0]
    assert field == {"name": "region", "type": "region", "label": {"en": "Where"}}


SEALED = """\
id: visit
version: "1"
title: {xa: Plendo, en: Complaint}
audience: [citizen]
kinds: "*"
becomes: sealed
owner: {kind: KIND}
handling: sealed
channels: [web]
screens:
  - title: {xa: Ago, en: Conduct}
    fields:
      - name: unit_level
        type: choice
        label: {xa: Nivelo, en: Level}
        choices: [{id: a, name: {xa: A, en: A}}]
      - name: conduct
        type: choice
        label: {xa: Ago, en: Conduct}
        choices: [{id: b, name: {xa: B, en: B}}]
      - {name: account, type: text, label: {xa: Teksto, en: In short}}
"""


@pytest.fixture(scope="module")
def sealed_form(tmp_path_factory) -> str:
    """A sealed form whose owner is an institution of the small pack that is for all regions."""
    pack = load_pack(write(tmp_path_factory.mktemp("small")))
    kind = next(one.kind for one in pack.agencies.values() if "*" in one.regions)
    return SEALED.replace("KIND", kind)


def test_a_sealed_form_has_one_owner_and_no_other_way(tmp_path: Path, sealed_form: str) -> None:
    assert problems(tmp_path / "whole", sealed_form) == []
    form = load_pack(write(tmp_path / "a", **WORDS, **{"forms/visit.yaml": sealed_form})).forms[
        "visit"
    ]
    assert form.is_sealed and form.is_about_conduct and form.channels == ("web",)
    for number, (old, new, told) in enumerate((
        ("channels: [web]\n", "", "channels: [web]"),
        ("handling: sealed\n", "", "handling: sealed"),
        (re.findall(r"owner: .*\n", sealed_form)[0], "", "the kind of its owner"),
        ("type: text,", "type: point,", "asks for no point"),
        ("type: text,", "type: polling_station,", "asks for no polling_station"),
        (re.findall(r"kind: (\w+)", sealed_form)[0] + "}", "nowhere}", "nowhere"),
    )):  # fmt: skip
        found = problems(tmp_path / str(number), sealed_form.replace(old, new))
        assert any(told in one for one in found), (told, found)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("type: text,", "type: picture,", "takes no picture"),
        ("en: In short", "en: Name of the officer", "a name"),
        ("en: In short", "en: Post title of the officer", "a post title"),
        ("en: In short", "en: Rank", "a post title"),
        ("name: account", "name: badge", "a post title"),
    ],
)
def test_a_sealed_form_asks_for_no_name_post_title_or_picture_of_a_person(
    tmp_path: Path, sealed_form: str, old: str, new: str, told: str
) -> None:
    found = problems(tmp_path, sealed_form.replace(old, new))
    assert any(told in one for one in found), found


def test_the_sealed_forms_of_both_packs_ask_for_level_and_class_and_no_picture_of_conduct() -> None:
    for folder in ("sultra-2024", "velmarra-2025"):
        pack = load_pack(PACKS / folder)
        sealed = [form for form in pack.forms.values() if form.is_sealed]
        (complaint,) = [form for form in sealed if form.is_about_conduct]
        assert len(sealed) == 2
        assert complaint.field("unit_level") and not any(
            one.type is FieldType.PICTURE for one in complaint.fields
        )
        assert complaint.owner_kind in {
            one.owner_kind for one in pack.threat_types.values() if one.handling == "sealed"
        }
