// Sealed envelopes and key files, as anoa.envelopes makes them: what one side seals the other opens.

import { NotOpened, fingerprint, fromBase64, importPrivate, open, seal, toBase64, toHex } from "./hpke.js";

const FORMAT = "anoa-sealed/1";
const KEY_FORMAT = "anoa-sealing-key/1";
const SMALLEST = 16 << 10;
const LARGEST = 8 << 20; // bytes of a padded text
const ROUNDS = 600000;
const PARTS = ["id", "key", "operation", "to"];
const words = new TextEncoder();

// Says what is wrong by a word; the pages have the sentence for it.
export class Trouble extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

export function freshId() {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

// The canonical JSON (RFC 8785) of what the text is bound to; all parts are plain ids.
function infoOf(parts) {
  const said = { anoa: FORMAT };
  for (const name of PARTS) said[name] = parts[name];
  return words.encode(JSON.stringify(said));
}

function padded(text) {
  let size = SMALLEST;
  while (size < text.length + 4) size *= 2;
  if (size > LARGEST) throw new Trouble("too_large");
  const whole = new Uint8Array(size);
  new DataView(whole.buffer).setUint32(0, text.length);
  whole.set(text, 4);
  return whole;
}

function unpadded(whole) {
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0);
  if (length + 4 > whole.length || whole.subarray(length + 4).some(Boolean)) throw new Trouble("does_not_open");
  return whole.slice(4, length + 4);
}

// The JSON text of an envelope: ``said`` sealed to an institution's public key (32 bytes).
export async function sealed(said, publicKey, { id, operation, to }) {
  const parts = { id, key: await fingerprint(publicKey), operation, to };
  const text = padded(words.encode(JSON.stringify(said)));
  const box = toBase64(await seal(publicKey, text, infoOf(parts)));
  return JSON.stringify({ anoa: FORMAT, id, key: parts.key, operation, sealed: box, to }); // RFC 8785
}

// What stands in an envelope; ``expected`` are the parts that must be so wherever it came from.
export async function opened(envelope, key, expected) {
  const held = typeof envelope === "string" ? parsed(envelope) : envelope;
  if (!held || held.anoa !== FORMAT) throw new Trouble("no_envelope");
  if (held.key !== key.fingerprint) throw new Trouble("wrong_key");
  for (const [name, value] of Object.entries(expected)) if (held[name] !== value) throw new Trouble("swapped");
  try {
    const text = unpadded(await open(key.private, key.public, fromBase64(held.sealed), infoOf(held)));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    throw new Trouble("does_not_open");
  }
}

function parsed(text) {
  try {
    const held = JSON.parse(text);
    return held && typeof held === "object" ? held : null;
  } catch {
    return null;
  }
}

// Key files

async function lockOf(passphrase, salt, rounds) {
  const base = await crypto.subtle.importKey("raw", words.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(way, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// The text of a key file; each copy says which one it is.
export async function keyFile(pair, { agency, operation, copy, passphrase }) {
  const said = {
    anoa: KEY_FORMAT, agency, operation, copy,
    public: toBase64(pair.publicKey), fingerprint: await fingerprint(pair.publicKey),
  };
  if (!passphrase) return JSON.stringify({ ...said, private: toBase64(pair.privateKey) }, null, 1);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const way = { name: "AES-GCM", iv: nonce, additionalData: pair.publicKey };
  const locked = await crypto.subtle.encrypt(way, await lockOf(passphrase, salt, ROUNDS), pair.privateKey);
  return JSON.stringify({
    ...said, kdf: "PBKDF2-HMAC-SHA256", rounds: ROUNDS, salt: toBase64(salt), nonce: toBase64(nonce),
    locked: toBase64(new Uint8Array(locked)),
  }, null, 1);
}

// {public, private (usable, not readable), fingerprint, agency, operation, copy} of a key file.
export async function readKeyFile(text, passphrase) {
  const held = parsed(text);
  if (!held || held.anoa !== KEY_FORMAT) throw new Trouble("no_key_file");
  if (held.locked && !passphrase) throw new Trouble("needs_passphrase");
  let secret;
  try {
    const publicKey = fromBase64(held.public);
    secret = held.locked ? await unlocked(held, publicKey, passphrase) : fromBase64(held.private);
    const made = await importPrivate(secret, publicKey);
    return {
      public: publicKey, private: made, fingerprint: await proved(made, publicKey),
      agency: held.agency, operation: held.operation, copy: held.copy,
    };
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble("damaged_key_file");
  } finally {
    if (secret) secret.fill(0);
  }
}

async function unlocked(held, publicKey, passphrase) {
  const rounds = Number(held.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 10 * ROUNDS) throw new Trouble("damaged_key_file");
  const lock = await lockOf(passphrase, fromBase64(held.salt), rounds);
  const way = { name: "AES-GCM", iv: fromBase64(held.nonce), additionalData: publicKey };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(way, lock, fromBase64(held.locked)));
  } catch {
    throw new Trouble("wrong_passphrase");
  }
}

// The fingerprint of a pair whose private half opens what was sealed to the public one.
async function proved(privateKey, publicKey) {
  const text = crypto.getRandomValues(new Uint8Array(32));
  const none = new Uint8Array();
  const again = await open(privateKey, publicKey, await seal(publicKey, text, none), none);
  if (toHex(again) !== toHex(text)) throw new NotOpened();
  return fingerprint(publicKey);
}
