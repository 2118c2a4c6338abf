"""Digital seals of the record: signed heads of the operation log that anybody can check.

The log's leaf hashes form an RFC 6962 tree; its head is signed as a C2SP checkpoint, and other
institutions add C2SP cosignatures. ``verify_log`` compares a LOG file with its SEAL files.
"""

from anoa.seals.certificate import (
    Certificate,
    CertificateVerdict,
    parse_certificate,
    read_certificate,
    root_over,
    verify_certificate,
)
from anoa.seals.checkpoint import (
    Checked,
    Checkpoint,
    Cosigned,
    Signature,
    check_signatures,
    cosign,
    parse_checkpoint,
    sign_checkpoint,
    spoken,
)
from anoa.seals.keys import (
    KeyKind,
    PrivateKey,
    PublicKey,
    key_text,
    parse_keys,
    parse_private_key,
    parse_vkey,
    read_keys,
    read_private_key,
    write_private_key,
)
from anoa.seals.proof import LogProof, parse_proof, read_proof
from anoa.seals.receipt import (
    ReceiptFile,
    ReceiptVerdict,
    commitment_to,
    make_receipt,
    parse_receipt,
    read_receipt,
    verify_receipt,
)
from anoa.seals.sealfile import SealFile, make_seal, parse_seal, read_seal
from anoa.seals.tree import (
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from anoa.seals.verdict import Verdict, inconsistency, verify_log

__all__ = [
    "Certificate", "CertificateVerdict", "Checked", "Checkpoint", "Cosigned", "Frontier",
    "KeyKind", "LogProof", "PrivateKey", "PublicKey", "ReceiptFile", "ReceiptVerdict",
    "SealFile", "Signature", "Tree", "Verdict", "check_signatures", "commitment_to",
    "consistency_proof", "cosign", "inclusion_proof", "inconsistency", "key_text",
    "make_receipt", "make_seal", "parse_certificate", "parse_checkpoint", "parse_keys",
    "parse_private_key", "parse_proof", "parse_receipt", "parse_seal", "parse_vkey",
    "read_certificate", "read_keys", "read_private_key", "read_proof", "read_receipt",
    "read_seal", "root_of", "root_over", "sign_checkpoint", "spoken", "verify_certificate",
    "verify_consistency", "verify_inclusion", "verify_log", "verify_receipt",
    "write_private_key",
]  # fmt: skip
