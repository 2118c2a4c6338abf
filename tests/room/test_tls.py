"""https: by the site's certificate or a local authority; what is wrong is told in a sentence."""

import http.client
import socket
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.room.running import ROOT, anoa, environment

from anoa.errors import StorageError
from anoa.room import tls
from anoa.room.plain import Plain
from anoa.room.storage import DataFolder

AT = datetime(2024, 11, 1, 8, 0, tzinfo=UTC)
NAMES = ("room.office.example", "192.0.2.9")


@pytest.fixture
def folder(tmp_path) -> DataFolder:
    found = DataFolder(tmp_path / "data")
    found.prepare()
    return found


def site(tmp_path, *, names=("room.example",), begins=AT - timedelta(days=9), days=90, secret=b""):
    """A certificate as a site might bring it, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "site")])
    begun = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
    )  # fmt: skip
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        begun = begun.add_extension(alternatives, critical=False)
    cipher = BestAvailableEncryption(secret) if secret else NoEncryption()
    files = tmp_path / f"site{secret.decode()}.pem", tmp_path / f"site{secret.decode()}.key"
    files[0].write_bytes(begun.sign(key, SHA256()).public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher))
    return files


def refused(call, *args) -> str:
    with pytest.raises(StorageError) as caught:
        call(*args)
    return str(caught.value)


def test_a_site_certificate_with_its_key_is_taken_with_names_and_end(tmp_path):
    found = tls.site_certificate(*site(tmp_path), AT)
    assert found.names == ("room.example",)
    assert found.days_left(AT) == 81
    assert not found.is_local


def test_what_is_wrong_with_a_certificate_is_told_in_a_sentence(tmp_path):
    good = site(tmp_path)
    later = AT + timedelta(days=365)
    assert "ended on 2025-01-21" in refused(tls.site_certificate, *good, later)
    before = AT - timedelta(days=365)
    assert "the clock of this machine (2023-11-02)" in refused(tls.site_certificate, *good, before)
    other = site(tmp_path, secret=b"other")
    assert "locked with a passphrase" in refused(tls.site_certificate, *other, AT)
    (tmp_path / "more").mkdir()
    foreign = site(tmp_path / "more")
    assert "does not belong to" in refused(tls.site_certificate, good[0], foreign[1], AT)
    (tmp_path / "bare").mkdir()
    assert "names no host" in refused(tls.site_certificate, *site(tmp_path / "bare", names=()), AT)
    assert "holds no certificate" in refused(tls.site_certificate, good[1], good[1], AT)
    assert "holds no private key" in refused(tls.site_certificate, good[0], good[0], AT)
    missing = tmp_path / "none.pem"
    assert "No such file" in refused(tls.site_certificate, missing, good[1], AT)


def test_a_new_authority_vouches_for_the_server_for_397_days_at_most(folder):
    found = tls.new_authority(folder, NAMES, AT)
    assert found.names == NAMES
    made = x509.load_pem_x509_certificates(found.file.read_bytes())[0]
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=397)
    made.verify_directly_issued_by(found.authority.certificate)


def test_keys_of_authority_and_server_are_for_their_owner_only(folder):
    tls.new_authority(folder, NAMES, AT)
    for file in (tls.authority_file(folder), tls.server_file(folder)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PRIVATE" not in tls.local_authority(folder).pem


def test_an_authority_vouches_for_its_own_names_alone(folder):
    found = tls.new_authority(folder, NAMES, AT)
    told = refused(tls.renewed, folder, ["bank.example"], AT)
    assert "may not vouch for bank.example" in told and "room.office.example" in told
    limits = found.authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert [str(one.value) for one in limits.value.permitted_subtrees] == [
        "room.office.example", "192.0.2.9/32",
    ]  # fmt: skip
    assert tls.renewed(folder, ["b.room.office.example"], AT).names == ("b.room.office.example",)


def test_a_second_authority_is_not_made_over_the_first(folder):
    tls.new_authority(folder, NAMES, AT)
    before = tls.authority_file(folder).read_bytes()
    assert "already" in refused(tls.new_authority, folder, NAMES, AT)
    assert tls.authority_file(folder).read_bytes() == before


def test_a_certificate_that_ends_soon_is_renewed_by_the_same_authority(folder):
    first = tls.new_authority(folder, NAMES, AT)
    found, was_renewed = tls.still_good(folder, AT + timedelta(days=300))
    assert (found.ends_at, was_renewed) == (first.ends_at, False)
    for days in (380, 800):  # near its end, and long after
        found, was_renewed = tls.still_good(folder, AT + timedelta(days=days))
        assert was_renewed and found.ends_at > AT + timedelta(days=days + 300)
        assert found.authority == first.authority
    assert found.names == NAMES


def test_an_authority_that_has_ended_makes_nothing(folder):
    tls.new_authority(folder, NAMES, AT)
    assert "ended on" in refused(tls.still_good, folder, AT + timedelta(days=6 * 366))


@pytest.mark.parametrize(
    "name", ["https://room", "room:8443", "", "-a.b", "a..b", "1.2.3", "bad name"]
)
def test_what_is_no_name_is_refused(name):
    assert "neither a host name nor an address" in refused(tls.checked_names, [name])


def test_without_tls_only_the_steps_are_shown_and_all_else_is_sent_on():
    import asyncio

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    front = Plain(inner, NAMES, 8443)

    def ask(path, method="GET", host=b"room.office.example:8080"):
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": b"a=1",
                 "headers": [(b"host", host)]}  # fmt: skip
        asyncio.run(front(scope, None, send))
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"location", b"").decode()

    assert ask("/tls") == (200, "")
    assert ask("/reports") == (307, "https://room.office.example:8443/reports?a=1")
    assert ask("/", host=b"evil.example")[1].startswith("https://room.office.example:8443/")
    assert ask("/", host=b"192.0.2.9")[1].startswith("https://192.0.2.9:8443/")
    assert ask("/reports", "POST") == (403, "")
    assert ask("/tls", "POST") == (403, "")


def test_the_steps_stand_open_with_the_fingerprint_and_the_certificate(
    client, db, monkeypatch, folder
):
    monkeypatch.setattr("anoa.room.views.tls._authority", lambda: tls.local_authority(folder))
    assert "Nothing needs to be installed" in client.get("/tls?language=en").content.decode()
    assert client.get("/tls/authority.crt").status_code == 404
    authority = tls.new_authority(folder, NAMES, AT).authority
    for language in ("id", "en"):
        page = client.get(f"/tls?language={language}").content.decode()
        assert authority.fingerprint[:23].replace(":", " ") in page
        assert "EXERCISE" in page if language == "en" else "LATIHAN" in page
    file = client.get("/tls/authority.crt")
    assert file.content == authority.der
    assert file["Content-Type"] == "application/x-x509-ca-cert"


SETTINGS = """
import argparse
from pathlib import Path
from anoa.cli.https import add_tls, prepared
import sys
parser = argparse.ArgumentParser(); add_tls(parser)
prepared(parser.parse_args(sys.argv[1:]))
from anoa.room import settings as s
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0,
      s.SECURE_PROXY_SSL_HEADER, s.ALLOWED_HOSTS[3:])
"""


def settings_of(data, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS, *args], env=environment(data), cwd=ROOT, text=True,
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_secure_cookies_come_with_tls_and_hsts_only_with_the_sites_certificate(tmp_path):
    now = datetime.now(UTC)  # the command itself looks at the clock
    data = tmp_path / "data"
    assert anoa(data, "tls", "new", "--name", "room.example").returncode == 0
    assert settings_of(data, "--tls") == "True True False None ['room.example']"
    file, key = site(tmp_path, begins=now - timedelta(days=1))
    given = settings_of(data, "--certificate", str(file), "--key", str(key))
    assert given == "True True True None ['room.example']"
    assert settings_of(data) == "False False False None []"


def test_the_command_tells_what_is_missing(tmp_path):
    for args, told in (
        (("serve", "--tls"), "anoa tls new --name"),
        (("serve", "--key", "x.key"), "name it by --certificate"),
        (("serve", "--http-port", "0"), "without --tls"),
        (("tls", "new"), "at least one name"),
        (("tls", "show"), "no local authority"),
    ):
        done = anoa(tmp_path / "data", *args)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert told in done.stderr


def test_a_room_over_tls_is_trusted_by_its_authority_alone(tmp_path):
    data, trusted = tmp_path / "data", tmp_path / "authority.pem"
    said = anoa(data, "tls", "new", "--ip", "127.0.0.1", "--out", str(trusted)).stdout
    process = subprocess.Popen(
        [sys.executable, "-m", "anoa", "demo", "--tls", "--port", "0", "--http-port", "0"],
        env=environment(data), cwd=ROOT, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        ports = [int(word) for word in _ports(process.stdout)]
        knowing = ssl.create_default_context(cafile=trusted)
        secure = http.client.HTTPSConnection("127.0.0.1", ports[0], context=knowing, timeout=30)
        secure.request("GET", "/accounts/login/")
        answer = secure.getresponse()
        assert answer.status == 200
        cookies = answer.headers.get_all("Set-Cookie")
        assert cookies and all("Secure" in one for one in cookies)
        assert answer.headers["Strict-Transport-Security"] is None
        plain = http.client.HTTPConnection("127.0.0.1", ports[1], timeout=30)
        plain.request("GET", "/tls")
        page = plain.getresponse().read().decode()
        fingerprint = said.partition("Fingerprint:  ")[2][:23].replace(":", " ")
        assert fingerprint in page
        plain = http.client.HTTPConnection("127.0.0.1", ports[1], timeout=30)
        plain.request("GET", "/reports")
        onward = plain.getresponse()
        assert onward.headers["Location"] == f"https://127.0.0.1:{ports[0]}/reports"
        stranger = http.client.HTTPSConnection(
            "127.0.0.1", ports[0], context=ssl.create_default_context(), timeout=30
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/")
    finally:
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0


def test_no_address_is_said_before_both_ports_are_there(tmp_path):
    data = tmp_path / "data"
    anoa(data, "tls", "new", "--ip", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = anoa(data, "demo", "--tls", "--port", "0", "--http-port", port)
    assert done.returncode == 2
    assert "name another by --http-port" in done.stderr
    assert "https://" not in done.stdout


def _ports(output) -> list[str]:
    """The port with TLS and the one without, as the command prints them."""
    found = []
    for line in output:
        for scheme in ("https://127.0.0.1:", "http://127.0.0.1:"):
            if scheme in line:
                found.append(line.partition(scheme)[2].partition("/")[0])
        if line.startswith("Without TLS"):
            return found
    raise AssertionError(found)
