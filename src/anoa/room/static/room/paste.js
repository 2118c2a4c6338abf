// Enter goes on to the next field and does not send the form half confirmed; on a tick it ticks.
const form = document.getElementById("confirm");

function steps() {
  return [...form.querySelectorAll("select, input:not([type=hidden]), button")];
}

form?.addEventListener("keydown", (event) => {
  const here = event.target;
  if (event.key !== "Enter" || here.matches("button, textarea")) return;
  event.preventDefault();
  if (here.type === "checkbox" && !here.checked) {
    here.checked = true;
    here.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const all = steps();
  all[all.indexOf(here) + 1]?.focus();
});

// What a person changes is confirmed by that; the tick only says so.
form?.addEventListener("change", (event) => {
  const tick = document.getElementById(`ok-${event.target.name}`);
  if (tick && event.target !== tick) tick.checked = true;
});

form?.querySelector(".refused, [aria-invalid]")?.focus();
