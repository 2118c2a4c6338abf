"""Messages: pasted text into drafts that a person confirms, and reports out as text.

``parse_messages`` reads, ``message_text`` writes. All words are the pack's (``messages.yaml``).
"""

from anoa.messages.reading import REPORT, ROUTINE, parse_messages, read_message
from anoa.messages.splitting import split_messages
from anoa.messages.values import (
    FIELDS,
    UNKNOWN,
    Mark,
    MessageDraft,
    MessageField,
    RawMessage,
)
from anoa.messages.writing import message_text

__all__ = [
    "FIELDS", "REPORT", "ROUTINE", "UNKNOWN", "Mark", "MessageDraft", "MessageField", "RawMessage",
    "message_text", "parse_messages", "read_message", "split_messages",
]  # fmt: skip
