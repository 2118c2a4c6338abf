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

// A chosen type says what it is against, unless the person has said so already.
let said = form?.querySelector("[name=pick-threat_type]:checked")?.dataset.object ?? "";
form?.addEventListener("change", (event) => {
  if (event.target.name !== "pick-threat_type") return;
  const object = form.elements.object;
  if (object && (object.value === "" || object.value === said)) {
    said = event.target.dataset.object ?? "";
    object.value = said;
    object.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

form?.querySelector(".refused, [aria-invalid]")?.focus();
