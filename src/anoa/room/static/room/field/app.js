// The form on a phone: what stands where, and what is told. Made to work for days without a network.

import { fill, freshState, queue, stateOf } from "./fill.js";
import { helpCard, openSms } from "./help.js";
import { button, clock, el, said, say, show, showAnew, speak, tell, timeText } from "./parts.js";
import { ask, clockOff, isSilent, post, postCall } from "./room.js";
import { alone, expire, isCall, sendAll } from "./sending.js";
import { eraseVault, openVault } from "./vault.js";

const TOKEN = /^anoa_[a-z2-7]{10}_[a-z2-7]{32}$/;
const LOOK_MS = 5000;
const STAND_MS = 15000;
const CLOCK_MS = 120000;
const CALL_MS = 6 * 60 * 60 * 1000; // so long it is asked whether a call was answered, if late
const HESITATES_MS = 4500; // after that a call is offered as an SMS; a tap still counts for 5 s
const LOW_BYTES = 20e6;

let words = {};
let vault = null;
let forms = null; // {said, tag, at} as the room gave them
let places = null;
let denied = "";
let isLost = false; // the last try found no network
let isReady = false;
let isHome = false;
let turn = 0; // counts what was opened, so that a late redraw never covers it
let keepNow = async () => {};

function failed(error) {
  const isFull = error && error.name === "QuotaExceededError";
  tell(isFull ? say("space_full") : say("failed", { why: error.message || error }), true);
}

const isOffline = () => isLost || navigator.onLine === false;
const isUnsure = () => isOffline() || isSilent();
const redraw = async () => isHome && draw(turn);
const guarded = (work) => (...args) => Promise.resolve(work(...args)).catch(failed);

// -- what is taken along ----------------------------------------------------------------------

async function fetchOne(token, name) {
  const held = await vault.kept(name);
  const answer = await ask(token, `/field/${name}.json`, { tag: held && held.tag });
  if (answer.status === 401 || answer.status === 403) {
    denied = (answer.said && answer.said.detail) || String(answer.status);
  } else if (answer.status === 304 && held) {
    denied = "";
    await vault.keep(name, { ...held, at: Date.now() });
  } else if (answer.status === 200 && answer.said) {
    denied = "";
    await vault.keep(name, { said: answer.said, tag: answer.tag, at: Date.now() });
  }
}

async function fetchLists() {
  const token = await vault.kept("token");
  if (!token) return;
  try {
    if (navigator.onLine === false) throw new Error("no network");
    await Promise.all([fetchOne(token, "forms"), fetchOne(token, "places")]);
    isLost = false;
  } catch {
    isLost = true;
  }
  await readLists();
}

async function readLists() {
  if (!vault) return;
  forms = await vault.kept("forms");
  places = await vault.kept("places");
  if (!forms) return;
  document.getElementById("operation").textContent = said(forms.said.operation);
  for (const id of ["notice", "notice-last"]) {
    const line = document.getElementById(id);
    line.textContent = said(forms.said.notice);
    line.hidden = !line.textContent;
  }
  const ours = forms.said.languages.filter((code) => words[code]);
  if (ours.length && !ours.includes(document.documentElement.lang)) speak(words, ours[0]);
  languages();
}

// -- sending ----------------------------------------------------------------------------------

async function send(force) {
  if (!force && navigator.onLine === false) {
    await alone(() => expire(vault));
    return redraw();
  }
  const told = guarded(redraw);
  guarded(sendCalls)(force);
  const which = (one) => !isCall(one);
  const sum = await alone(() => sendAll(vault, post, { force, which, told }));
  if (!sum) return redraw();
  if (sum.denied) await fetchLists();
  else if (sum.received) denied = "";
  if (sum.received || sum.lost) isLost = sum.lost && !sum.received;
  return redraw();
}

// Calls wait for nothing: they go beside what is being sent. The room counts a call once by its id.
let calling = false;

async function sendCalls(force) {
  if (calling) return;
  calling = true;
  try {
    const sum = await sendAll(vault, postCall, { force, which: isCall, told: guarded(redraw) });
    if (sum.received || sum.lost) isLost = sum.lost && !sum.received;
    if (sum.denied) await fetchLists();
    else if (sum.received) denied = "";
  } finally {
    calling = false;
  }
}

// On a line that is dead though the phone calls it connected, the SMS comes forward.
async function hesitate(id) {
  await new Promise((done) => setTimeout(done, HESITATES_MS));
  const item = (await vault.items()).find((one) => one.id === id);
  if (!item || item.state === "received" || !isHome) return;
  await redraw();
  openSms();
}

async function askBackground() {
  try {
    const worker = await navigator.serviceWorker.ready;
    if (worker.sync) await worker.sync.register("send");
  } catch {
    // this browser sends only while the page is open
  }
}

// A call for help stays unsent until a person answers: ask how the calls stand.
async function lookAtCalls() {
  const items = await vault.items();
  const since = Date.now() - CALL_MS;
  const isOpen = (one) => isCall(one) && one.state === "received" && one.made_at > since;
  const open = items.filter((one) => isOpen(one) && !one.head.ended);
  const token = await vault.kept("token");
  if (!open.length || !token || denied || navigator.onLine === false) return;
  const body = JSON.stringify({ ids: open.map((one) => one.id) });
  const answer = await ask(token, "/field/standing", { body }).catch(() => null);
  if (!answer || !answer.said || !answer.said.standing) return;
  for (const one of open) {
    const ended = answer.said.standing[one.id];
    if (["acknowledged", "expired"].includes(ended)) await vault.mark(one.id, {}, { ...one.head, ended });
  }
  await redraw();
}

// -- pages ------------------------------------------------------------------------------------

function open(form, values, isHelp) {
  start(freshState(form, places.said, values), isHelp);
}

async function reopen(item) {
  const state = await stateOf(vault, item, forms.said.forms, places.said);
  if (state) start(state, false);
  else tell(say("form_gone"), true);
}

function away() {
  isHome = false;
  turn += 1;
}

function start(state, isHelp) {
  away();
  const done = guarded(async (whole) => {
    const { sub_district, polling_station } = whole.values;
    const extra = {};
    if (whole.form.becomes === "help") {
      const need = whole.form.screens.flatMap((one) => one.fields).find((one) => one.name === "need");
      const chosen = need.choices.find((one) => one.id === whole.values.need);
      extra.station = polling_station;
      extra.need = chosen ? chosen.name : {};
    }
    const id = await queue(vault, whole, extra);
    if (polling_station) await vault.keep("post", { sub_district, polling_station });
    await home();
    if (isHelp && isOffline()) openSms();
    else if (isHelp) guarded(hesitate)(id);
    guarded(send)(false);
    guarded(askBackground)();
    if (navigator.storage && navigator.storage.persist) guarded(() => navigator.storage.persist())();
    return true;
  });
  const sendWord = isHelp ? "help_send" : "send";
  keepNow = fill(vault, state, 0, { done, home: guarded(home), failed, sendWord, isKept: !isHelp });
}

function stateLine(item) {
  const key = { waiting: "state_waiting", sent: "state_sent", received: "state_received",
    refused: "state_refused", expired: "state_expired" }[item.state];
  const line = el("strong", { class: `state ${item.state}` }, say(key, item.head));
  const notes = [];
  if (item.state === "received") {
    notes.push(say("receipt_code", { code: item.head.code, time: timeText(item.head.received_at) }));
  }
  if (item.state === "sent") notes.push(say("sent_hint"));
  if (["waiting", "sent"].includes(item.state) && item.next_at > Date.now()) {
    notes.push(say("next_try", { time: clock(item.next_at) }));
  }
  if (item.head.why) notes.push(item.head.why);
  return [line, ...notes.map((text) => el("span", { class: "soft" }, ` ${text}`)), ...receiptLink(item)];
}

function receiptLink({ state, head: { code, number } }) {
  if (state !== "received" || !code) return [];
  const href = `/receipt/${encodeURIComponent(code)}?number=${number}&language=${document.documentElement.lang}`;
  return [" ", el("a", { href }, say("receipt_link", { number }))];
}

function itemLine(item) {
  const acts = [];
  if (item.state === "refused") {
    acts.push(button("as_draft", guarded(async () => reopenRefused(item)), { class: "small" }));
  }
  if (["refused", "expired"].includes(item.state)) {
    acts.push(button("delete", guarded(async () => {
      await vault.remove(item.id);
      await home();
    }), { class: "small" }));
  }
  return el("li", { "data-id": item.id, "data-state": item.state },
    el("span", {}, `${said(item.head.title)} · ${timeText(item.made_at)}`), el("br"), stateLine(item), acts);
}

// What the room did not take is mended as a new report with an id of its own.
async function reopenRefused(item) {
  const body = JSON.parse(new TextDecoder().decode(await vault.content(item.id)));
  const form = forms.said.forms.find((one) => one.id === body.form);
  if (!form) {
    tell(say("form_gone"), true);
    return;
  }
  const state = freshState(form, places.said, {});
  for (const [name, value] of Object.entries(body.fields)) {
    const field = form.screens.flatMap((one) => one.fields).find((one) => one.name === name);
    if (!field) continue;
    state.values[name] = field.type === "time" ? value.slice(0, 16) : typeof value === "number" ? String(value) : value;
  }
  for (const one of body.attachments) state.pictures[one.name.replace(/\.jpg$/, "")] = { ...one, kb: 0 };
  await vault.remove(item.id);
  start(state, false);
}

function draftLine(item) {
  return el("li", {}, el("span", {}, `${said(item.head.title)} · ${say("kept_at", { time: timeText(item.head.at) })}`), el("br"),
    button("draft_open", guarded(() => reopen(item)), { class: "small do" }), " ",
    button("draft_delete", guarded(async () => {
      await vault.remove(item.id);
      await home();
    }), { class: "small" }));
}

async function warnings() {
  const lines = [];
  const off = Math.round(clockOff() / 60000);
  if (denied) lines.push(say("denied", { why: denied }));
  if (Math.abs(clockOff()) > CLOCK_MS) {
    lines.push(say(off > 0 ? "clock_fast" : "clock_slow", { n: Math.abs(off) }));
  }
  if (navigator.storage && navigator.storage.estimate) {
    const room = await navigator.storage.estimate();
    if (room.quota - room.usage < LOW_BYTES) lines.push(say("space_low"));
  }
  return lines.map((text) => el("p", { class: "bad", role: "alert" }, text));
}

function standingLine() {
  const net = isOffline() ? say("offline") : isSilent() ? say("silent") : say("online");
  const ready = isReady && forms && places ? say("ready_offline") : say("not_ready");
  return el("p", { class: "soft", id: "standing" }, `${net} ${ready}`);
}

async function home() {
  turn += 1;
  await draw(turn);
}

async function removed(item) {
  await vault.remove(item.id);
  await home();
}

// Sealed forms have pages of their own: nothing of them is kept here, and they need the network.
function sealedForms() {
  const list = (forms && forms.said.sealed) || [];
  if (!list.length) return [];
  const open_ = async (one) => {
    const token = await vault.kept("token");
    location.assign(`/t/${encodeURIComponent(token)}/forms/${encodeURIComponent(one.id)}`);
  };
  return [
    el("h2", {}, say("sealed")), el("p", { class: "soft" }, say("sealed_hint")),
    ...list.map((one) =>
      el("button", { type: "button", class: "form", "data-sealed": one.id, disabled: isOffline(), onclick: guarded(() => open_(one)) },
        said(one.title), el("small", {}, said(one.about)))),
  ];
}

async function draw(mine) {
  const items = await vault.items();
  const post_ = (await vault.kept("post")) || {};
  const notes = await warnings();
  const list = forms ? forms.said.forms : [];
  const help = list.find((one) => one.becomes === "help");
  const drafts = items.filter((one) => one.state === "draft");
  const calls = items.filter((one) => isCall(one) && one.state !== "draft");
  const outbox = items.filter((one) => !isCall(one) && one.state !== "draft");
  if (mine !== turn) return;
  const page = [
    ...notes,
    help && places && el("button", { type: "button", id: "help", class: "help", onclick: guarded(() => open(help, post_, true)) }, say("help")),
    ...calls.map((one) => helpCard(one, forms.said.help, isUnsure(), guarded(() => removed(one)))),
    standingLine(),
    el("h2", {}, say("forms")),
    !forms || !places ? el("p", {}, say("no_forms_yet")) : !list.length && el("p", {}, say("no_forms")),
    ...(places ? list : []).filter((one) => one !== help).map((one) =>
      el("button", { type: "button", class: "form", "data-form": one.id, onclick: guarded(() => open(one, post_, false)) },
        said(one.title), el("small", {}, said(one.about)))),
    ...sealedForms(),
    ...(drafts.length ? [el("h2", {}, say("drafts")), el("ul", { id: "drafts" }, drafts.map(draftLine))] : []),
    el("h2", {}, say("outbox")),
    outbox.length ? el("ul", { id: "outbox" }, outbox.map(itemLine)) : el("p", { class: "soft" }, say("outbox_empty")),
    el("p", { class: "row" },
      [...calls, ...outbox].some((one) => ["waiting", "sent"].includes(one.state)) && button("send_now", guarded(() => send(true)), { id: "send", class: "do" }),
      outbox.some((one) => one.state === "received") && button("forget_received", guarded(forgetReceived), { class: "small" })),
    el("p", { class: "row foot" },
      forms && el("span", { class: "soft" }, `${say("of_agency", { agency: forms.said.agency })} · ${say("fetched", { time: timeText(forms.at) })}`),
      button("fetch", guarded(async () => {
        await fetchLists();
        await redraw();
      }), { class: "small", id: "fetch" }),
      button("leave", guarded(leave), { class: "small", id: "leave" })),
  ];
  if (isHome) showAnew(say("title"), page);
  else show(say("title"), page).focus();
  isHome = true;
}

async function forgetReceived() {
  for (const one of await vault.items()) {
    if (one.state === "received" && !isCall(one)) await vault.remove(one.id);
  }
  await home();
}

async function leave() {
  away();
  const open_ = (await vault.items()).filter((one) => one.state !== "received");
  show(say("leave"),
    el("p", {}, say("leave_hint")),
    el("p", { class: open_.length ? "bad" : "" }, open_.length ? say("leave_sure", { n: open_.length }) : say("leave_clean")),
    el("p", { class: "row" },
      button("leave_no", guarded(home), { class: "do" }),
      button("leave_yes", guarded(erase), { class: "quiet", id: "erase" }))).focus();
}

async function erase() {
  const closed = vault;
  vault = null;
  closed.close();
  await eraseVault();
  for (const name of await caches.keys()) await caches.delete(name);
  const workers = await navigator.serviceWorker.getRegistrations();
  for (const one of workers) await one.unregister();
  document.getElementById("operation").textContent = "";
  document.getElementById("languages").replaceChildren();
  const anew = button("begin_anew", () => location.reload(), { class: "do" });
  show(say("title"), el("p", { id: "left" }, say("left")), el("p", {}, anew)).focus();
}

function tokenPage() {
  away();
  const field = el("input", { id: "token", type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const take = guarded(async () => {
    const text = field.value.trim().split(/[#=/]/).find((one) => TOKEN.test(one)) || "";
    if (!text) tell(say("token_bad"), true);
    else await useToken(text);
  });
  show(say("need_token"), el("p", {}, say("token_how")),
    el("div", { class: "question" }, el("label", { for: "token" }, say("token")), field),
    el("p", { class: "row" }, button("token_take", take, { class: "do" })));
}

async function useToken(text) {
  away();
  await vault.keep("token", text);
  denied = "";
  tell("");
  show(say("title"), el("p", {}, say("loading")));
  await fetchLists();
  await home();
  await send(!isOffline());
}

// -- beginning --------------------------------------------------------------------------------

function languages() {
  const place = document.getElementById("languages");
  const known = Object.keys(words);
  const ours = forms ? known.filter((code) => forms.said.languages.includes(code)) : known;
  place.replaceChildren(...(ours.length > 1 ? ours : []).map((code) =>
    el("button", { type: "button", lang: code, "aria-pressed": String(code === document.documentElement.lang),
      onclick: guarded(() => choose(code)) }, words[code].language)));
}

async function choose(code) {
  localStorage.setItem("language", code);
  speak(words, code);
  await keepNow();
  if (vault && (await vault.kept("token"))) {
    isHome = false;
    await readLists();
    await home();
  } else {
    languages();
    tokenPage();
  }
}

async function install() {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" });
  await navigator.serviceWorker.ready;
  isReady = Boolean(await caches.match("/field/"));
  navigator.serviceWorker.onmessage = guarded(redraw);
  await redraw();
}

// The access code comes once, behind the # that browsers send to nobody, and is taken out at once.
function tokenOfAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("t") || "";
  if (location.hash) history.replaceState(null, "", location.pathname);
  return TOKEN.test(found) ? found : "";
}

async function begin() {
  const given = tokenOfAddress();
  words = await (await fetch("/field/words.json")).json();
  const wanted = localStorage.getItem("language") || document.documentElement.lang;
  speak(words, wanted);
  languages();
  if (!self.isSecureContext || !self.crypto || !crypto.subtle || !self.indexedDB) {
    show(say("title"), el("p", { class: "bad" }, say(self.isSecureContext ? "old_browser" : "insecure")));
    return;
  }
  vault = await openVault();
  install().catch(() => null);
  watch();
  if (given) await useToken(given);
  else if (await vault.kept("token")) {
    await readLists();
    await home();
    await fetchLists();
    await redraw();
    await send(!isOffline());
    await lookAtCalls();
  } else tokenPage();
}

function watch() {
  const ifThere = (work) => guarded(async () => vault && (await vault.kept("token")) && work());
  self.addEventListener("online", ifThere(async () => {
    isLost = false;
    await send(true);
    await lookAtCalls();
  }));
  self.addEventListener("offline", ifThere(redraw));
  self.addEventListener("hashchange", guarded(async () => {
    if (!vault) {
      location.reload();
      return;
    }
    const given = tokenOfAddress();
    if (given) await useToken(given);
  }));
  document.addEventListener("visibilitychange", guarded(async () => {
    if (document.hidden) await keepNow();
  }));
  setInterval(ifThere(() => !document.hidden && !denied && send(false)), LOOK_MS);
  setInterval(ifThere(() => !document.hidden && lookAtCalls()), STAND_MS);
}

begin().catch(failed);
