// Make an element equal to a fresh copy of it, touching only what differs: focus, scroll, open
// details and forms in use stay. Elements marked data-live="off" belong to a module and stay too.

const typed = new WeakSet(); // forms in which something was typed
const TOKEN = "csrfmiddlewaretoken";

addEventListener("input", (event) => {
  if (event.target.form?.method === "post") typed.add(event.target.form);
}, true);
addEventListener("reset", (event) => typed.delete(event.target), true);

const isToken = (node) => node.nodeName === "INPUT" && node.name === TOKEN;
const isForm = (node) => node.nodeName === "FORM";

function isWriting(form) {
  const field = document.activeElement;
  return typed.has(form)
    || (form.contains(field) && field.matches("input:not([type=hidden]), select, textarea"));
}

export function formsInUse(root = document) {
  return [...root.querySelectorAll("form[method=post]")].filter((form) => typed.has(form));
}

export function forget(form) {
  typed.delete(form);
}

function stays(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  if (node.dataset?.live === "off" || (isForm(node) && isWriting(node))) return true;
  return [...node.querySelectorAll("form")].some(isWriting);
}

function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  if (node.id) return `#${node.id}`;
  if (node.dataset?.key) return `:${node.dataset.key}`;
  if (!["LI", "TR", "ARTICLE"].includes(node.nodeName)) return "";
  return node.querySelector("a[href]")?.getAttribute("href") ?? "";
}

function likeness(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function match(rest, keyed, fresh) {
  const key = keyOf(fresh);
  const same = key && keyed.get(key);
  if (same && rest.has(same) && likeness(same, fresh)) return same;
  for (const one of rest) if (likeness(one, fresh) && (!key || !keyOf(one))) return one;
  return null;
}

function children(old, fresh) {
  const rest = new Set([...old.childNodes].filter((one) => !isToken(one)));
  const keyed = new Map([...rest].reverse().map((one) => [keyOf(one), one]));
  let place = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    while (place && !rest.has(place)) place = place.nextSibling;
    const have = match(rest, keyed, want);
    if (!have) { old.insertBefore(document.importNode(want, true), place); continue; }
    rest.delete(have);
    if (have !== place) old.insertBefore(have, place);
    change(have, want);
  }
  for (const one of rest) if (!stays(one)) one.remove();
}

function attributes(old, fresh) {
  const own = old.nodeName === "DETAILS" ? ["open"] : [];
  for (const { name, value } of [...fresh.attributes]) {
    if (!own.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!own.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function change(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.dataset?.live === "off" || (isForm(old) && isWriting(old)) || old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  children(old, fresh);
}

function withTokens(root) {
  const token = document.querySelector(`input[name=${TOKEN}]`);
  if (!token) return;
  for (const form of root.querySelectorAll("form[method=post]")) {
    if (!form.querySelector(`input[name=${TOKEN}]`)) form.prepend(token.cloneNode());
  }
}

export function renew(old, fresh) {
  const focus = document.activeElement;
  change(old, fresh);
  withTokens(old);
  if (focus !== document.activeElement && focus?.isConnected) focus.focus({ preventScroll: true });
}
