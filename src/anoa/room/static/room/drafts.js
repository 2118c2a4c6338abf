// Keep what is typed into a form as a draft on the server, a moment after the last key.
const WAIT = 1200;
const SAME_PRESS_MS = 5000; // a second press within it is the impatience of a slow line
const begun = new Map(); // form → { timer, running }
const sent = new WeakMap(); // form → when it was sent

function say(form, text) {
  const place = form.querySelector("[data-kept]");
  if (place) place.textContent = text;
}

async function send(form) {
  try {
    const body = new FormData(form);
    const answer = await fetch(form.dataset.draft, { method: "POST", body, redirect: "error" });
    if (answer.ok) say(form, (await answer.json()).said);
  } catch {
    say(form, form.dataset.lost);
  }
}

function keep(form) {
  const state = begun.get(form);
  if (!state?.timer) return state?.running ?? Promise.resolve();
  clearTimeout(state.timer);
  state.timer = 0;
  state.running = send(form);
  return state.running;
}

export function keepAll() {
  return Promise.all([...begun.keys()].map(keep));
}

function typed(event) {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  const state = begun.get(form) ?? { timer: 0, running: null };
  clearTimeout(state.timer);
  state.timer = setTimeout(() => keep(form), WAIT);
  begun.set(form, state);
}

addEventListener("input", typed);
addEventListener("change", typed);
document.addEventListener("visibilitychange", () => { if (document.hidden) keepAll(); });
// A draft on its way must not arrive after the form itself, or it would stay behind.
addEventListener("submit", (event) => {
  const state = begun.get(event.target);
  begun.delete(event.target);
  clearTimeout(state?.timer);
  if (!state?.running) return once(event);
  event.preventDefault();
  state.running.finally(() => event.target.requestSubmit(event.submitter));
});

// What was pressed twice is sent once, or the log would hold it twice.
function once(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (performance.now() - (sent.get(form) ?? -SAME_PRESS_MS) < SAME_PRESS_MS) event.preventDefault();
  else sent.set(form, performance.now());
}
