// HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-GCM. The key
// agreement, the hash and the cipher are the browser's own (WebCrypto); here stands how they are joined.

const crypto = globalThis.crypto;
const words = new TextEncoder();
const VERSION = words.encode("HPKE-v1");
const KEM_ID = 0x0020;
const KDF_ID = 0x0001;
const AEADS = { 1: 16, 2: 32 }; // id → bytes of a key: AES-128-GCM, AES-256-GCM
const TAG = 16;
export const AES_256_GCM = 2;

export class NotOpened extends Error {}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

function two(number) {
  return Uint8Array.of(number >> 8, number & 255);
}

const KEM_SUITE = joined(words.encode("KEM"), two(KEM_ID));

async function hmac(key, data) {
  // An empty key is the same as one of zeros, which every browser takes.
  const raw = key.length ? key : new Uint8Array(32);
  const held = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, data));
}

function labeledExtract(suite, salt, label, value) {
  return hmac(salt, joined(VERSION, suite, words.encode(label), value));
}

// At most 32 bytes, which is one round of HKDF's expansion.
async function labeledExpand(suite, key, label, info, length) {
  const said = joined(two(length), VERSION, suite, words.encode(label), info);
  return (await hmac(key, joined(said, Uint8Array.of(1)))).slice(0, length);
}

function importPublic(raw) {
  return crypto.subtle.importKey("raw", raw, { name: "X25519" }, true, []);
}

async function sharedSecret(privateKey, publicKey, enc, receiver) {
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256));
  const prk = await labeledExtract(KEM_SUITE, new Uint8Array(), "eae_prk", dh);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", joined(enc, receiver), 32);
}

async function schedule(shared, info, aead) {
  const suite = joined(words.encode("HPKE"), two(KEM_ID), two(KDF_ID), two(aead));
  const none = new Uint8Array();
  const pskIdHash = await labeledExtract(suite, none, "psk_id_hash", none);
  const infoHash = await labeledExtract(suite, none, "info_hash", info);
  const context = joined(Uint8Array.of(0), pskIdHash, infoHash);
  const secret = await labeledExtract(suite, shared, "secret", none);
  const raw = await labeledExpand(suite, secret, "key", context, AEADS[aead]);
  const nonce = await labeledExpand(suite, secret, "base_nonce", context, 12);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, nonce };
}

// Whether this browser has what is needed; false where the page did not come by a secure way.
export async function isAble() {
  if (!globalThis.isSecureContext || !crypto || !crypto.subtle) return false;
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

// A fresh key pair: {publicKey: 32 bytes, privateKey: 32 bytes}.
export async function newPair() {
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { publicKey, privateKey: fromBase64(d) };
}

// A private key as the browser holds it: it can be used, and not be read out again.
export function importPrivate(privateKey, publicKey) {
  const jwk = { kty: "OKP", crv: "X25519", d: toBase64(privateKey), x: toBase64(publicKey) };
  return crypto.subtle.importKey("jwk", jwk, { name: "X25519" }, false, ["deriveBits"]);
}

// The encapsulated key and the ciphertext as one.
export async function seal(receiver, text, info, aad = new Uint8Array(), aead = AES_256_GCM) {
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const shared = await sharedSecret(pair.privateKey, await importPublic(receiver), enc, receiver);
  const { key, nonce } = await schedule(shared, info, aead);
  const way = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return joined(enc, new Uint8Array(await crypto.subtle.encrypt(way, key, text)));
}

// The text, by a private key from ``importPrivate`` and its public key; NotOpened when it does not fit.
export async function open(privateKey, receiver, sealed, info, aad = new Uint8Array(), aead = AES_256_GCM) {
  if (sealed.length < 32 + TAG) throw new NotOpened();
  try {
    const enc = sealed.slice(0, 32);
    const shared = await sharedSecret(privateKey, await importPublic(enc), enc, receiver);
    const { key, nonce } = await schedule(shared, info, aead);
    const way = { name: "AES-GCM", iv: nonce, additionalData: aad };
    return new Uint8Array(await crypto.subtle.decrypt(way, key, sealed.slice(32)));
  } catch {
    throw new NotOpened();
  }
}

// Base64 of the kind without padding that stands in addresses.
export function toBase64(raw) {
  let text = "";
  for (let at = 0; at < raw.length; at += 32768) text += String.fromCharCode(...raw.subarray(at, at + 32768));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64(text) {
  if (typeof text !== "string" || /[^A-Za-z0-9_-]/.test(text)) throw new NotOpened();
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

export function toHex(raw) {
  return Array.from(raw, (one) => one.toString(16).padStart(2, "0")).join("");
}

export async function fingerprint(publicKey) {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)));
}
