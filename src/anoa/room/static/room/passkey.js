// Passkeys: what the server offers goes to the browser, what the browser signs goes back in a form.
const form = document.querySelector("form[data-passkey]");
const { passkey: way } = form.dataset;

const bytes = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function create({ publicKey }) {
  const passwordless = form.elements.passwordless?.checked;
  const key = passwordless ? "required" : "discouraged";
  const selection = { ...publicKey.authenticatorSelection, residentKey: key,
    requireResidentKey: Boolean(passwordless) };
  if (passwordless) selection.userVerification = "required";
  return navigator.credentials.create({ publicKey: { ...publicKey,
    challenge: bytes(publicKey.challenge),
    user: { ...publicKey.user, id: bytes(publicKey.user.id) },
    excludeCredentials: known(publicKey.excludeCredentials),
    authenticatorSelection: selection } });
}

async function get({ publicKey }) {
  return navigator.credentials.get({ publicKey: { ...publicKey,
    challenge: bytes(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) } });
}

async function ask() {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no options");
  return get((await answer.json()).request_options);
}

function told(made) {
  const response = {};
  for (const name of ["attestationObject", "clientDataJSON", "authenticatorData", "signature",
    "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  if (made.response.getTransports) response.transports = made.response.getTransports();
  return { type: made.type, id: made.id, rawId: text(made.rawId), response,
    clientExtensionResults: made.getClientExtensionResults(),
    authenticatorAttachment: made.authenticatorAttachment };
}

async function send() {
  const said = form.querySelector(".refused[hidden], .refused:last-of-type");
  try {
    const options = way === "ask" ? null : JSON.parse(form.dataset.options);
    const made = await { create, get, ask }[way](options);
    form.elements.credential.value = JSON.stringify(told(made));
    form.submit();
  } catch {
    said.textContent = form.dataset.refused;
    said.hidden = false;
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
form.hidden = !window.PublicKeyCredential;
