// Rectangles over a picture, by pointer and by keyboard. What counts is the list of numbers in the
// form, in thousandths of the picture; without this script the list is typed. The server covers.
const WHOLE = 1000, LEAST = 20, STEP = 10;

for (const form of document.querySelectorAll("form[data-cover]")) begin(form);

function begin(form) {
  const stage = form.querySelector(".cover-stage");
  const list = form.querySelector("textarea[name=boxes]");
  const words = form.dataset;
  const boxes = read(list.value).map((box) => show(box));
  form.querySelector(".cover-tools").hidden = false;
  form.querySelector("[data-add]").addEventListener("click", () => {
    const box = show({ left: 400, top: 400, width: 200, height: 200 });
    boxes.push(box);
    write();
    box.sign.focus();
  });
  form.querySelector("[data-remove]").addEventListener("click", () => {
    const chosen = boxes.find((one) => one.sign.classList.contains("chosen"));
    remove(chosen ?? boxes.at(-1));
  });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".cover-box")) return;
    event.preventDefault();
    const from = at(event), box = show({ ...from, width: 0, height: 0 });
    boxes.push(box);
    follow(event, (to) => place(box, {
      left: Math.min(from.left, to.left), top: Math.min(from.top, to.top),
      width: Math.abs(to.left - from.left), height: Math.abs(to.top - from.top),
    }), () => (box.width < LEAST || box.height < LEAST ? remove(box) : box.sign.focus()));
  });
  list.addEventListener("change", () => {
    for (const box of boxes.splice(0)) box.sign.remove();
    boxes.push(...read(list.value).map((box) => show(box)));
    name();
  });
  name();

  function show(box) {
    box.sign = document.createElement("button");
    box.sign.type = "button";
    box.sign.className = "cover-box";
    box.sign.addEventListener("focus", () => choose(box));
    box.sign.addEventListener("keydown", (event) => key(event, box));
    box.sign.addEventListener("pointerdown", (event) => move(event, box));
    stage.append(box.sign);
    place(box, box);
    return box;
  }

  function choose(box) {
    for (const one of boxes) one.sign.classList.toggle("chosen", one === box);
  }

  function key(event, box) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === "Delete" || event.key === "Backspace") remove(box);
    else if (x === undefined) return;
    else if (event.shiftKey) place(box, { ...box, width: box.width + x * STEP, height: box.height + y * STEP });
    else place(box, { ...box, left: box.left + x * STEP, top: box.top + y * STEP });
    event.preventDefault();
    write();
  }

  function move(event, box) {
    event.preventDefault();
    box.sign.focus();
    const from = at(event), old = { left: box.left, top: box.top };
    follow(event, (to) => place(box, { ...box, left: old.left + to.left - from.left, top: old.top + to.top - from.top }));
  }

  function follow(event, moved, ended = () => {}) {
    const going = (later) => later.pointerId === event.pointerId && moved(at(later));
    const over = (later) => {
      if (later.pointerId !== event.pointerId) return;
      for (const [kind, heard] of [["pointermove", going], ["pointerup", over], ["pointercancel", over]])
        stage.removeEventListener(kind, heard);
      ended();
      write();
    };
    stage.setPointerCapture(event.pointerId);
    for (const [kind, heard] of [["pointermove", going], ["pointerup", over], ["pointercancel", over]])
      stage.addEventListener(kind, heard);
  }

  function at(event) {
    const area = stage.getBoundingClientRect();
    const part = (value, size) => Math.round(Math.max(0, Math.min(1, value / size)) * WHOLE);
    return { left: part(event.clientX - area.left, area.width), top: part(event.clientY - area.top, area.height) };
  }

  function place(box, to) {
    const least = to.width || to.height ? Math.min(LEAST, to.width, to.height) : 0;
    box.width = Math.max(least, 0, Math.min(WHOLE, to.width));
    box.height = Math.max(least, 0, Math.min(WHOLE, to.height));
    box.left = Math.max(0, Math.min(WHOLE - box.width, to.left));
    box.top = Math.max(0, Math.min(WHOLE - box.height, to.top));
    for (const side of ["left", "top", "width", "height"]) box.sign.style[side] = `${box[side] / 10}%`;
    name();
  }

  function remove(box) {
    if (!box) return;
    boxes.splice(boxes.indexOf(box), 1);
    box.sign.remove();
    write();
    (boxes.at(-1)?.sign ?? form.querySelector("[data-add]")).focus();
  }

  function name() {
    boxes?.forEach((box, place) => box.sign.setAttribute("aria-label",
      `${words.rectangle} ${place + 1}: ${box.left / 10} %, ${box.top / 10} %, ${box.width / 10} × ${box.height / 10} %`));
  }

  function write() {
    name();
    list.value = boxes.map((box) => [box.left, box.top, box.width, box.height].join(" ")).join("\n");
  }
}

function read(text) {
  const rows = text.split("\n").map((line) => line.trim().split(/[\s,]+/).map(Number));
  return rows.filter((row) => row.length === 4 && row.every((one) => one >= 0 && one <= WHOLE))
    .map(([left, top, width, height]) => ({ left, top, width, height }));
}
