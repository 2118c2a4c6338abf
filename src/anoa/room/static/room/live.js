// Follow the log: an event says that it moved on, and the page fetches itself anew. Elements with
// an id and data-live are made equal to the fresh ones; "hold" only says that there is news.
// After each renewal the document gets the event "anoa:moved".
import { forget, formsInUse, renew } from "./renew.js";

const SILENT_MS = 40_000; // two signs of life were missed
const JOIN_MS = 15_000; // a connection that hangs is none
const FETCH_MS = 30_000; // as long as a thin line may need for a page
const HIDDEN_MS = 10_000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000];
const mark = document.getElementById("live");
const said = document.getElementById("live-said");
const entry = document.getElementById("live-entry");
const note = document.getElementById("live-note");
const words = mark.dataset;

let last = Number(words.seq); // of the last event, where the stream goes on
let shown = last; // up to which the page is
let source = null;
let heard = new Date(); // until when what stands here was sure to be all
let since = null; // when the connection was lost
let tries = 0;
let news = 0; // entries since a form came into use
let over = false;
const timers = {};

function later(name, work, wait) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(work, wait);
}

function say(state, text) {
  mark.hidden = false;
  mark.dataset.state = state;
  if (said.textContent !== text) said.textContent = text;
  entry.textContent = state === "live" ? `· ${words.entry} ${shown}` : "";
}

function clock(at) {
  return `${at.getHours()}`.padStart(2, "0") + ":" + `${at.getMinutes()}`.padStart(2, "0");
}

function alive() {
  heard = new Date();
  since = null;
  tries = 0;
  say("live", words.liveWord);
  listen(SILENT_MS);
}

// Nothing came for so long: the connection is lost, whatever the browser believes.
function listen(patience) {
  later("silence", () => { lost(); connect(); }, patience);
}

function lost() {
  source?.close();
  source = null;
  clearTimeout(timers.silence);
  if (over) return;
  since ??= heard;
  say("lost", words.lost.replace("{time}", clock(since)));
}

function end() {
  over = true;
  source?.close();
  source = null;
  say("over", words.over);
}

// The screen was locked from another page: what stands here is not to be read on. A page that is
// hidden already is on its way to the lock page.
function shut() {
  end();
  if (document.body.classList.contains("shut")) return;
  document.body.classList.add("shut");
  location.reload();
}

function connect() {
  if (over || source || document.hidden) return;
  source = new EventSource(`/live?after=${last}`);
  listen(JOIN_MS);
  source.addEventListener("here", (event) => {
    const { head, anew } = JSON.parse(event.data);
    if (anew) { last = head; refresh(); }
    alive();
    if (missed) refresh();
  });
  source.addEventListener("moved", (event) => {
    last = Number(event.lastEventId);
    news += JSON.parse(event.data).entries.length;
    alive();
    refresh();
  });
  source.addEventListener("beat", alive);
  source.addEventListener("over", (event) => {
    if (JSON.parse(event.data).why === "locked") shut(); else end();
  });
  source.onerror = () => {
    const refused = source?.readyState === EventSource.CLOSED; // the page itself tells why
    lost();
    if (refused) refresh();
    later("retry", connect, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
  };
}

let running = false;
let missed = false; // a fetch failed or came too late

async function refresh() {
  missed = true;
  if (running) return;
  running = true;
  try {
    while (missed && !over) {
      missed = false;
      await fetched();
    }
  } catch {
    missed = true;
    lost();
    later("retry", connect, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
  } finally {
    running = false;
  }
}

async function fetched() {
  const here = location.href.replace(/#.*/, "");
  const stop = new AbortController();
  later("fetch", () => stop.abort(), FETCH_MS);
  const answer = await fetch(here, { headers: { "X-Anoa-Passive": "1" }, signal: stop.signal });
  if (answer.status === 423) return shut();
  if (new URL(answer.url).pathname.startsWith("/accounts/")) return end();
  if (answer.status >= 500) throw new Error("not now");
  if (!answer.ok) return tell(true);
  const text = await answer.text();
  clearTimeout(timers.fetch);
  show(new DOMParser().parseFromString(text, "text/html"));
}

function show(fresh) {
  const seq = Number(fresh.getElementById("live")?.dataset.seq ?? 0);
  if (!seq) return;
  for (const old of document.querySelectorAll("[data-live][id]")) {
    const next = fresh.getElementById(old.id);
    if (next && !["hold", "off"].includes(old.dataset.live)) renew(old, next);
  }
  shown = seq;
  if (mark.dataset.state === "live") say("live", words.liveWord);
  tell(document.querySelector("[data-live=hold]") !== null);
  document.dispatchEvent(new CustomEvent("anoa:moved", { detail: { seq } }));
}

function tell(held) {
  const forms = formsInUse();
  if (!forms.length && !held) { news = 0; note.hidden = true; return; }
  if (!news) return;
  note.firstElementChild.textContent = (held ? words_of("hold") : words_of("text")).replace("{n}", news);
  note.hidden = false;
}

function words_of(name) {
  return note.dataset[name];
}

note.querySelector("button").addEventListener("click", () => {
  if (document.querySelector("[data-live=hold]")) { location.assign(location.href.replace(/#.*/, "")); return; }
  for (const form of formsInUse()) { form.reset(); forget(form); }
  note.hidden = true;
  news = 0;
  refresh();
});

addEventListener("offline", lost);
addEventListener("online", () => { lost(); tries = 0; connect(); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    // A browser opens few connections to one server: pages that nobody sees give theirs back.
    later("hidden", () => { source?.close(); source = null; clearTimeout(timers.silence); }, HIDDEN_MS);
    return;
  }
  clearTimeout(timers.hidden);
  if (!source && !over && since === null) say("joining", words.joining);
  connect();
});
addEventListener("pagehide", () => { source?.close(); source = null; });

// Outside an exercise the clock runs on, and with it "10 min left".
if (words.ticks) setInterval(() => { if (!document.hidden && since === null) refresh(); }, 60_000);
say("joining", words.joining);
connect();
