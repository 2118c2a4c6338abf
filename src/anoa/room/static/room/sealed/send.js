// Seal what was filled in to the owner's key, in this browser, and send the envelope.

import { smallPicture } from "../field/picture.js";
import { Trouble, freshId, sealed } from "./envelope.js";
import { fingerprint, fromBase64, isAble } from "./hpke.js";
import { byId, json, onLeave, say, tell, told } from "./page.js";

const place = byId("sealed");
const fields = byId("sealed-fields");
const form = json("sealed-form");
const questions = form.screens.flatMap((one) => one.fields).filter((one) => one.type !== "note");
let key = fromBase64(place.dataset.key);
let last = { said: "", envelope: "" }; // the same words are sent again as the same bytes

function controls(name) {
  return [...fields.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
}

function valueOf(field) {
  const found = controls(field.name);
  if (field.type === "choices") return found.filter((one) => one.checked).map((one) => one.value);
  if (found.some((one) => one.type === "radio")) return found.find((one) => one.checked)?.value ?? "";
  return found[0]?.value.trim() ?? "";
}

function isAsked(field, values) {
  if (!field.when) return true;
  const given = [values[field.when.field] ?? []].flat();
  return given.some((one) => field.when.values.includes(one));
}

function wrong(field, value) {
  if (!value.length) return field.required ? "needed" : "";
  if (field.type === "count" && !/^\d{1,9}$/.test(value)) return "not_whole";
  if (field.type === "amount" && !/^\d{1,9}([.]\d{1,6})?$/.test(value)) return "not_number";
  if (field.type === "text" && value.length > (field.most || 2000)) return "too_long";
  return "";
}

function mark(field, why) {
  const control = controls(field.name)[0];
  const box = control?.closest("fieldset.whole, .fields > div");
  box?.querySelector("[data-why]")?.remove();
  for (const one of controls(field.name)) why ? one.setAttribute("aria-invalid", "true") : one.removeAttribute("aria-invalid");
  if (!why || !box) return;
  const line = document.createElement("span");
  line.className = "error";
  line.dataset.why = "";
  line.textContent = say(why);
  box.append(line);
}

async function answers() {
  const values = {};
  const pictures = [];
  let faults = 0;
  for (const field of questions) {
    let why = "";
    if (field.type === "picture") {
      const file = controls(field.name)[0]?.files[0];
      if (file) {
        try {
          const { media_type, content } = await smallPicture(file);
          pictures.push({ field: field.name, media_type, content });
        } catch {
          why = "picture_bad";
        }
      } else if (field.required) why = "needed";
    } else if (isAsked(field, values)) {
      const value = valueOf(field);
      why = wrong(field, value);
      if (value.length) values[field.name] = value;
    }
    mark(field, why);
    if (why) faults += 1;
    if (why && faults === 1) controls(field.name)[0]?.focus();
  }
  if (faults) throw new Trouble("wrong");
  return { form: form.id, version: form.version, language: place.dataset.language, fields: values, pictures };
}

async function envelopeOf(said) {
  const text = JSON.stringify(said);
  if (last.said !== text) {
    const { operation, to } = place.dataset;
    last = { said: text, envelope: await sealed(said, key, { id: freshId(), operation, to }) };
  }
  return last.envelope;
}

async function post(envelope) {
  const headers = { "Content-Type": "application/json" };
  const proof = place.querySelector("[name=csrfmiddlewaretoken]");
  if (proof) headers["X-CSRFToken"] = proof.value;
  const answer = await fetch(place.dataset.send, { method: "POST", headers, body: envelope, redirect: "manual" });
  const said = await answer.json().catch(() => null);
  return { ok: answer.ok, said };
}

function clear() {
  last = { said: "", envelope: "" };
  for (const one of fields.querySelectorAll("input, textarea, select")) {
    if (one.type === "checkbox" || one.type === "radio") one.checked = false;
    else one.value = "";
  }
}

function done(said) {
  clear();
  byId("sealed-code").textContent = said.code;
  byId("sealed-receipt").href = `${place.dataset.receipt}/${encodeURIComponent(said.code)}`;
  byId("sealed-body").hidden = true;
  byId("sealed-done").hidden = false;
  byId("sealed-done").focus();
  told("");
}

async function takeKey(fresh) {
  key = fromBase64(fresh.public);
  last = { said: "", envelope: "" };
  byId("sealed-fingerprint").textContent = await fingerprint(key);
}

async function send() {
  const button = byId("sealed-send");
  button.disabled = true;
  try {
    const said = await answers();
    tell("sealing");
    const answer = await post(await envelopeOf(said));
    if (answer.ok && answer.said) done(answer.said);
    else if (answer.said?.code === "key_replaced") {
      await takeKey(answer.said.key);
      tell("key_replaced", true);
    } else if (answer.said) told(answer.said.detail, true);
    else tell("signed_out", true);
  } catch (error) {
    tell(error instanceof Trouble ? error.word : "lost_line", true);
  } finally {
    button.disabled = false;
  }
}

onLeave(clear);
if (await isAble()) {
  fields.disabled = false;
  for (const one of fields.querySelectorAll("input, textarea")) one.autocomplete = "off";
  byId("sealed-send").addEventListener("click", send);
} else tell("unable", true);
