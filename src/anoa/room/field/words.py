"""What the form on a phone says, in every language of the room; the phone carries them along."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_noop as _

WORDS = {
    "title": _("Field reports"),
    "need_token": _("This phone has no access yet"),
    "token_how": _("Open the link that the post gave you, or paste its code here."),
    "token": _("Access code"),
    "token_take": _("Use this code"),
    "token_bad": _("This is no access code: it begins with anoa_."),
    "insecure": _(
        "This page was not opened over https, so nothing can be kept safely on this phone. Open "
        "the https address that the post gave you."
    ),
    "old_browser": _("This browser cannot keep reports safely: use a newer one."),
    "loading": _("Loading …"),
    "no_forms_yet": _("The forms are not on this phone yet. Go where there is a network once."),
    "form_gone": _("This form is no longer on this phone: ask the post."),
    "no_forms": _("There is no form for this access code: ask the post."),
    "ready_offline": _("Ready: everything needed is on this phone. It works without a network."),
    "not_ready": _("Not ready for work without a network yet."),
    "offline": _("No network. What you finish is kept on this phone and is sent later."),
    "online": _("Network is there."),
    "silent": _("The network does not answer. What you finish is kept on this phone."),
    "denied": _(
        "This phone's access has ended: {why}. Nothing is lost: drafts and unsent reports are "
        "kept here. Ask the post for a new link and open it on this phone."
    ),
    "clock_fast": _("The clock of this phone is {n} minutes fast. Set it right."),
    "clock_slow": _("The clock of this phone is {n} minutes slow. Set it right."),
    "space_low": _("This phone has little room left: send what waits, then make room."),
    "space_full": _("There is no room left on this phone: this was not kept. Make room first."),
    "forms": _("Forms"),
    "sealed": _("Sealed forms"),
    "sealed_hint": _(
        "They are encrypted to one institution and sent at once. They need a network, and nothing "
        "of them is kept on this phone."
    ),
    "drafts": _("Drafts"),
    "draft_open": _("Continue"),
    "draft_delete": _("Delete the draft"),
    "kept_at": _("kept {time}"),
    "outbox": _("My reports"),
    "outbox_empty": _("Nothing yet."),
    "state_waiting": _("On this phone, not sent"),
    "state_sent": _("Sent, no receipt yet"),
    "state_received": _("Received: number {number}"),
    "state_refused": _("Not taken"),
    "state_expired": _("Expired after two hours, not sent any more"),
    "receipt_code": _("Code {code}, {time}"),
    "receipt_link": _("What became of it (number {number})"),
    "sent_hint": _("It is sent again until the receipt comes; it is never counted twice."),
    "next_try": _("Next try at {time}"),
    "send_now": _("Send now"),
    "as_draft": _("Open as a draft"),
    "delete": _("Delete"),
    "forget_received": _("Remove received ones from this list"),
    "step_of": _("Page {n} of {of}"),
    "next": _("Next"),
    "back": _("Back"),
    "send": _("Send"),
    "home": _("To the beginning"),
    "draft_kept": _("Draft kept on this phone."),
    "optional": _("may stay blank"),
    "choose": _("Choose"),
    "choose_first": _("Choose the sub-district first"),
    "placeholders": _("Numbers stand in until the register of polling stations is imported."),
    "needed": _("This is needed."),
    "not_whole": _("Write a whole number from 0."),
    "not_number": _("Write a number from 0."),
    "too_small": _("At least {n}."),
    "too_large": _("At most {n}."),
    "too_long": _("At most {n} characters."),
    "not_station": _("Write the number of the polling station."),
    "mend": _("Not done yet: {n} answers need mending."),
    "difference": _("There must be {expected}; difference {difference}."),
    "others": _("Others ({n})"),
    "now": _("Now"),
    "picture_remove": _("Remove the picture"),
    "picture_made": _("{kb} kB; place and device were taken out of the file."),
    "picture_bad": _("This picture cannot be read."),
    "point_take": _("Use where this phone is now"),
    "point_bad": _("The phone does not know where it is."),
    "help": _("Need help"),
    "help_send": _("Ask for help"),
    "help_unsent": _("Not sent: no person has answered yet."),
    "help_on_phone": _("It is still on this phone."),
    "help_in_room": _("The room has it under number {number}, but nobody has answered."),
    "help_answered": _("A person has answered. Help was acknowledged."),
    "help_over": _("Two hours are over and nobody answered. Call, or ask again."),
    "help_until": _("Holds until {time}."),
    "help_sms": _("Write an SMS"),
    "help_sms_hint": _("Without a network the SMS is the surer way. It is yours to send."),
    "help_call": _("Call {name}"),
    "help_no_numbers": _("The post has set no number here. Use the one on your paper."),
    "help_sms_text": _("HELP {station}: {need}. {time}"),
    "leave": _("Leave this phone"),
    "leave_hint": _("Removes the access code, all drafts and everything unsent from this phone."),
    "leave_sure": _("{n} reports or drafts were never received. They will be lost. Really leave?"),
    "leave_clean": _("Nothing unsent is here. Really leave?"),
    "leave_yes": _("Leave and erase"),
    "leave_no": _("Stay"),
    "left": _("Everything was erased from this phone."),
    "begin_anew": _("Begin anew"),
    "fetch": _("Fetch the forms anew"),
    "fetched": _("Forms of {time}"),
    "of_agency": _("for {agency}"),
    "failed": _("Something went wrong on this phone: {why}"),
}


def words_by_language() -> dict[str, dict[str, str]]:
    """Language → key → words, for every language of the room."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[language] = {key: gettext(text) for key, text in WORDS.items()}
            found[language]["language"] = get_language_info(language)["name_local"]
    return found
