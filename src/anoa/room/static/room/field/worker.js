// The service worker: the page's files without a network, and sending when the page is closed.

const STORE = `anoa-field-${VERSION}`;

self.addEventListener("install", (event) => {
  // Without cookies: what is kept is the same for everybody, never the page of a locked screen.
  const fresh = KEPT.map((one) => new Request(one, { cache: "no-cache", credentials: "omit" }));
  event.waitUntil(
    caches
      .open(STORE)
      .then((store) => store.addAll(fresh))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("anoa-field-") && name !== STORE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const place = new URL(event.request.url);
  if (event.request.method !== "GET" || place.origin !== self.location.origin) return;
  if (!KEPT.includes(place.pathname)) return;
  const answer = caches
    .open(STORE)
    .then((store) => store.match(place.pathname))
    .then((found) => found || fetch(event.request));
  event.respondWith(answer);
});

async function post(token, bytes, again, left) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  if (again) headers["X-Anoa-Again"] = again;
  let answer;
  try {
    answer = await fetch("/field/send", { method: "POST", headers, body: bytes });
  } catch (error) {
    // A worker is not told how far it came: with a network, it may all have left this phone.
    if (self.navigator.onLine) await left();
    throw error;
  }
  const said = await answer.json().catch(() => null);
  return { status: answer.status, said, retry_s: Number(answer.headers.get("Retry-After")) };
}

async function sendAway() {
  const vault = await openVault();
  const sum = await alone(() => sendAll(vault, post, { force: true }));
  vault.close();
  for (const page of await self.clients.matchAll()) page.postMessage("changed");
  if (sum && sum.waiting && !sum.denied) throw new Error("some still wait");
}

self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(sendAway());
});
