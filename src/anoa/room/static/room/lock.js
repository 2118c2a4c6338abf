// Lock the screen that was left: hide the page first, then ask the server for the lock page.
// Nothing is stored in the browser; the pages of one browser tell each other that someone is there.
import { keepAll } from "./drafts.js";

const form = document.getElementById("lock");
const limit = Number(form.dataset.minutes) * 60_000;
const TELL_EVERY = 20_000; // of input, to the server
const OTHERS_MS = 300; // for what was typed into other pages a moment ago
const LOCKED_BY_MS = 5000; // what another page said it would do is done by then
const channel = "BroadcastChannel" in window ? new BroadcastChannel("anoa-screen") : null;
let last = Date.now();
let told = Date.now();
let waiting = 0;

function hide() {
  document.body.classList.add("shut");
}

async function lock() {
  hide();
  await Promise.all([keepAll(), new Promise((done) => setTimeout(done, OTHERS_MS))]);
  form.submit();
}

function input() {
  last = Date.now();
  waiting ||= setTimeout(tell, Math.max(0, told + TELL_EVERY - last));
}

function tell() {
  told = Date.now();
  waiting = 0;
  channel?.postMessage("active");
  const body = new FormData(form);
  fetch(form.dataset.active, { method: "POST", body }).then((answer) => {
    if (answer.status === 423) { hide(); location.reload(); }
  }, () => {});
}

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
  addEventListener(kind, input, { passive: true, capture: true });
}
setInterval(() => { if (Date.now() - last > limit) lock(); }, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (Date.now() - last > limit) lock();
  else tell(); // it may have been locked from another page
});
addEventListener("pageshow", (event) => { if (event.persisted) { hide(); location.reload(); } });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  channel?.postMessage("locking");
  lock();
});
// "locked" comes from the lock page: a page that asked before the lock was there would be shown again.
channel?.addEventListener("message", ({ data }) => {
  if (data === "active") last = Date.now();
  if (data === "locking") { hide(); keepAll(); setTimeout(() => location.reload(), LOCKED_BY_MS); }
  if (data === "locked") { hide(); location.reload(); }
});
