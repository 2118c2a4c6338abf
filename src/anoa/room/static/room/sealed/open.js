// Open what was sealed to the institution, with a key file that stays in the memory of this page.

import { Trouble, opened, readKeyFile } from "./envelope.js";
import { isAble } from "./hpke.js";
import { byId, el, json, onLeave, say, tell, told } from "./page.js";

const place = byId("opening");
const shown = byId("opened");
const forms = json("sealed-forms");
const places = json("sealed-places");
const PICTURE = /^[A-Za-z0-9+/=]+$/;
let key = null;

function rows() {
  return [...place.querySelectorAll("[data-sealed]")];
}

function mark() {
  for (const row of rows()) {
    const fits = row.querySelector("[data-fits]");
    if (fits) fits.textContent = key ? say(row.dataset.key === key.fingerprint ? "opens" : "other_key") : "";
    row.querySelector("[data-open]").disabled = !key;
  }
  byId("key-forget").disabled = !key;
}

function close() {
  shown.replaceChildren();
  shown.hidden = true;
}

function forget() {
  key = null;
  byId("key-file").value = "";
  byId("key-pass").value = "";
  close();
  mark();
}

async function load() {
  const [file] = byId("key-file").files;
  try {
    if (!file) throw new Trouble("choose_file");
    const found = await readKeyFile(await file.text(), byId("key-pass").value);
    const { agency, operation } = place.dataset;
    if (found.agency !== agency || found.operation !== operation) throw new Trouble("other_institution");
    key = found;
    byId("key-pass").value = "";
    tell("loaded");
  } catch (error) {
    key = null;
    tell(error instanceof Trouble ? error.word : "damaged_key_file", true);
  }
  close();
  mark();
}

async function open(row) {
  close();
  try {
    const answer = await fetch(row.querySelector("[data-open]").dataset.open, { redirect: "manual" });
    if (!answer.ok) throw new Trouble(answer.status === 404 || answer.status === 500 ? "no_envelope" : "signed_out");
    const { agency, operation } = place.dataset;
    const said = await opened(await answer.text(), key, { id: row.dataset.sealed, operation, to: agency });
    show(row.querySelector("th .leaf").textContent, said);
    told("");
  } catch (error) {
    tell(error instanceof Trouble ? error.word : "lost_line", true);
  }
}

function textOf(texts) {
  return texts[place.dataset.language] ?? texts.en ?? Object.values(texts)[0] ?? "";
}

function answerText(field, value) {
  const one = (id) => {
    const choice = field?.choices?.find((each) => each.id === id);
    return choice ? textOf(choice.name) : places[id] ?? String(id);
  };
  return Array.isArray(value) ? value.map(one).join("; ") : one(value);
}

function facts(form, fields) {
  const list = el("dl", { class: "facts" });
  for (const [name, value] of Object.entries(fields)) {
    const field = form?.screens.flatMap((each) => each.fields).find((each) => each.name === name);
    list.append(el("dt", {}, field ? textOf(field.label) : name), el("dd", {}, answerText(field, value)));
  }
  return list;
}

function picture(one) {
  const isSound = one.media_type === "image/jpeg" && PICTURE.test(one.content);
  return isSound ? el("img", { src: `data:image/jpeg;base64,${one.content}`, alt: say("picture"), class: "sealed" }) : "";
}

function show(code, said) {
  const known = forms[said.form];
  const form = known && known.version === said.version ? known : null;
  const title = form ? textOf(form.title) : say("unknown_form", { form: said.form, version: said.version });
  const shut = el("button", { type: "button", class: "do quiet no-print" }, say("close"));
  shut.addEventListener("click", close);
  const held = Object.keys(said.fields ?? {}).length ? facts(form, said.fields) : el("p", {}, say("blank"));
  const heading = el("h2", {}, `${code}: ${title}`);
  shown.replaceChildren(heading, held, ...(said.pictures ?? []).map(picture), el("p", {}, shut));
  shown.hidden = false;
  shown.focus();
}

onLeave(forget);
if (await isAble()) {
  byId("key-load").disabled = false;
  byId("key-load").addEventListener("click", load);
  byId("key-forget").addEventListener("click", () => { forget(); tell("forgotten"); });
  for (const row of rows()) row.querySelector("[data-open]").addEventListener("click", () => open(row));
} else tell("unable", true);
