// What this page asks the room: lists, sending, how things stand. Every answer sets the clock right.

const SEND_MS = 180000;
const CALL_MS = 15000; // a call for help goes another way when a line is dead
const ASK_MS = 30000;
const SILENT_MS = 4000; // so long without any sign of life, the network is not sure

let clockOff_ms = 0;

export function clockOff() {
  return clockOff_ms;
}

// Since when something was asked and nothing came, not even a byte of progress.
let asked_at = null;

function asked() {
  asked_at ??= Date.now();
}

function heard() {
  asked_at = null;
}

export function isSilent() {
  return asked_at !== null && Date.now() - asked_at > SILENT_MS;
}

function noteClock(date) {
  heard();
  const theirs = Date.parse(date || "");
  if (!Number.isNaN(theirs)) clockOff_ms = Date.now() - theirs;
}

// Resolves to {status, said, tag}; rejects when there is no network.
export async function ask(token, path, { tag, body } = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  if (tag) headers["If-None-Match"] = tag;
  if (body) headers["Content-Type"] = "application/json";
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ASK_MS);
  asked();
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET", headers, body, cache: "no-store", signal: stop.signal,
    });
    noteClock(answer.headers.get("Date"));
    const said = answer.status === 304 ? null : await answer.json().catch(() => null);
    return { status: answer.status, said, tag: answer.headers.get("ETag") };
  } finally {
    heard();
    clearTimeout(timer);
  }
}

// Sends by XMLHttpRequest, which alone can say that all bytes have left this phone.
export function post(token, bytes, again, left) {
  return sent(token, bytes, again, left, SEND_MS);
}

export function postCall(token, bytes, again, left) {
  return sent(token, bytes, again, left, CALL_MS);
}

function sent(token, bytes, again, left, patience_ms) {
  asked();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let leaving = Promise.resolve();
    request.open("POST", "/field/send");
    request.timeout = patience_ms;
    request.setRequestHeader("Content-Type", "application/json");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    if (again) request.setRequestHeader("X-Anoa-Again", again);
    request.upload.onprogress = () => {
      heard();
      asked();
    };
    request.upload.onload = () => {
      leaving = left().catch(() => null);
    };
    request.onload = async () => {
      await leaving;
      noteClock(request.getResponseHeader("Date"));
      let said = null;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // no answer of the room: a gate in between, most likely
      }
      resolve({ status: request.status, said, retry_s: Number(request.getResponseHeader("Retry-After")) });
    };
    request.onerror = request.ontimeout = request.onabort = async () => {
      heard();
      await leaving;
      reject(new Error("no answer"));
    };
    request.send(bytes);
  });
}
