// The slider says which moment it stands on while it slides, and shows it when it is let go.
// Without this module its button does the same.

const slider = document.getElementById("time-seq");
const told = document.getElementById("time-told");
let waiting = 0;
let asked = 0;

async function tell() {
  const mine = ++asked;
  const answer = await fetch(`${slider.dataset.moments}?of=${slider.value}`, {
    headers: { "X-Anoa-Passive": "1" },
  }).catch(() => null);
  if (!answer?.ok || answer.redirected || mine !== asked) return;
  const moment = await answer.json();
  told.value = `${moment.text} · ${moment.local}`;
}

slider?.addEventListener("input", () => {
  told.value = `${slider.value} / ${slider.max}`;
  clearTimeout(waiting);
  waiting = setTimeout(tell, 80);
});
