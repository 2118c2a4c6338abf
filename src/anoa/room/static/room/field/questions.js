// One question of a form as controls of the page, and the judgement of its answer.

import { button, el, localText, said, say, tell } from "./parts.js";
import { smallPicture } from "./picture.js";

const RADIOS = 7; // longer lists are a menu
const TICKS = 12; // of longer lists the chosen ones stand first, the others behind a button
const LINE = 120; // longer texts have several lines

export function holds(when, values) {
  if (!when) return true;
  const value = values[when.field];
  const given = Array.isArray(value) ? value : [value];
  return given.some((one) => one !== undefined && when.values.includes(String(one)));
}

export function asked(form, values) {
  return form.screens.map((screen) => screen.fields.filter((field) => holds(field.when, values)));
}

function fitting(field, values) {
  const above = field.by && values[field.by];
  return field.choices.filter((one) => !above || !one.under || one.under === above);
}

// Take out answers that no longer fit what was answered before them.
export function drop(form, places, values) {
  const place = places.sub_districts.find((one) => one.id === values.sub_district);
  if (values.region && place && place.region !== values.region) delete values.sub_district;
  const station = values.polling_station;
  const isThere = place && (place.codes ? place.codes.some(([code]) => code === station) : station && station.startsWith(`${place.id}-`));
  if (station && !isThere) delete values.polling_station;
  for (const field of form.screens.flatMap((one) => one.fields)) {
    const value = values[field.name];
    if (!field.choices || value === undefined) continue;
    const fits = (id) => fitting(field, values).some((one) => one.id === id);
    const left = Array.isArray(value) ? value.filter(fits) : fits(value) && value;
    if (!left || !left.length) delete values[field.name];
    else values[field.name] = left;
  }
}

// Each control answers ``set(value)``; undefined is no answer.
function menu(id, groups, value, set, first) {
  const made = el("select", { id, onchange: () => set(made.value || undefined) });
  made.append(el("option", { value: "" }, first || say("choose")));
  for (const [label, choices] of groups) {
    const into = label ? el("optgroup", { label }) : made;
    for (const [code, name] of choices) into.append(el("option", { value: code, selected: code === value }, name));
    if (label) made.append(into);
  }
  return made;
}

function choice(field, id, state, set) {
  const list = fitting(field, state.values);
  const value = state.values[field.name];
  if (list.length > RADIOS) return menu(id, [["", list.map((one) => [one.id, said(one.name)])]], value, set);
  return list.map((one) =>
    el("label", { class: "tick" },
      el("input", { type: "radio", name: id, value: one.id, checked: one.id === value, onchange: () => set(one.id) }),
      said(one.name)));
}

function choices(field, id, state, set) {
  const list = fitting(field, state.values);
  const chosen = state.values[field.name] || [];
  const ticks = list.map((one) => {
    const box = el("input", { type: "checkbox", name: id, value: one.id, checked: chosen.includes(one.id) });
    box.addEventListener("change", () => {
      const now = (state.values[field.name] || []).filter((other) => other !== one.id);
      if (box.checked) now.push(one.id);
      set(now.length ? now : undefined);
    });
    return el("label", { class: "tick" }, box, said(one.name));
  });
  if (list.length <= TICKS) return ticks;
  const isFirst = (_, n) => chosen.includes(list[n].id);
  const others = ticks.filter((one, n) => !isFirst(one, n));
  return [...ticks.filter(isFirst), el("details", {}, el("summary", {}, say("others", { n: others.length })), ...others)];
}

function typed(field, id, state, set, attributes) {
  const made = el("input", { id, type: "text", autocomplete: "off", ...attributes });
  made.value = state.values[field.name] === undefined ? "" : state.values[field.name];
  made.addEventListener("input", () => set(made.value.trim() || undefined, true));
  return made;
}

function text(field, id, state, set) {
  if (field.most && field.most <= LINE) return typed(field, id, state, set, { maxlength: String(field.most) });
  const made = el("textarea", { id, rows: "4", maxlength: String(field.most || 2000) });
  made.value = state.values[field.name] || "";
  made.addEventListener("input", () => set(made.value.trim() || undefined, true));
  return made;
}

function time(field, id, state, set) {
  const made = el("input", { id, type: "datetime-local" });
  made.value = state.values[field.name] || "";
  made.addEventListener("input", () => set(made.value || undefined, true));
  const now = button("now", () => {
    made.value = localText(new Date());
    set(made.value, true);
  }, { class: "small" });
  return el("span", { class: "row" }, made, now);
}

function region(field, id, state, set) {
  const list = state.places.regions.map((one) => [one.id, one.name]);
  return menu(id, [["", list]], state.values[field.name], set);
}

function subDistrict(field, id, state, set) {
  const { regions, sub_districts } = state.places;
  const within = regions.filter((one) => !state.values.region || one.id === state.values.region);
  const groups = within.map((one) => [
    within.length > 1 ? one.name : "",
    sub_districts.filter((place) => place.region === one.id).map((place) => [place.id, place.name]),
  ]);
  return menu(id, groups, state.values[field.name], set);
}

function station(field, id, state, set) {
  const place = state.places.sub_districts.find((one) => one.id === state.values.sub_district);
  if (!place) return el("p", { class: "soft" }, say("choose_first"));
  const value = state.values[field.name];
  if (place.codes) return menu(id, [["", place.codes]], value, set);
  if (place.stations) {
    const numbers = Array.from({ length: place.stations }, (_, n) => String(n + 1).padStart(3, "0"));
    return menu(id, [["", numbers.map((n) => [`${place.id}-${n}`, n])]], value, set);
  }
  const made = el("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "3" });
  made.value = value ? value.slice(value.lastIndexOf("-") + 1) : "";
  made.addEventListener("input", () => {
    const number = made.value.trim();
    set(number ? `${place.id}-${number.padStart(3, "0")}` : undefined, true);
  });
  return made;
}

function picture(field, id, state, set) {
  const held = state.pictures[field.name];
  const input = el("input", { id, type: "file", accept: "image/*" });
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    try {
      const made = await smallPicture(input.files[0]);
      state.pictures[field.name] = { name: `${field.name}.jpg`, ...made };
      set(`${field.name}.jpg`);
      tell(say("picture_made", { kb: made.kb }));
    } catch {
      tell(say("picture_bad"), true);
    }
  });
  if (!held) return input;
  const drop = button("picture_remove", () => {
    delete state.pictures[field.name];
    set(undefined);
  }, { class: "small" });
  const shown = el("img", { src: `data:${held.media_type};base64,${held.content}`, alt: "" });
  return el("div", { class: "picture" }, shown, drop, input);
}

function point(field, id, state, set) {
  const value = state.values[field.name];
  const take = button("point_take", () => {
    const found = ({ coords }) => set([coords.latitude, coords.longitude].map((n) => Number(n.toFixed(5))));
    navigator.geolocation.getCurrentPosition(found, () => tell(say("point_bad"), true), { timeout: 30000 });
  }, { id });
  return el("span", { class: "row" }, take, value ? value.join(", ") : "");
}

const CONTROLS = {
  choice, choices, text, time, region, sub_district: subDistrict, polling_station: station, picture, point,
  count: (field, id, state, set) => typed(field, id, state, set, { inputmode: "numeric" }),
  amount: (field, id, state, set) => typed(field, id, state, set, { inputmode: "decimal" }),
};

// Boxes and booths: what there must be, and the difference to what was counted.
export function difference(form, field, state) {
  const each = form.expects && form.expects[field.name];
  const counted = Number(state.values[field.name]);
  if (!each || !Number.isInteger(counted) || state.values[field.name] === undefined) return "";
  const stations = state.values.polling_station ? 1 : Number(state.values.stations);
  if (!stations) return "";
  const over = counted - each * stations;
  return say("difference", { expected: each * stations, difference: over > 0 ? `+${over}` : `${over}` });
}

// The question as one part of the page; ``changed(isTyping)`` is called after each answer.
export function question(form, field, state, changed) {
  const id = `f-${field.name}`;
  if (field.type === "note") return el("p", { class: "note" }, said(field.label));
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true });
  const aside = el("p", { class: "soft" }, difference(form, field, state));
  const set = (value, isTyping) => {
    if (value === undefined) delete state.values[field.name];
    else state.values[field.name] = value;
    aside.textContent = difference(form, field, state);
    changed(field, Boolean(isTyping));
  };
  const control = CONTROLS[field.type](field, id, state, set);
  const label = [said(field.label), " ", !field.required && el("small", {}, `(${say("optional")})`)];
  const isNumbered = field.type === "polling_station" && !state.places.has_register;
  const told = said(field.hint) || (isNumbered ? say("placeholders") : "");
  const hint = told && el("p", { class: "soft", id: `${id}-hint` }, told);
  const isGroup = Array.isArray(control);
  const box = isGroup
    ? el("fieldset", {}, el("legend", {}, label), hint, control, error)
    : el("div", {}, el("label", { for: id }, label), hint, control, error, aside);
  box.className = "question";
  box.dataset.field = field.name;
  const main = isGroup ? box : box.querySelector(`#${CSS.escape(id)}`);
  if (main) main.setAttribute("aria-describedby", `${hint ? `${id}-hint ` : ""}${id}-error`);
  return box;
}

// Why an answer cannot be sent, as a sentence; empty when it can.
export function wrong(field, values) {
  const value = values[field.name];
  if (value === undefined) return field.required ? say("needed") : "";
  const size = Array.isArray(value) && field.type === "choices" ? value.length : Number(value);
  if (field.type === "count" && !/^\d+$/.test(value)) return say("not_whole");
  if (field.type === "amount" && !/^\d+([.]\d+)?$/.test(value)) return say("not_number");
  if (field.type === "polling_station" && !/-[0-9A-Za-z]+$/.test(value)) return say("not_station");
  if (field.type === "text") return value.length > (field.most || 2000) ? say("too_long", { n: field.most || 2000 }) : "";
  if (["count", "amount", "choices"].includes(field.type)) {
    if (field.least !== undefined && size < field.least) return say("too_small", { n: field.least });
    if (field.most !== undefined && size > field.most) return say("too_large", { n: field.most });
  }
  return "";
}

export function mark(box, why) {
  const line = box.querySelector(".error");
  if (!line) return;
  line.textContent = why;
  line.hidden = !why;
  for (const control of box.querySelectorAll("input,select,textarea")) {
    if (why) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
