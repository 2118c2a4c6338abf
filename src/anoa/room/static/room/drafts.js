// Keep what is typed into a form as a draft on the server, a moment after the last key.
const WAIT = 1200;
const begun = new Map(); // form → { timer, running }

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
// A draft on its way must not arrive after the form itself, or it would stay behind.
addEventListener("submit", (event) => {
  const state = begun.get(event.target);
  if (!state) return;
  clearTimeout(state.timer);
  begun.delete(event.target);
  if (!state.running) return;
  event.preventDefault();
  state.running.finally(() => event.target.requestSubmit(event.submitter));
});
