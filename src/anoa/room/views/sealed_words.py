"""What the modules of the sealed pages say; they have no words of their own."""

from __future__ import annotations

from django.utils.translation import gettext as _


def _common() -> dict[str, str]:
    return {
        "unable": _("This browser cannot encrypt here: it is too old, or the page did not come by "
                    "a secure address (https). Nothing can be sealed or opened."),
        "lost_line": _("The server did not answer. Nothing is lost on this page: try again."),
        "signed_out": _("The screen was locked or you were signed out. Open it again and repeat."),
        "no_key_file": _("This is no key file of anoa."),
        "damaged_key_file": _("This key file is damaged: use the other copy."),
        "needs_passphrase": _("This key file asks for its passphrase."),
        "wrong_passphrase": _("The passphrase does not open this key file."),
        "choose_file": _("Choose the key file first."),
    }  # fmt: skip


def sending() -> dict[str, str]:
    """What the form that seals says."""
    return _common() | {
        "needed": _("this is needed"),
        "not_whole": _("write a whole number from 0"),
        "not_number": _("write a number from 0"),
        "too_long": _("this is too long"),
        "too_large": _("The pictures are too large to be sealed: leave one out."),
        "picture_bad": _("This picture cannot be read: choose another one, in the form JPEG."),
        "wrong": _("Some of what was filled in cannot be used. Nothing was sent."),
        "sealing": _("It is being encrypted and sent …"),
        "key_replaced": _("The key was replaced while you wrote. Nothing was sent. Compare the new "
                          "fingerprint, then send again: what you wrote still stands here."),
        "sent": _("It is sealed and stored. Keep this code: by it you can ask what became of it."),
    }  # fmt: skip


def opening() -> dict[str, str]:
    """What the list that opens says."""
    return _common() | {
        "loaded": _("The key is in the memory of this page only. It opens what is marked."),
        "other_institution": _("This key file is of another institution or another room."),
        "forgotten": _("The key and what was opened are gone from this page."),
        "opens": _("your key file opens it"),
        "other_key": _("another key opens it"),
        "wrong_key": _("It was sealed to another key: load the key file with the fingerprint named "
                       "beside it. If that key is lost, this text is lost."),
        "swapped": _("This is not the text that was sealed for this submission: somebody moved it. "
                     "Tell the administrator and the auditor."),
        "does_not_open": _("It does not open: it was changed after it was sealed, or it was sealed "
                           "for another submission. Tell the administrator and the auditor."),
        "no_envelope": _("What is stored here is no sealed text: it was damaged."),
        "unknown_form": _("It answers a form that this pack no longer has: {form} {version}."),
        "picture": _("Picture"),
        "blank": _("nothing was filled in"),
        "close": _("Close it"),
    }  # fmt: skip


def ceremony() -> dict[str, str]:
    """What the page that makes a key says."""
    return _common() | {
        "passphrases_differ": _("The two passphrases differ."),
        "short_passphrase": _("Take at least 12 characters, or leave both blank."),
        "made": _("The key is made and stands in no place but the two files. Save both now, on two "
                  "carriers, and then choose them below."),
        "same_copy": _("These are not the two copies: choose copy 1 and copy 2 of one key."),
        "not_read": _("A copy cannot be read: it is not what was downloaded."),
        "published_already": _("This key was published already."),
        "proved": _("Both copies opened the test text. Now publish the key with its fingerprint:"),
        "not_proved": _("A copy did not open the test text. The key is not published."),
    }  # fmt: skip
