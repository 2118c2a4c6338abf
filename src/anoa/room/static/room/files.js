// The page of a file that is being made: shows how far it is, and the whole page when it ended.

const PAUSE_MS = 1000;
const here = document.getElementById("file");

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { "X-Anoa-Passive": "1" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("file");
      if (fresh?.dataset.state !== "making") { location.reload(); return; }
      here.replaceChildren(...fresh.childNodes);
    }
  } catch { /* the network is away: look again */ }
  setTimeout(look, PAUSE_MS);
}

if (here?.dataset.state === "making") setTimeout(look, PAUSE_MS);
