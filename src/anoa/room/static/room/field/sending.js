// Sending what waits. An item keeps its id and its very bytes through all tries, so that the room
// counts it once; it is wiped only after a receipt that names the hash of these bytes.

const FIRST_MS = 4000;
const LONGEST_MS = 300000;
const CALL_LONGEST_MS = 15000; // a call for help does not wait longer for its next try
const REFUSED = [400, 403, 405, 409, 413, 415, 422];

// Only one page or worker sends at a time; a second one leaves it to the first.
export function alone(work) {
  const locks = self.navigator && self.navigator.locks;
  if (!locks) return work();
  return locks.request("anoa-send", { ifAvailable: true }, (lock) => (lock ? work() : null));
}

async function hashOf(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (one) => one.toString(16).padStart(2, "0")).join("");
}

export const isCall = (item) => item.head.becomes === "help";
const isUnsent = (item) => ["waiting", "sent"].includes(item.state);

function pause(tries, asked_s, longest) {
  const backed = Math.min(FIRST_MS * 2 ** Math.min(tries, 10), longest);
  return Math.max(backed * (0.75 + Math.random() / 2), (asked_s || 0) * 1000);
}

function numbered(answer) {
  return [200, 201].includes(answer.status) && answer.said && Number.isInteger(answer.said.number);
}

async function settle(vault, item, bytes, answer) {
  if (numbered(answer) && answer.said.sha256 === (await hashOf(bytes))) {
    const { number, code, received_at } = answer.said;
    await vault.mark(item.id, { state: "received" }, { ...item.head, number, code, received_at }, true);
    return "received";
  }
  const why = (answer.said && answer.said.detail) || "";
  if (answer.status === 401) {
    await later(vault, item, answer.retry_s);
    return "denied";
  }
  if (REFUSED.includes(answer.status) && why) {
    await vault.mark(item.id, { state: "refused" }, { ...item.head, why });
    return "refused";
  }
  await later(vault, item, answer.retry_s);
  return "later";
}

function later(vault, item, asked_s) {
  const tries = item.tries + 1;
  const longest = isCall(item) ? CALL_LONGEST_MS : LONGEST_MS;
  return vault.mark(item.id, { tries, next_at: Date.now() + pause(tries, asked_s, longest) });
}

async function sendOne(vault, token, item, post, told) {
  const bytes = await vault.content(item.id);
  if (!bytes) return "gone"; // another try was received meanwhile
  const first = token.split("_")[1];
  if (!item.by) await vault.mark(item.id, { by: first });
  const again = item.by && item.by !== first ? item.by : "";
  const left = async () => {
    await vault.mark(item.id, { state: "sent" });
    told();
  };
  try {
    return await settle(vault, item, bytes, await post(token, bytes, again, left));
  } catch {
    await later(vault, item);
    return "lost";
  }
}

// What nobody can answer in time any more is not sent, and its content goes, network or not.
export async function expire(vault) {
  for (const item of await vault.items()) {
    if (isUnsent(item) && item.expires_at && item.expires_at < Date.now()) {
      await vault.mark(item.id, { state: "expired" }, null, true);
    }
  }
}

async function nextOf(vault, seen, which) {
  const due = (one) => isUnsent(one) && !seen.has(one.id) && which(one);
  const unsent = (await vault.items()).filter(due).reverse();
  return unsent.find(isCall) || unsent[0];
}

// ``post(token, bytes, again, left)`` gives {status, said, retry_s} or throws when no answer came;
// it calls ``left`` once all bytes are out. ``token`` of what was sent before under another one is
// named by ``again``. Calls for help go first, also one that was made meanwhile; ``which``
// chooses among what waits. Returns what happened: {denied, lost, received, waiting}.
export async function sendAll(vault, post, { force = false, which = () => true, told = () => {} } = {}) {
  const sum = { denied: "", lost: false, received: 0, waiting: 0 };
  const token = await vault.kept("token");
  if (!token) return sum;
  await expire(vault);
  const seen = new Set();
  for (let item; (item = await nextOf(vault, seen, which)); ) {
    seen.add(item.id);
    if ((!force && item.next_at > Date.now()) || sum.denied) {
      sum.waiting += 1;
      continue;
    }
    const outcome = await sendOne(vault, token, item, post, told);
    if (outcome === "received") sum.received += 1;
    if (outcome === "denied") sum.denied = "denied";
    if (outcome === "lost") sum.lost = true;
    if (!["received", "refused", "gone"].includes(outcome)) sum.waiting += 1;
    told();
  }
  return sum;
}
