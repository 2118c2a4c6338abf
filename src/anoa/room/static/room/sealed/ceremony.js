// Make a sealing key in this browser, save it in two copies, and prove that each of them opens.

import { Trouble, keyFile, opened, readKeyFile } from "./envelope.js";
import { isAble, newPair } from "./hpke.js";
import { byId, onLeave, tell, told } from "./page.js";

const place = byId("ceremony");
const LEAST = 12; // characters of a passphrase
const { agency, operation } = place.dataset;
const links = [byId("copy-1"), byId("copy-2")];

function forgetLinks() {
  for (const link of links) {
    if (link.href) URL.revokeObjectURL(link.href);
    link.removeAttribute("href");
    link.hidden = true;
  }
}

async function make() {
  const [passphrase, again] = [byId("pass-1").value, byId("pass-2").value];
  if (passphrase !== again) return tell("passphrases_differ", true);
  if (passphrase && passphrase.length < LEAST) return tell("short_passphrase", true);
  forgetLinks();
  const pair = await newPair();
  for (const [at, link] of links.entries()) {
    const text = await keyFile(pair, { agency, operation, copy: at + 1, passphrase });
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `anoa-sealing-${agency}-${JSON.parse(text).fingerprint.slice(0, 8)}-copy-${at + 1}.json`;
    link.hidden = false;
  }
  pair.privateKey.fill(0);
  tell("made");
}

async function copies() {
  const files = [byId("file-1").files[0], byId("file-2").files[0]];
  if (!files.every(Boolean)) throw new Trouble("choose_file");
  const found = [];
  for (const file of files) found.push(await readKeyFile(await file.text(), byId("pass-3").value));
  const [one, two] = found;
  const areCopies = one.fingerprint === two.fingerprint && new Set([one.copy, two.copy]).size === 2;
  const areOurs = found.every((each) => each.agency === agency && each.operation === operation);
  if (!areCopies || !areOurs) throw new Trouble("same_copy");
  return found;
}

async function challenge(publicKey) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": place.querySelector("[name=csrfmiddlewaretoken]").value };
  const body = JSON.stringify({ public: publicKey });
  const answer = await fetch(place.dataset.challenge, { method: "POST", headers, body, redirect: "manual" });
  const said = await answer.json().catch(() => null);
  if (!said) throw new Trouble("signed_out");
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

async function prove() {
  byId("publish").hidden = true;
  told("");
  try {
    const found = await copies();
    const text = JSON.parse(await byId("file-1").files[0].text());
    const { envelope, ticket } = await challenge(text.public);
    const form = byId("publish").querySelector("form");
    const answers = form.querySelectorAll("[name=answer]");
    for (const [at, one] of found.entries()) {
      answers[at].value = (await opened(envelope, one, { to: agency, operation })).test;
    }
    form.querySelector("[name=ticket]").value = ticket;
    byId("fingerprint").textContent = found[0].fingerprint;
    byId("publish").hidden = false;
    forgetLinks();
    tell("proved");
    byId("publish").focus();
  } catch (error) {
    if (error instanceof Trouble) tell(error.word === "does_not_open" ? "not_proved" : error.word, true);
    else told(error.message, true);
  }
}

onLeave(() => {
  forgetLinks();
  for (const one of place.querySelectorAll("[type=password], [type=file]")) one.value = "";
});
if (await isAble()) {
  for (const [id, act] of [["key-make", make], ["key-prove", prove]]) {
    byId(id).disabled = false;
    byId(id).addEventListener("click", act);
  }
} else tell("unable", true);
