"""A small valid pack of an invented country, for tests of the loader and the checker."""

from __future__ import annotations

from pathlib import Path

Change = str | bytes | tuple[str, str] | None

FILES: dict[str, str] = {
    "pack.yaml": """\
format: 1
id: lorland-2031
version: 1.0.0
name: {xa: Lorlan, en: Lorland}
languages: [xa, en]
time_zone: Asia/Makassar
time_zone_label: LT
known_at: 2031-12-31
root: "9"
operation:
  codename: Quiet River
  starts: 2031-05-01
  ends: 2031-12-31
  chair: police-lorland
main_index: vulnerability
letterhead: {xa: [Polo Lorlan], en: [Police of Lorland]}
labels:
  situation: {xa: Situo, en: Situation}
""",
    "sources.csv": """\
id,publisher,date,url,note
gazette,Lorland Gazette,2031-01-10,https://gazette.example/2031/stations,
press,River Press,,,the address would name a person
""",
    "regions.csv": """\
code,name,level,parent,lat,lon,time_zone,source,known_at
9,Lorland,province,,-4.0,122.5,,gazette,2031-01-10
9.01,Easthill,regency,9,-4.1,122.6,,gazette,2031-01-10
9.02,Westbay,regency,9,-4.2,121.9,Asia/Jakarta,gazette,2031-01-10
9.71,Rivermouth,city,9,-3.9,122.4,,gazette;press,2031-01-10
""",
    "sub_districts.csv": """\
code,name,region,lat,lon,polling_stations,source,known_at
9.01.01,Upper Hill,9.01,-4.11,122.61,12,gazette,2031-01-10
9.01.02,Lower Hill,9.01,,,8,gazette,2031-01-10
9.02.01,Bay,9.02,-4.21,121.91,10,gazette,2031-01-10
9.71.01,Port,9.71,-3.91,122.41,,gazette,2031-01-10
""",
    "villages.csv": """\
code,name,sub_district,kind,source,known_at
9.01.01.2001,Ferndale,9.01.01,village,gazette,2031-01-10
9.01.01.2002,Otter Ford,9.01.01,village,gazette,2031-01-10
9.02.01.1001,Pier,9.02.01,ward,gazette,2031-01-10
""",
    "shapes.geojson": """\
{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"code": "9.01", "approximate": true}, "geometry":
 {"type": "Polygon", "coordinates": [[[122, -4], [123, -4], [123, -5], [122, -4]]]}},
{"type": "Feature", "properties": {"code": "9.02", "approximate": true}, "geometry":
 {"type": "Polygon", "coordinates": [[[121, -4], [122, -4], [122, -5], [121, -4]]]}},
{"type": "Feature", "properties": {"code": "9.71", "approximate": true}, "geometry":
 {"type": "MultiPolygon", "coordinates": [[[[122, -3], [123, -3], [123, -4], [122, -3]]]]}}
]}
""",
    "figures.csv": """\
region,figure,period,value,unit,source,known_at,note
9.01,voters_roll,2031,4000,persons,gazette,2031-02-01,
9.01,voters_roll,2031,4010,persons,press,2031-02-03,counted by hand
9.02,voters_roll,2031,2500,persons,gazette,2031-02-01,
9.71,voters_roll,2031,,persons,gazette,2031-02-01,not published
9.01,distance_km,2020,40,km,gazette,2031-01-10,
9.01,distance_km,2030,42,km,gazette,2031-01-10,
9.02,distance_km,2030,80,km,gazette,2031-07-01,
9.71,distance_km,2030,0,km,gazette,2031-01-10,
9.01,revote_stations,2028,2,polling stations,press,2031-03-01,
9.01,close_contest,2028,1,yes or no,press,2031-03-01,
""",
    "totals.csv": """\
region,figure,period,value,source,known_at,parts,note
9.01,polling_stations,2031,20,gazette,2031-01-10,polling_stations,
9.02,polling_stations,2031,11,press,2031-01-10,polling_stations,the press counts one more
9,regions,2031,3,gazette,2031-01-10,regions,
9.01,villages,2031,2,gazette,2031-01-10,villages,
9,voters_roll,2031,8200,gazette,2031-02-01,figure:voters_roll,
""",
    "agencies.csv": """\
id,name_xa,name_en,short,kind,chain,regions,parent,sees,source
police-lorland,Polo Lorlan,Police of Lorland,PL,police,police,*,,institutions,gazette
police-easthill,Polo E,Easthill Police,PE,police,police,9.01,police-lorland,institutions,gazette
commission,Komiso,Election Commission,EC,commission,commission,*,,institutions,gazette
supervisor,Supervo,Supervisory Body,SB,supervisor,supervisor,*,,institutions,gazette
government,Govo,Government of Easthill,GE,government,government-easthill,9.01,,institutions,gazette
observers,Obsero,Observers,OB,observer,observers,,,public,press
""",
    "contests.csv": """\
id,office,region,entrants,source,known_at
governor,governor,9,,gazette,2031-01-10
regent-easthill,regent,9.01,3,gazette,2031-01-10
""",
    "stages.csv": """\
id,name_xa,name_en,starts,ends,basis,source,known_at
registration,Registro,Registration,2031-04-20,2031-05-02,Rule 2 of 2031,gazette,2031-01-10
voting,Voto,Voting,2031-11-20,2031-11-20,Rule 2 of 2031,gazette,2031-01-10
tabulation,Kalkulo,Tabulation,2031-11-21,,,gazette,2031-01-10
""",
    "threats.yaml": """\
place_classes:
  office: {xa: ofico, en: office}
  road: {xa: vojo, en: road}
objects: [person, goods, place, activity]
threats:
  - id: rumor
    name: {xa: onidiro, en: Rumour}
    object: activity
    signs: {xa: [la sama mesagho], en: [the same message in many groups]}
    owner: {kind: police}
    context: false
  - id: late_materials
    name: {xa: malfrua, en: Late materials}
    object: goods
    signs: {xa: [neniu boato], en: [no boat has left]}
    owner: {kind: commission}
    handling: sealed
""",
    "ladder.yaml": """\
version: "1"
rungs:
  - {id: potential, short: PO, name: {xa: potenco, en: potential}}
  - {id: threshold, short: TH, name: {xa: sojlo, en: threshold}}
  - {id: actual, short: AC, name: {xa: reala, en: actual}}
closed: {xa: fermita, en: closed}
signals:
  - {id: credible_report, name: {xa: raporto, en: Report},
     ceiling: potential, local: true, model: false}
  - {id: corroborated_report, name: {xa: du, en: Two},
     ceiling: threshold, local: true, model: false}
  - {id: neighbour_event, name: {xa: apude, en: Near},
     ceiling: potential, local: false, model: false}
  - {id: verified_incident, name: {xa: okazo, en: Incident},
     ceiling: actual, local: true, model: false}
rules:
  - id: one-report
    to: potential
    threats: "*"
    needs: [{signal: credible_report, count: 1, chains: 1, within_h: 72}]
    reason: {xa: unu raporto, en: one credible report}
  - id: two-chains
    to: threshold
    threats: [rumor]
    needs: [{signal: corroborated_report, count: 2, chains: 2, within_h: 48}]
    reason: {xa: du chenoj, en: two chains agree}
  - id: it-happened
    to: actual
    threats: "*"
    needs: [{signal: verified_incident, count: 1, chains: 1, within_h: 24}]
    reason: {xa: okazis, en: a verified incident}
dwell_h: {potential: 72, threshold: 48, actual: 24}
review_h: {potential: 48, threshold: 24, actual: 6}
provisional_h: 2
versions: {xa: unua, en: first}
""",
    "protocols.yaml": """\
protocols:
  - id: rumor-potential
    threats: [rumor]
    rung: potential
    actions:
      - id: answer
        text: {xa: respondu, en: Answer the rumour with facts}
        agency: {kind: commission}
        class: information
        due_h: 6
        proof: {xa: teksto, en: the text as published}
  - id: any-threshold
    threats: "*"
    rung: threshold
    actions:
      - id: accompany
        text: {xa: akompanu, en: Be present and speak with the organisers}
        agency: {id: police-lorland}
        class: presence
        due_h: 2.5
        proof: {xa: noto, en: the note of the visit}
""",
    "clocks.yaml": """\
acknowledge_min: 30
assess_min: 120
silent_after_h: 12
explain_h: 24
report_every_h: 6
working_days: [mon, tue, wed, thu, fri]
holidays:
  - {date: 2031-08-17, name: {xa: festo, en: Feast}, source: gazette}
""",
    "indices.yaml": """\
indices:
  - id: vulnerability
    name: {xa: vundebleco, en: Vulnerability}
    about: {xa: tuto, en: the whole}
    class: vulnerability
    scale: [0, 100]
    parts: [{index: threat, weight: 2}, {index: service, weight: 1}]
    min_coverage: 0.3
    category_coverage: 0.6
    categories:
      - {id: low, name: {xa: malalta, en: low}, from: 0}
      - {id: high, name: {xa: alta, en: high}, from: 60}
    label: {xa: nia, en: ours}
  - id: threat
    name: {xa: minaco, en: Threat}
    about: {xa: okazoj, en: past incidents}
    class: threat
    scale: [0, 100]
    min_coverage: 0.3
    category_coverage: 0.6
    categories:
      - {id: low, name: {xa: malalta, en: low}, from: 0}
      - {id: high, name: {xa: alta, en: high}, from: 60}
    label: {xa: nia, en: ours}
  - id: service
    name: {xa: servo, en: Service}
    about: {xa: distanco, en: distance}
    class: service
    scale: [0, 100]
    min_coverage: 0.3
    category_coverage: 0.6
    categories:
      - {id: low, name: {xa: malalta, en: low}, from: 0}
      - {id: high, name: {xa: alta, en: high}, from: 60}
    label: {xa: nia, en: ours}
editions:
  - {id: "2031-05-05", as_of: 2031-05-05, note: {xa: frua, en: early}}
  - {id: "2031-12-01", as_of: 2031-12-01}
""",
    "indicators.csv": """\
code,parent,level,name_xa,name_en,weight,direction,class,unit,from,low,high,transform,source
clashes,threat,1,kolizioj,Past clashes,1,1,threat,incidents,history:clash;arson,0,5,log1p,press
distance,service,1,distanco,Distance,1,1,service,km,figure:distance_km,0,100,none,gazette
""",
    "incidents.csv": """\
id,date,precision,region,place_class,type,measure_xa,measure_en,outlet,source_date,source,known_at
h1,2026-05-02,day,9.01,office,clash,20 homoj,20 people,River Press,2026-05-03,press,2026-05-03
h2,2028-11-20,month,9.01,road,arson,,,River Press,2028-11-25,press,2028-11-25
h3,2031-06-01,day,9.02,road,clash,,,River Press,2031-06-02,press,2031-06-02
h4,2028-02-01,reported,9.02,office,revote,,,River Press,,press,2028-02-01
""",
    "history_types.csv": """\
id,name_xa,name_en,class
clash,kolizio,Clash,threat
arson,brulo,Arson,threat
revote,revocho,Re-vote,procedure
""",
    "words/parties.txt": """\
# invented
Blue Union
Greens
PRL
""",
    "words/screening.yaml": """\
honorifics: [Mister, Lady]
titles: [Dr., Col.]
suffixes: [M.Sc., Esq.]
not_names: [Governor, Regent, Mayor]
candidate_words: [candidate pair, ticket]
number_words: [ballot number, number]
plate_areas: [LR, XQ]
assembly_words: [kunveno, "*manifestaci*"]
restrict_words: [malpermesu, "dispel*"]
sensitive_words: [religio, "*malrich*"]
forbidden_keys: [partio, kandidato]
""",
    "messages.yaml": """\
date_order: mdy
zones: [{zone: Asia/Makassar, words: [LT]}]
days: [{day: mon, words: [lundo, monday]}, {day: wed, words: [merkredo, wednesday]}]
months: [{month: 8, words: [august, aug, aug.]}]
numbers: [{number: 2, words: [du, two]}]
day_parts: [{words: [evening], from: 17, to: 23}]
relative_days: [{days_ago: 1, words: [yesterday]}]
levels:
  - {level: regency, words: [regency of, county]}
  - {level: sub_district, words: [district]}
aliases: [{words: [EH], places: ["9.01"]}]
labels: [{field: place, words: [where, place]}]
signs: [{threat: rumor, phrases: [false news, rumour .. voting]}]
places: [{place_class: office, phrases: [office of, town hall]}]
counts: [{of: injured, phrases: [<n> .. hurt|injured]}]
clock_words: [at]
at_words: [in, at]
station_words: [station]
deny_before: ["no", not]
unreal_words: ["if", planned]
nothing_phrases: [all quiet]
spoken: {label_place: {xa: Loko, en: Place}}
""",
    "cast.yaml": """\
members:
  - {id: posko, agency: police-lorland, role: duty_officer}
  - {id: commission, agency: commission, role: operator}
  - {id: supervisor, agency: supervisor, role: duty_officer}
  - {id: host-admin, agency: "", role: host_admin}
""",
    "exercise.yaml": """\
title: {xa: Ekzerco, en: Exercise}
notice: {xa: EKZERCO, en: EXERCISE – INVENTED DATA}
play_until: 2
injects:
  - at: 2031-08-06T09:00
    who: posko
    verb: meeting.open
    data: {title: Coordination, place: Easthill, chair: police-lorland, agenda: [], attending: []}
    as: meeting
  - at: 2031-08-06T10:00:00+08:00
    who: commission
    verb: meeting.record_line
    subject: $meeting
    data: {line: decision, text: The plan stands}
  - at: 2031-08-06T11:00
    who: posko
    verb: meeting.close
    subject: $meeting
""",
}


def write(path: Path, **changes: Change) -> Path:
    """Write the pack into ``path``; a change is a file's new text or bytes, a pair (old, new)
    to replace once in it, or None to leave the file out. Returns the path."""
    for name in {**FILES, **changes}:
        text = FILES.get(name)
        change = changes.get(name, text)
        if change is None:
            continue
        if isinstance(change, tuple):
            old, new = change
            assert text is not None and text.count(old) >= 1, f"{name} does not hold {old!r}"
            change = text.replace(old, new, 1)
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(change if isinstance(change, bytes) else change.encode())
    return path


def added(file: str, row: str) -> dict[str, Change]:
    return {file: FILES[file] + row + "\n"}


def retention(classes: str) -> dict[str, Change]:
    """A pack that says how long classes of stored material are kept."""
    return {"retention.yaml": f"note: {{xa: proponoj, en: proposals}}\nclasses:\n  - {classes}\n"}


def line_after(file: str) -> int:
    return FILES[file].count("\n") + 1


def replaced(file: str, old: str, new: str) -> dict[str, Change]:
    return {file: (old, new)}


def extra_column(file: str, name: str) -> dict[str, Change]:
    header, _, rows = FILES[file].partition("\n")
    return {file: f"{header},{name}\n" + rows.replace("\n", ",x\n")}
