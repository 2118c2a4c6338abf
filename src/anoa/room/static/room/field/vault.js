// What this phone keeps: drafts, the outbox, forms, the access code. All of it is encrypted by a
// key that the browser holds and that no script, this one neither, can read out.

const NAME = "anoa-field";
const coder = new TextEncoder();

export function bytesOf(value) {
  return coder.encode(JSON.stringify(value));
}

export function valueOf(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openBase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const store of ["keys", "kept", "items"]) {
      request.result.createObjectStore(store, { keyPath: "id" });
    }
  };
  return answered(request);
}

// The key is made once; page and worker may come here at the same moment, and the first one stays.
async function keyOf(base) {
  const read = () => answered(base.transaction("keys").objectStore("keys").get("key"));
  let found = await read();
  if (!found) {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const store = base.transaction("keys", "readwrite").objectStore("keys");
    await answered(store.add({ id: "key", key })).catch(() => null);
    found = await read();
  }
  return found.key;
}

export async function openVault() {
  const base = await openBase();
  base.onversionchange = () => base.close();
  const key = await keyOf(base);

  async function seal(place, bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const cipher = { name: "AES-GCM", iv, additionalData: coder.encode(place) };
    return { iv, data: await crypto.subtle.encrypt(cipher, key, bytes) };
  }

  async function unseal(place, sealed) {
    const cipher = { name: "AES-GCM", iv: sealed.iv, additionalData: coder.encode(place) };
    return new Uint8Array(await crypto.subtle.decrypt(cipher, key, sealed.data));
  }

  // Resolves when the change is on the disk, not only in the queue.
  function change(store, work) {
    return new Promise((resolve, reject) => {
      let step;
      try {
        step = base.transaction(store, "readwrite", { durability: "strict" });
        work(step.objectStore(store));
      } catch (error) {
        reject(error);
        return;
      }
      step.oncomplete = () => resolve();
      step.onabort = () => reject(step.error || new Error("not kept"));
    });
  }

  const get = (store, id) => answered(base.transaction(store).objectStore(store).get(id));

  async function kept(id) {
    const row = await get("kept", id);
    return row ? valueOf(await unseal(`kept/${id}`, row)) : null;
  }

  async function keep(id, value) {
    const sealed = await seal(`kept/${id}`, bytesOf(value));
    await change("kept", (store) => store.put({ id, ...sealed }));
  }

  async function items() {
    const rows = await answered(base.transaction("items").objectStore("items").getAll());
    const found = [];
    for (const { head, body, ...row } of rows) {
      found.push({ ...row, full: Boolean(body), head: valueOf(await unseal(`${row.id}/head`, head)) });
    }
    return found.sort((a, b) => b.made_at - a.made_at);
  }

  async function content(id) {
    const row = await get("items", id);
    return row && row.body ? unseal(`${id}/body`, row.body) : null;
  }

  // ``item`` has id, state, made_at and head; ``bytes`` are its content.
  async function put(item, bytes) {
    const head = await seal(`${item.id}/head`, bytesOf(item.head));
    const body = await seal(`${item.id}/body`, bytes);
    const row = { tries: 0, next_at: 0, expires_at: 0, ...item, head, body };
    await change("items", (store) => store.put(row));
  }

  // Change an item that is there; with ``wiped`` its content goes in the same step.
  async function mark(id, changes, head, wiped) {
    const sealed = head ? await seal(`${id}/head`, bytesOf(head)) : null;
    await change("items", (store) => {
      const asked = store.get(id);
      asked.onsuccess = () => {
        if (!asked.result) return;
        // What was received stays so, whatever another try of it tells later.
        if (asked.result.state === "received" && "state" in changes) return;
        const row = Object.assign(asked.result, changes);
        if (sealed) row.head = sealed;
        if (wiped) row.body = null;
        store.put(row);
      };
    });
  }

  const remove = (id) => change("items", (store) => store.delete(id));

  return { kept, keep, items, content, put, mark, remove, close: () => base.close() };
}

export function eraseVault() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
