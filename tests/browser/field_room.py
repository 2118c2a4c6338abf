"""A room over https with a local authority, a bad network before it, and a phone that forgets."""

import base64
import hashlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.room.running import ROOT, environment

PACK = ROOT / "packs" / "velmarra-2025"
MUCH = 20_000  # bytes of a connection: more than questions need, less than a picture
NUMBERS = {"ANOA_HELP_SMS": "+620000", "ANOA_HELP_CALLS": "Post:0401"}
PICTURE = "      - {name: picture, type: picture, label: {en: Picture of the place}}\n"
HELP = """
id: station-help
version: "1"
title: {en: Need help}
audience: [station_officer]
kinds: "*"
becomes: help
screens:
  - title: {en: What help}
    fields:
      - {name: sub_district, type: sub_district, label: {en: Ward}, required: true}
      - {name: polling_station, type: polling_station, label: {en: Station}, required: true}
      - name: need
        type: choice
        label: {en: What is needed}
        required: true
        choices:
          - {id: medical, name: {en: Medical help}}
          - {id: transport, name: {en: Transport}}
"""
SETUP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from anoa.cli.serve import opened_room
with opened_room() as folder:
    from anoa.pack import load_pack
    from anoa.picture import opening
    from anoa.room import exercise, record, tls
    from anoa.room.intake.tokens import NewToken, make
    from anoa.room.models import Operation
    at, pack = datetime.now(UTC), load_pack(Path(sys.argv[1]))
    operation = Operation.objects.create(
        ident=pack.id, pack_folder=exercise._snapshot(Path(sys.argv[1]), pack),
        pack_digest=pack.digest, time_zone=pack.time_zone, exercise=True,
    )
    from anoa.room import accounts
    one = pack.cast.get("guard-desk")
    print(accounts.admit(operation, [one])[one.id] if one else "-")
    first = opening(pack, pack.exercise.injects[0].at, exercise=True)
    record.write(operation, lambda picture: first)
    tls.new_authority(folder, ["127.0.0.1"], at)
    for phone in ("1", "2", "3"):
        wanted = NewToken(sys.argv[2], ["submit"], f"phone {phone}", region=sys.argv[3])
        print(make(operation, wanted, at))
"""


class FieldRoom:
    """The room's process, which can be killed and started again; it serves at another port then."""

    def __init__(self, folder: Path) -> None:
        pack = folder / "pack"
        shutil.copytree(PACK, pack)
        with (pack / "forms" / "incident.yaml").open("a") as form:
            form.write(PICTURE)
        (pack / "forms" / "station-help.yaml").write_text(HELP)
        self.set_up(folder, pack, "civic-guard")
        self.start()

    def set_up(self, folder: Path, pack: Path, agency: str, region: str = "") -> None:
        """Open the exercise without playing it; make an authority, a member and three tokens."""
        self.data = folder / "data"
        self.password, *self.tokens = subprocess.run(
            [sys.executable, "-c", SETUP, pack, agency, region], env=environment(self.data),
            cwd=ROOT, text=True, capture_output=True, check=True,
        ).stdout.split()  # fmt: skip

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "anoa", "serve", "--tls", "--port", "0"], text=True, cwd=ROOT,
            env=environment(self.data, **NUMBERS), stdout=subprocess.PIPE,
        )  # fmt: skip
        text = ""
        for line in self.process.stdout:
            text += line
            if found := re.search(r"https://127\.0\.0\.1:(\d+)/", text):
                break
        self.port = int(found[1])

    def kill(self) -> None:
        """As a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)

    def revoke(self, token: str) -> None:
        """End a token while no server runs, as ``anoa token revoke`` does."""
        ended = "UPDATE room_tokenrow SET revoked_at = made_at WHERE ident = ?"
        with closing(sqlite3.connect(self.data / "anoa.sqlite3", timeout=30)) as base, base:
            assert base.execute(ended, [token.split("_")[1]]).rowcount == 1

    def rows(self, columns: str = "sender_id, number, form") -> list[tuple]:
        """What is stored, read beside the server."""
        with closing(sqlite3.connect(self.data / "anoa.sqlite3", timeout=30)) as base:
            return base.execute(
                f"SELECT {columns} FROM room_submissionrow ORDER BY number"
            ).fetchall()

    @property
    def spki(self) -> str:
        """The hash of the server's key, by which a browser is told to trust this one alone."""
        pem = ssl.get_server_certificate(("127.0.0.1", self.port))
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Line:
    """A network between phone and room: it passes everything, or is bad in one of four ways.

    ``down``: there is none. ``mute``: it takes all bytes and brings none anywhere. With ``rate``
    it carries so many bytes a second from the phone. The others concern connections that carry a
    picture. ``lose``: all that the phone sends arrives, the answer is lost and the connection
    ends. ``cut``: the phone's bytes stop arriving in the middle; then it hangs, and ``hangs`` is
    set.
    """

    def __init__(self, room: FieldRoom) -> None:
        self.room, self.mode = room, "pass"
        self.hangs = threading.Event()
        self.rate = 0
        self.sent = self.received = 0  # bytes, by the phone
        self.door = socket.create_server(("127.0.0.1", 0))
        self.passed: dict[socket.socket, int] = {}
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.door.getsockname()[1]}/"

    def close(self) -> None:
        self.door.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection."""
        pairs, self.pairs = self.pairs, []
        for one in (end for pair in pairs for end in pair):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def carry(self, to: socket.socket, part: bytes) -> None:
        """Take as long as the line takes."""
        if self.rate:
            time.sleep(len(part) / self.rate)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                phone, _ = self.door.accept()
                if self.mode == "down":
                    phone.close()
                    continue
                try:
                    room = socket.create_connection(("127.0.0.1", self.room.port))
                except OSError:
                    phone.close()
                    continue
                self.pairs.append((phone, room))
                for work in (self._up, self._down):
                    threading.Thread(target=work, args=(phone, room), daemon=True).start()

    def _up(self, phone: socket.socket, room: socket.socket) -> None:
        with suppress(OSError):
            while part := phone.recv(8192):
                self.sent += len(part)
                self.passed[phone] = self.passed.get(phone, 0) + len(part)
                if self.mode == "cut" and self.passed[phone] > MUCH:
                    self.hangs.set()
                    continue
                if self.mode == "mute":
                    continue
                self.carry(room, part)
                room.sendall(part)
        self._end(phone, room)

    def _down(self, phone: socket.socket, room: socket.socket) -> None:
        with suppress(OSError):
            while part := room.recv(65536):
                if self.mode == "lose" and self.passed.get(phone, 0) > MUCH:
                    break
                self.received += len(part)
                self.carry(phone, part)
                phone.sendall(part)
        self._end(phone, room)

    def _end(self, *ends: socket.socket) -> None:
        for one in ends:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
