// A call for help, until a person answers. It makes no sound here, whatever happens.

import { button, clock, el, said, say, timeText } from "./parts.js";

function standing(item) {
  if (item.head.ended === "acknowledged") return ["help_answered", ""];
  if (item.head.ended || item.state === "expired" || item.expires_at < Date.now()) return ["help_over", ""];
  if (item.state === "refused") return ["help_unsent", item.head.why];
  if (item.state === "received") return ["help_unsent", say("help_in_room", item.head)];
  return ["help_unsent", say("help_on_phone")];
}

function smsLink(item, number) {
  const place = { station: item.head.station, need: said(item.head.need), time: clock(item.made_at) };
  const text = say("help_sms_text", place);
  return `sms:${number}?&body=${encodeURIComponent(text)}`;
}

// Opens the SMS of the call that was made last; it is the sender's to send.
export function openSms() {
  const link = document.querySelector("a.sms");
  if (link) link.click();
}

export function helpCard(item, numbers, isUnsure, remove) {
  const [key, note] = standing(item);
  const isDone = key === "help_answered";
  const ways = [];
  if (!isDone) {
    if (numbers.sms) ways.push(el("a", { class: "do sms", href: smsLink(item, numbers.sms) }, say("help_sms")));
    for (const one of numbers.calls) ways.push(el("a", { class: "do", href: `tel:${one.number}` }, say("help_call", one)));
    if (!ways.length) ways.push(el("p", {}, say("help_no_numbers")));
  }
  return el("section", { class: `call ${isDone ? "done" : "open"}`, "data-call": item.id, role: "status" },
    el("h2", {}, `${item.head.station}: ${said(item.head.need)}`),
    el("p", {}, el("strong", {}, say(key)), note && ` ${note}`),
    key === "help_unsent" && el("p", { class: "soft" }, say("help_until", { time: timeText(item.expires_at) })),
    !isDone && numbers.sms && isUnsure && el("p", {}, say("help_sms_hint")),
    el("p", { class: "row" }, ways),
    key !== "help_unsent" && el("p", {}, button("delete", remove, { class: "small" })));
}
