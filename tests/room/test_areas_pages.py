"""Pages by region or by unit: the switch, the filter, the page of a unit, and who sees what."""

from __future__ import annotations

import re

import pytest

PAGES = ("/", "/threats", "/reports", "/commitments", "/tasks")


def text(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_tree_that_was_chosen_is_remembered_on_the_next_page(signed_in):
    client = signed_in("posko")
    assert "Situation by region" in text(client, "/")
    assert "Situation by unit" in text(client, "/?tree=police")
    assert "Situation by unit" in text(client, "/")
    assert 'class="unit"' in text(client, "/threats")
    assert "Situation by region" in text(client, "/?tree=civil")
    assert 'class="unit"' not in text(client, "/threats")


def test_a_strange_tree_or_place_is_no_choice(signed_in):
    client = signed_in("posko")
    assert "Situation by region" in text(client, "/?tree=stars")
    assert text(client, "/threats?place=nowhere").count('class="card threat') == text(
        client, "/threats"
    ).count('class="card threat')


@pytest.mark.parametrize("path", PAGES)
def test_every_list_offers_both_trees_and_keeps_the_other_choices(signed_in, path):
    page = text(signed_in("posko"), f"{path}?mine=1")
    assert 'href="?mine=1&amp;tree=police"' in page


def test_the_board_has_one_line_for_each_unit_and_the_same_total(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    total = re.compile(r"Open in the log:[^<]*?\.")
    civil, units = text(client, "/?tree=civil"), text(client, "/?tree=police")
    assert total.search(civil)[0] == total.search(units)[0]
    for unit in record.pack_of(operation).units:
        assert f'href="/unit/{unit}"' in units
        assert f'href="/unit/{unit}"' not in civil


@pytest.mark.parametrize("path", ["/threats", "/commitments"])
def test_the_filter_says_what_it_shows_and_what_it_hides(signed_in, path):
    client = signed_in("posko")
    shown = re.search(r"(\d+) of (\d+) are shown; the filter hides (\d+)\.",
                      text(client, f"{path}?place=74.03"))  # fmt: skip
    kept, everything, hidden = map(int, shown.groups())
    assert 0 < kept < everything == kept + hidden
    by_unit = text(client, f"{path}?place=polres-muna")
    assert f"{kept} of {everything} are shown" in by_unit


def test_reports_and_incidents_are_filtered_by_unit_too(signed_in):
    client = signed_in("posko")
    assert "/incidents/I-0001" in text(client, "/reports?place=polres-muna")
    assert "/incidents/I-0001" not in text(client, "/reports?place=polres-wakatobi")


def test_a_unit_shows_what_is_open_in_its_regions_and_what_is_not_known(signed_in):
    client = signed_in("posko")
    muna = text(client, "/unit/polres-muna")
    assert "/threats/T-" in muna and 'href="/region/74.13"' in muna
    konsel = text(client, "/unit/polres-konawe-selatan")
    assert "22 sub-districts, not known whose" in konsel
    assert "728 or more" in text(client, "/unit/polresta-kendari")
    konawe = text(client, "/unit/polres-konawe")
    assert "<strong>440</strong>" in konawe


def test_the_page_of_a_region_names_the_units_that_have_a_part_of_it(signed_in):
    page = text(signed_in("posko"), "/region/74.02")
    assert "/unit/polres-konawe" in page and "/unit/polresta-kendari" in page
    assert "/unit/" not in text(signed_in("posko"), "/region/74")


def test_a_unit_and_a_region_say_since_when_an_area_is_public(signed_in):
    client = signed_in("posko")  # the exercise stands in August 2024
    later = "published after the moment of this page"
    for path in ("/unit/polres-konawe", "/region/74.02"):  # told by a page of 25 November
        assert re.search(rf"public since [^<]*2024 <span[^>]*>{later}", text(client, path)), path
    for path in ("/unit/polres-wakatobi", "/region/74.07"):  # told in 2022
        page = text(client, path)
        assert "public since" in page and later not in page, path


def test_an_institution_without_an_area_has_no_page_of_a_unit(signed_in):
    client = signed_in("posko")
    assert client.get("/unit/kpu-prov").status_code == 404
    assert client.get("/unit/nobody").status_code == 404


def test_an_observer_sees_no_report_or_threat_by_unit_either(signed_in):
    client = signed_in("observer")
    for path in ("/?tree=police", "/threats", "/reports?place=polres-muna", "/unit/polres-muna",
                 "/unit/polresta-kendari", "/region/74.02"):  # fmt: skip
        page = text(client, path)
        assert not re.search(r"\b[RTIMCAP]-\d{4}\b", page), path
        assert "heard from" not in page.lower(), path


def test_the_choice_of_a_tree_writes_nothing_to_the_log(signed_in, operation):
    from anoa.room import record

    before = record.current_picture(operation).seq
    text(signed_in("posko"), "/?tree=police")
    assert record.current_picture(operation).seq == before


def test_a_daily_report_is_issued_and_frozen_by_the_tree_that_was_chosen(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    page = text(client, "/daily-reports?tree=police")
    assert '<option value="police" selected>' in page
    sent = {"verb": "sitrep.issue", "subject": "", "language": "en", "tree": "police"}
    assert client.post("/daily-reports", sent).status_code == 302
    entry = next(e for e in record.entries(operation)[::-1] if e.kind == "sitrep.issued")
    assert entry.data["tree"] == "police"
    frozen = client.get(f"/daily-reports/{entry.subject}.html").content.decode()
    assert "Situation by unit" in frozen and "Polres Muna" in frozen
    sent["tree"] = "civil"
    client.post("/daily-reports", sent)
    entry = next(e for e in record.entries(operation)[::-1] if e.kind == "sitrep.issued")
    assert "tree" not in entry.data


def test_a_report_by_a_tree_that_the_pack_does_not_have_is_refused(signed_in, operation):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    sent = {"verb": "sitrep.issue", "subject": "", "language": "en", "tree": "stars"}
    answer = client.post("/daily-reports", sent)
    assert answer.status_code == 422
    assert "there is no tree" in answer.content.decode().lower()


@pytest.mark.parametrize("path", ["/threats", "/reports", "/commitments", "/tasks"])
def test_the_filter_stays_at_the_moment_that_is_looked_at(signed_in, path):
    page = text(signed_in("posko"), f"{path}?at=2024-08-07T12:00&place=74.03")
    form = page.partition('class="filters"')[2].partition("</form>")[0]
    kept = re.findall(r'<input type="hidden" name="at" value="([^"]*)">', form)
    assert kept and set(kept) <= {"2024-08-07T12:00", "2024-08-07T04:00:00Z"}  # one moment
    assert 'name="place" value' not in form
