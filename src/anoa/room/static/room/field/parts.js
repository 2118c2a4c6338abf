// Small parts that all pages share: elements, words, times.

let words = {};
let language = "en";

export function speak(known, chosen) {
  words = known;
  language = known[chosen] ? chosen : Object.keys(known)[0];
  document.documentElement.lang = language;
  return language;
}

export function say(key, values) {
  const text = (words[language] && words[language][key]) || key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));
}

// A text of the pack in the reader's language, else in the first that has one.
export function said(texts) {
  if (!texts) return "";
  return texts[language] || Object.values(texts)[0] || "";
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function timeText(at) {
  return new Date(at).toLocaleString(language, { day: "numeric", month: "short", ...CLOCK });
}

// ``attributes`` beginning with "on" are listeners; false and null leave one out.
export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) made.append(child);
  }
  return made;
}

export function button(key, onclick, attributes) {
  return el("button", { type: "button", onclick, ...attributes }, say(key));
}

export function clock(at) {
  return new Date(at).toLocaleTimeString(language, CLOCK);
}

export function show(title, ...children) {
  const main = document.getElementById("app");
  const heading = el("h1", { tabindex: "-1" }, title);
  main.replaceChildren(heading, ...children.flat().filter(Boolean));
  document.title = `${title} · anoa`;
  return heading;
}

// The same page again, touched only where something changed: the finger may be on a button.
export function showAnew(title, children) {
  const main = document.getElementById("app");
  const fresh = el("div", {}, el("h1", { tabindex: "-1" }, title), ...children.filter(Boolean));
  if (fresh.innerHTML === main.innerHTML) return;
  const focused = document.activeElement && document.activeElement.id;
  const isHeading = document.activeElement === main.firstChild;
  main.replaceChildren(...fresh.childNodes);
  const held = isHeading ? main.firstChild : focused && document.getElementById(focused);
  if (held) held.focus({ preventScroll: true });
}

export function tell(text, isBad) {
  const line = document.getElementById("said");
  line.textContent = text;
  line.className = isBad ? "bad" : "";
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}

// A local time as the phone's clock says it, with its offset from UTC.
export function withOffset(date) {
  const two = (n) => String(Math.abs(n)).padStart(2, "0");
  const minutes = -date.getTimezoneOffset();
  const local = localText(date);
  const sign = minutes < 0 ? "-" : "+";
  return `${local}:${two(date.getSeconds())}${sign}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

export function localText(date) {
  const two = (n) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
