// Filling a form in, page by page; every change is kept as a draft on this phone.

import { button, el, localText, newId, said, say, show, tell, withOffset } from "./parts.js";
import { asked, drop, mark, question, wrong } from "./questions.js";
import { bytesOf, valueOf } from "./vault.js";

const KEEP_MS = 400;
const HELP_MS = 2 * 60 * 60 * 1000;

// A draft to be filled in: {id, form, values, pictures, places, made_at}.
export function freshState(form, places, values) {
  const fields = form.screens.flatMap((screen) => screen.fields);
  const state = { id: newId(), form, places, values: {}, pictures: {}, made_at: Date.now() };
  for (const field of fields) {
    if (values[field.name] !== undefined) state.values[field.name] = values[field.name];
    if (field.default) state.values[field.name] = [...field.default];
    if (field.type === "time" && ["station", "logistics"].includes(form.becomes)) {
      state.values[field.name] = localText(new Date());
    }
  }
  const place = places.sub_districts.find((one) => one.id === state.values.sub_district);
  if (fields.some((one) => one.name === "region")) {
    if (place) state.values.region = place.region;
    else if (places.regions.length === 1) state.values.region = places.regions[0].id;
  }
  drop(form, places, state.values);
  return state;
}

export async function stateOf(vault, item, forms, places) {
  const kept = valueOf(await vault.content(item.id));
  const form = forms.find((one) => one.id === kept.form);
  if (!form) return null;
  return { id: item.id, form, places, values: kept.values, pictures: kept.pictures, made_at: item.made_at };
}

export async function keepDraft(vault, state) {
  const head = { form: state.form.id, title: state.form.title, at: Date.now() };
  const content = { form: state.form.id, values: state.values, pictures: state.pictures };
  await vault.put({ id: state.id, state: "draft", made_at: state.made_at, head }, bytesOf(content));
}

function answers(state) {
  const found = {};
  for (const field of asked(state.form, state.values).flat()) {
    const value = state.values[field.name];
    if (value === undefined || field.type === "note") continue;
    const isCount = field.type === "count" || field.type === "amount";
    if (field.type === "time") found[field.name] = withOffset(new Date(value));
    else found[field.name] = isCount ? Number(value) : value;
  }
  return found;
}

// Turn the draft into what will be sent: from here on its bytes never change.
export async function queue(vault, state, extra) {
  const fields = answers(state);
  const attachments = Object.entries(state.pictures)
    .filter(([name]) => name in fields)
    .map(([, one]) => ({ name: one.name, media_type: one.media_type, content: one.content }));
  const { form } = state;
  const observed_at = fields.observed_at || withOffset(new Date());
  const body = { id: state.id, form: form.id, version: form.version, observed_at, fields, attachments };
  const item = { id: state.id, state: "waiting", made_at: Date.now() };
  item.head = { form: form.id, title: form.title, becomes: form.becomes, ...extra };
  if (form.becomes === "help") item.expires_at = Date.now() + HELP_MS;
  await vault.put(item, bytesOf(body));
  return item.id;
}

// Whether a question is asked, or its list narrowed, by the answer to that field.
function waits(form, name) {
  const fields = form.screens.flatMap((one) => one.fields);
  return fields.some((one) => one.by === name || (one.when && one.when.field === name));
}

function judge(boxes, fields, values) {
  const bad = fields.filter((field) => {
    const why = wrong(field, values);
    mark(boxes.get(field.name), why);
    return why;
  });
  if (bad.length) {
    tell(say("mend", { n: bad.length }), true);
    const first = boxes.get(bad[0].name).querySelector("input,select,textarea,button");
    if (first) first.focus();
  }
  return !bad.length;
}

// Show page ``number`` of the form; ``done(state)`` is called when all of it was answered.
export function fill(vault, state, number, { done, home, failed, sendWord = "send", isKept = true }) {
  const pages = state.form.screens;
  const fields = () => asked(state.form, state.values)[number];
  const boxes = new Map();
  const list = el("div", {});
  const keptLine = el("p", { class: "soft", role: "status" });
  let timer = 0;
  let keeping = Promise.resolve();
  const keepNow = () => {
    clearTimeout(timer);
    if (!isKept || !timer || state.isDone) return keeping;
    timer = 0;
    const noted = () => (keptLine.textContent = say("draft_kept"));
    keeping = keeping.then(() => keepDraft(vault, state)).then(noted).catch(failed);
    return keeping;
  };
  const changed = (field, isTyping) => {
    clearTimeout(timer);
    timer = setTimeout(keepNow, KEEP_MS);
    drop(state.form, state.places, state.values);
    mark(boxes.get(field.name), "");
    if (!isTyping && (field.type !== "choices" || waits(state.form, field.name))) draw(field.name);
  };
  function draw(focused) {
    const fresh = fields().map((field) => {
      const box = question(state.form, field, state, changed);
      boxes.set(field.name, box);
      return box;
    });
    const held = document.activeElement && document.activeElement.value;
    list.replaceChildren(...fresh);
    if (!focused) return;
    const controls = [...boxes.get(focused).querySelectorAll("input,select,textarea,button")];
    (controls.find((one) => one.value === held) || controls[0] || list).focus();
  }
  const go = async (step) => {
    if (state.isDone || (step > 0 && !judge(boxes, fields(), state.values))) return;
    timer = timer || 1;
    await keepNow();
    tell("");
    if (number + step === pages.length) {
      state.isDone = true; // from here on no draft is kept, and nothing is sent a second time
      if (!(await done(state))) state.isDone = false;
    } else fill(vault, state, number + step, { done, home, failed, sendWord, isKept });
  };
  draw();
  const isLast = number + 1 === pages.length;
  const heading = show(
    said(state.form.title),
    number === 0 && el("p", { class: "soft" }, said(state.form.about)),
    pages.length > 1 && el("p", { class: "step" }, say("step_of", { n: number + 1, of: pages.length })),
    el("h2", {}, said(pages[number].title)),
    list,
    el("p", { class: "row end" },
      number > 0 ? button("back", () => go(-1), { class: "quiet" }) : button("home", async () => {
        await keepNow();
        home();
      }, { class: "quiet" }),
      button(isLast ? sendWord : "next", () => go(1), { class: "do" })),
    keptLine,
  );
  heading.focus();
  return keepNow;
}
