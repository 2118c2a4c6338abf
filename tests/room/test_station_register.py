"""The register of polling stations: who imports and sees it, and what forms know of stations."""

import ast
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

import anoa.stations
from anoa.errors import AccessDenied, NotAllowed
from anoa.room import record, stations
from anoa.room.intake.openrosa_forms import Shelf
from anoa.room.intake.tokens import Bearer
from anoa.room.models import EntryRow, StationRow
from anoa.stations import RegisterError

HEAD = "code,sub_district,category,reasons,access_min,signal,power,services,pattern\n"
ROW = "74.03.06-T{n},74.03.06,very_vulnerable,two re-votes,95,none,partial,boat," \
      "police=2; polling_stations=10; linmas=20\n"  # fmt: skip
REGISTER = (HEAD + ROW.format(n=1) + ROW.format(n=2)).encode()


@pytest.fixture(autouse=True)
def fresh():
    """What a test imported is rolled back, so it must be forgotten too."""
    stations.forget()
    yield
    stations.forget()


def upload(client, content: bytes = REGISTER, language: str = "en"):
    client.cookies["django_language"] = language
    file = SimpleUploadedFile("register.csv", content, "text/csv")
    return client.post("/stations/import", {"file": file})


def test_until_the_register_comes_stations_are_placeholders_and_marked_so(signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "id"
    page = client.get("/stations?sub_district=74.03.06").content.decode()
    assert "Daftar TPS belum diimpor." in page
    assert "74.03.06-001" in page and "nomor sementara" in page


def test_the_keeper_imports_it_and_the_log_holds_its_digest_only(signed_in, operation):
    client = signed_in("kpu-prov")
    assert upload(client).status_code == 302
    entry = EntryRow.objects.filter(operation=operation).order_by("seq").last()
    assert entry.kind == "register.imported"
    assert set(entry.data) == {"digest", "rows"}
    assert entry.data["rows"] == 2
    page = client.get("/stations?sub_district=74.03.06").content.decode()
    for part in ("74.03.06-T1", "very vulnerable", "two re-votes", "no signal", "linmas 20",
                 entry.data["digest"]):  # fmt: skip
        assert part in page
    assert "74.03.06-001" not in page


def test_a_later_register_takes_the_place_of_an_earlier_one(signed_in):
    client = signed_in("kpu-prov")
    upload(client)
    assert upload(client).status_code == 422, "the same once more"
    assert upload(client, (HEAD + ROW.format(n=3)).encode()).status_code == 302
    assert [row.code for row in StationRow.objects.all()] == ["74.03.06-T3"]


def test_a_pattern_is_told_in_the_readers_language(signed_in):
    client = signed_in("kpu-prov")
    upload(client, language="id")
    page = client.get("/stations?sub_district=74.03.06").content.decode()
    assert "Pola" in page
    assert "polling stations" not in page.casefold()


def test_one_wrong_row_keeps_everything_out_and_all_are_listed(signed_in, operation):
    before = record.current_picture(operation).seq
    wrong = REGISTER + b"x,99.99.99,,,,,,,\ny,74.03.06,,,,,,,2-10-5\n"
    answer = upload(signed_in("kpu-prov"), wrong, "id")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "99.99.99" in page and "Baris 4" in page and "Baris 5" in page
    assert "police=2; polling_stations=10; linmas=5" in page
    assert not StationRow.objects.exists()
    assert record.current_picture(operation).seq == before


@pytest.mark.parametrize("name", ["posko", "bawaslu-prov", "kabagops-muna", "pam-tps", "observer"])
def test_nobody_but_the_keeper_imports_it(signed_in, name):
    assert upload(signed_in(name)).status_code == 403
    assert not StationRow.objects.exists()


def test_the_entry_alone_cannot_be_made_by_a_form(signed_in, operation):
    from anoa.room import actions
    from anoa.room.models import Member

    member = Member.objects.get(ident="kpu-prov")
    with pytest.raises(NotAllowed):
        actions.do(member, "register.import", data={"digest": "x", "rows": 3})
    with pytest.raises(AccessDenied):
        stations.import_register(Member.objects.get(ident="posko"), REGISTER)
    with pytest.raises(RegisterError):
        stations.import_register(member, b"nothing")


def test_an_observer_sees_neither_the_register_nor_that_there_is_one(signed_in):
    upload(signed_in("kpu-prov"))
    client = signed_in("observer")
    assert client.get("/stations").status_code == 403
    assert client.get("/stations?sub_district=74.03.06").status_code == 403
    for path in ("/", "/region/74.03", "/log"):
        page = client.get(path).content.decode()
        assert "74.03.06-T" not in page and "register" not in page.lower(), path
    assert b"register.imported" not in client.get("/log/export").content


def test_phones_load_placeholders_until_the_register_comes_and_then_the_register(operation, member):
    pack = record.pack_of(operation)
    bearer = Bearer("t", operation.pk, frozenset({"submit"}), frozenset(), "polda-sultra", "",
                    "74.03", None)  # fmt: skip
    shelf = Shelf(pack, bearer)
    before = shelf.media("station-duty", "polling_stations.csv").decode()
    assert "74.03.06-001" in before and "001?" in before
    stations.import_register(member("kpu-prov"), REGISTER)
    after = shelf.media("station-duty", "polling_stations.csv").decode()
    assert "74.03.06-T1" in after and "74.03.06-001" not in after
    assert "vulnerable" not in after and "linmas" not in after, "a phone needs no categories"


def test_every_sentence_about_a_register_is_spoken_in_indonesian():
    tree = ast.parse(Path(anoa.stations.__file__).read_text(encoding="utf-8"))
    said = {
        arg.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") in ("told", "AnoaError", "_Unreadable")
             or getattr(getattr(node.func, "func", None), "id", "") == "_Told")
        for arg in node.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and " " in arg.value
    }  # fmt: skip
    assert len(said) > 20
    with translation.override("id"):
        assert not [one for one in said if translation.gettext(one) == one]


def test_phones_without_a_network_take_the_register_along_and_no_categories(operation, member):
    from anoa.room.field.content import places_of

    bearer = Bearer("t", operation.pk, frozenset({"submit"}), frozenset(), "polda-sultra", "",
                    "74.03", None)  # fmt: skip
    assert not places_of(bearer)["has_register"]
    stations.import_register(member("kpu-prov"), REGISTER)
    told = places_of(bearer)
    (district,) = [one for one in told["sub_districts"] if one["id"] == "74.03.06"]
    assert told["has_register"] and "stations" not in district
    assert district["codes"] == [["74.03.06-T1", "T1"], ["74.03.06-T2", "T2"]]
    assert "vulnerable" not in str(told) and "pattern" not in str(told)
