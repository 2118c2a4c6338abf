"""Certificates of this machine: read and judged, or made by a local authority of the site's own.

keys/tls-authority.pem   key and certificate of the local authority, mode 0600
keys/tls-server.pem      key and certificate of the server, mode 0600, replaced as one file

The authority's certificate is handed to phones. It can vouch for the names it was made for and
for no other, so that a stolen key of it opens nothing else that a phone asks for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from re import fullmatch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from anoa.errors import StorageError
from anoa.room.storage import DataFolder, storage_errors

SERVER_DAYS = 397  # longer ones are refused by phones
AUTHORITY_DAYS = 5 * 366
RENEW_DAYS = 30
CLOCK_SLACK = timedelta(days=1)  # phones whose clock is slow
HOST_NAME = (
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows: its file or files, its names, and until when it holds.

    ``authority`` is the local authority that made it; None for the site's own certificate.
    """

    file: Path
    key_file: Path | None
    names: tuple[str, ...]
    ends_at: datetime
    authority: Authority | None = None

    @property
    def is_local(self) -> bool:
        """Whether a local authority vouches for it, and so only phones that were prepared."""
        return self.authority is not None

    def days_left(self, at: datetime) -> int:
        """Whole days until it ends."""
        return (self.ends_at - at).days


@dataclass(frozen=True, slots=True)
class Authority:
    """The local authority: its certificate, for phones to trust."""

    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The certificate as phones take it."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate as pairs of digits, as phones show it."""
        return self.certificate.fingerprint(SHA256()).hex(":").upper()

    @property
    def name(self) -> str:
        """The name under which a phone lists it."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def ends_at(self) -> datetime:
        """Until when it can vouch."""
        return self.certificate.not_valid_after_utc


# -- the site's own certificate ---------------------------------------------------------------


def site_certificate(file: Path, key_file: Path | None, at: datetime) -> Certificate:
    """The site's certificate, judged; StorageError says in a sentence why it cannot be served.

    Without ``key_file`` the key is expected in the same file.
    """
    certificate = _read_certificate(file)
    key = _read_key(key_file or file)
    if _public_bytes(certificate.public_key()) != _public_bytes(key.public_key()):
        raise StorageError(
            "the key {key} does not belong to the certificate {file}: name the pair that was "
            "issued together",
            key=key_file or file, file=file,
        )  # fmt: skip
    names = _names_of(certificate)
    if not names:
        raise StorageError(
            "the certificate {file} names no host (subject alternative name), so every browser "
            "refuses it: ask for one that names this machine",
            file=file,
        )
    _refuse_wrong_time(certificate, file, at)
    return Certificate(file, key_file, names, certificate.not_valid_after_utc)


def _refuse_wrong_time(certificate: x509.Certificate, file: Path, at: datetime) -> None:
    if at > certificate.not_valid_after_utc:
        raise StorageError(
            "the certificate {file} ended on {day}: every browser refuses it; renew it",
            file=file, day=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        )  # fmt: skip
    if at < certificate.not_valid_before_utc:
        raise StorageError(
            "the certificate {file} holds from {day} on only: see whether the clock of this "
            "machine ({now}) is right",
            file=file, day=f"{certificate.not_valid_before_utc:%Y-%m-%d}", now=f"{at:%Y-%m-%d}",
        )  # fmt: skip


def _public_bytes(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(
            "{file} cannot be read: {why}", file=file, why=error.strerror or error
        ) from error


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(_read(file))[0]
    except ValueError as error:
        raise StorageError(
            "{file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file=file
        ) from error


def _read_key(file: Path) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(_read(file), None)
    except TypeError as error:
        raise StorageError(
            "the key {file} is locked with a passphrase, and nobody is there to type it when "
            "anoa starts: use one without, mode 0600",
            file=file,
        ) from error
    except ValueError as error:
        raise StorageError("{file} holds no private key in PEM form", file=file) from error


def _names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts: list[str] = said.get_values_for_type(x509.DNSName)
    return (*hosts, *(str(one) for one in said.get_values_for_type(x509.IPAddress)))


# -- the local authority ----------------------------------------------------------------------


def authority_file(folder: DataFolder) -> Path:
    """Where the local authority lies."""
    return folder.keys / "tls-authority.pem"


def server_file(folder: DataFolder) -> Path:
    """Where key and certificate of the server lie that the local authority made."""
    return folder.keys / "tls-server.pem"


def local_authority(folder: DataFolder) -> Authority | None:
    """The local authority of the data folder; None where none was made."""
    file = authority_file(folder)
    return Authority(_read_certificate(file)) if file.exists() else None


def _authority(folder: DataFolder) -> Authority:
    if (found := local_authority(folder)) is None:
        raise StorageError(
            "there is no local authority in {path}: make one by anoa tls new --name NAME, or "
            "name the site's certificate by --certificate and --key",
            path=folder.keys,
        )
    return found


def local_certificate(folder: DataFolder, at: datetime) -> Certificate:
    """The certificate that the local authority made for this server, judged."""
    authority = _authority(folder)
    found = site_certificate(server_file(folder), None, at)
    return Certificate(found.file, None, found.names, found.ends_at, authority)


def new_authority(folder: DataFolder, names: Sequence[str], at: datetime) -> Certificate:
    """Make a local authority for those names and a certificate of the server.

    Raises StorageError for a name that is none, and where an authority lies already: phones that
    trust that one would have to be prepared anew.
    """
    names = checked_names(names)
    if authority_file(folder).exists():
        raise StorageError(
            "there is a local authority in {path} already: renew the certificate by anoa tls "
            "renew; to begin anew, for other names or after a theft, move {file} away first",
            path=folder.keys, file=authority_file(folder),
        )  # fmt: skip
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(f"anoa {names[0]} {at:%Y-%m-%d}")
    certificate = (
        _begun(name, name, key.public_key(), at, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_constraints(names), critical=True)
        .sign(key, SHA256())
    )
    _write(authority_file(folder), key, certificate)
    return renewed(folder, names, at)


def renewed(folder: DataFolder, names: Sequence[str], at: datetime) -> Certificate:
    """Make a new certificate of the server, by the local authority; phones notice nothing.

    Raises StorageError when the authority is missing, has ended, or may not vouch for a name.
    """
    file = authority_file(folder)
    authority = _authority(folder)
    signer = _read_key(file)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # as new_authority makes it
    if at >= authority.ends_at:
        raise StorageError(
            "the local authority ended on {day}: move {file} away, make a new one by anoa tls "
            "new, and prepare the phones for it",
            day=f"{authority.ends_at:%Y-%m-%d}", file=file,
        )  # fmt: skip
    names = checked_names(names)
    _refuse_foreign_names(authority, names, file)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(f"anoa at {names[0]}")
    days = min(SERVER_DAYS, (authority.ends_at - at).days) - 1
    certificate = (
        _begun(subject, authority.certificate.subject, key.public_key(), at, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general(one) for one in names]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, SHA256())
    )
    _write(server_file(folder), key, certificate)
    return local_certificate(folder, at)


def served_names(folder: DataFolder) -> tuple[str, ...]:
    """The names in the server's present certificate, whether it has ended or not."""
    return _names_of(_read_certificate(server_file(folder)))


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names and addresses, each once, hosts first; StorageError for one that is neither.

    >>> checked_names(["Room.Office.Example", "192.168.1.9"])
    ('room.office.example', '192.168.1.9')
    """
    hosts: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for one in names:
        text = one.strip().lower().rstrip(".")
        if _is_address(text):
            addresses[str(ip_address(text))] = None
        elif fullmatch(HOST_NAME, text) and not text.replace(".", "").isdigit():
            hosts[text] = None
        else:
            raise StorageError(
                "'{name}' is neither a host name nor an address: write room.office.example or "
                "192.168.1.9, without https:// and without a port",
                name=one,
            )
    if not hosts and not addresses:
        raise StorageError("a certificate needs at least one name: --name or --ip")
    return (*hosts, *addresses)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if _is_address(name) else x509.DNSName(name)


def _constraints(names: Sequence[str]) -> x509.NameConstraints:
    """What the authority may vouch for: these names and addresses, nothing else of either kind."""
    permitted: list[x509.GeneralName] = []
    excluded: list[x509.GeneralName] = []
    versions = set()
    for one in names:
        if _is_address(one):
            network = ip_network(one)
            versions.add(network.version)
            permitted.append(x509.IPAddress(network))
        else:
            permitted.append(x509.DNSName(one))
    if not versions:
        excluded += [x509.IPAddress(IPv4Network("0.0.0.0/0")), x509.IPAddress(IPv6Network("::/0"))]
    if all(_is_address(one) for one in names):
        excluded.append(x509.DNSName(""))
    return x509.NameConstraints(permitted, excluded or None)


def _refuse_foreign_names(authority: Authority, names: Sequence[str], file: Path) -> None:
    known = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    trees = known.permitted_subtrees or []
    hosts = [str(one.value) for one in trees if isinstance(one, x509.DNSName)]
    nets = [str(one.value) for one in trees if isinstance(one, x509.IPAddress)]
    for one in names:
        if _is_address(one):
            fits = str(ip_network(one)) in nets
        else:
            fits = any(one == host or one.endswith(f".{host}") for host in hosts)
        if not fits:
            raise StorageError(
                "this local authority may not vouch for {name}: it was made for {known}; move "
                "{file} away and make a new one by anoa tls new",
                name=one, known=", ".join([*hosts, *nets]), file=file,
            )  # fmt: skip


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_SLACK)
        .not_valid_after(at - CLOCK_SLACK + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(text: str) -> x509.Name:
    # With a space, so that no client takes the common name for a host name and judges it as one.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(file: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Both in one file, readable by its owner only, whole or not at all."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with storage_errors(file.parent):
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(text + certificate.public_bytes(Encoding.PEM))
            out.flush()
            os.fsync(handle)
        fresh.replace(file)


def still_good(folder: DataFolder, at: datetime) -> tuple[Certificate, bool]:
    """The local certificate, and whether it was renewed just now because it ends soon.

    A room must not go dark because nobody thought of a date: the authority lies on this machine.
    """
    file = server_file(folder)
    if authority_file(folder).exists() and file.exists():
        worn = _read_certificate(file)
        if at > worn.not_valid_after_utc - timedelta(days=RENEW_DAYS):
            return renewed(folder, _names_of(worn), at), True
    return local_certificate(folder, at), False
