// What the sealed pages share: their words, and one line that tells what happened.

export const byId = (id) => document.getElementById(id);

export function json(id) {
  return JSON.parse(byId(id).textContent);
}

const words = json("sealed-words");

export function say(word, values = {}) {
  return (words[word] ?? word).replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function told(text, isBad = false) {
  const line = byId("sealed-told");
  line.textContent = text;
  line.hidden = !text;
  line.className = isBad ? "refused" : "said";
  if (text && isBad) line.scrollIntoView({ block: "nearest" });
}

export function tell(word, isBad = false) {
  told(say(word), isBad);
}

// Forget when the page is left, and when a browser brings it back from its memory.
export function onLeave(forget) {
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => event.persisted && forget());
}

export function el(name, attributes, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}
