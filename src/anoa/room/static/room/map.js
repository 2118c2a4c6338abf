// The zoomable map: vectors of the pack's own shapes, no tiles, nothing from outside. Everything
// it says comes from the server, in the reader's language and as far as the reader may see.
// It reads its data again after the page was renewed (`anoa:moved`); what it owns of the page is
// marked data-live="off".

/* global L */
const CLOSER = 1.75; // zoom steps from the whole area to where sub-districts appear

const READ_MS = 60_000; // as long as a thin line may need for the shapes

const made = (name, text = "", more = {}) =>
  Object.assign(document.createElement(name), { textContent: text }, more);

class ZoomMap {
  constructor(box) {
    this.box = box;
    this.words = JSON.parse(box.dataset.words);
    this.layers = new Map();
    this.labels = new Map();
    this.asked = 0;
  }

  async start() {
    const data = await this.read(true);
    this.box.hidden = false;
    document.documentElement.classList.add("zooming");
    this.draw(data);
  }

  async read(shapes) {
    const source = new URL(this.box.dataset.src, location.href);
    if (!shapes) source.searchParams.set("shapes", "0");
    const headers = shapes ? {} : { "X-Anoa-Passive": "1" };
    const signal = AbortSignal.timeout?.(READ_MS);
    const answer = await fetch(source, { headers, signal });
    if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
    return answer.json();
  }

  draw(data) {
    const { closer, farther } = this.words;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(this.box, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.75,
      wheelPxPerZoomLevel: 90, maxZoom: 14, renderer: L.svg({ padding: 0.5 }),
      zoomAnimation: !still, fadeAnimation: !still, inertia: !still, markerZoomAnimation: !still,
    });
    L.control.zoom({ zoomInTitle: closer, zoomOutTitle: farther }).addTo(this.map);
    this.box.setAttribute("role", "region");
    this.box.setAttribute("aria-label", this.words.map);
    this.regions = L.geoJSON(data, {
      filter: (one) => one.properties.kind === "region",
      style: (one) => ({ color: "#1a1a1a", weight: 1, fillOpacity: 1, fillColor: one.properties.fill, className: "place" }),
      onEachFeature: (one, layer) => this.layers.set(one.id, layer),
    });
    this.map.fitBounds(this.regions.getBounds(), { padding: [8, 8], animate: false });
    this.regions.addTo(this.map);
    this.addPlaces(data);
    this.addBar();
    for (const one of data.features) if (one.properties.kind === "region") this.show(one);
    this.settle();
    this.map.on("zoomend", () => this.settle());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  // The buttons, and the frame that the map comes back to.
  addBar() {
    this.whole = this.regions.getBounds();
    this.map.setMinZoom(this.map.getZoom() - 0.5);
    this.map.setMaxBounds(this.whole.pad(0.5));
    const bar = document.getElementById("map-bar");
    bar.firstElementChild.addEventListener("click", () => this.map.fitBounds(this.whole, { padding: [8, 8] }));
    bar.hidden = false;
  }

  // Points of sub-districts, larger with more polling stations; seen from closer only.
  addPlaces(data) {
    this.map.createPane("places").style.zIndex = 450;
    const renderer = L.svg({ pane: "places", padding: 0.5 });
    this.near = this.map.getZoom() + CLOSER;
    this.places = L.geoJSON(data, {
      filter: (one) => one.properties.kind === "sub_district",
      pointToLayer: (one, at) => L.circleMarker(at, {
        renderer, pane: "places", color: "#14344a", weight: 1.5, fillColor: "#ffffff", fillOpacity: 0.85,
        radius: one.properties.polling_stations === null ? 3 : 3 + Math.sqrt(one.properties.polling_stations) / 1.4,
      }),
      onEachFeature: (one, layer) => {
        const { name, facts } = one.properties;
        layer.bindTooltip(made("span", [name, ...facts].join(" · ")), { sticky: true });
        layer.on("click", () => this.popup(layer.getLatLng(), name, facts));
      },
    });
  }

  // A region as the data says it stands now: shade, letters, and what a screen reader says.
  show(one) {
    const facts = one.properties;
    const layer = this.layers.get(one.id);
    if (!layer) return;
    layer.feature.properties = facts;
    layer.setStyle({ fillColor: facts.fill });
    const path = layer.getElement();
    path.setAttribute("tabindex", "0");
    path.setAttribute("role", "button");
    path.setAttribute("aria-label", [facts.name, ...facts.facts].join(", "));
    path.dataset.code = facts.code;
    if (!this.labels.has(one.id)) {
      layer.on("click", () => this.openRegion(one.id));
      this.addLabel(one.id, facts.label);
    }
    const label = this.labels.get(one.id);
    label.rank = [facts.rank, facts.mark.length];
    label.text.replaceChildren(made("i", facts.name), made("b", facts.mark));
  }

  addLabel(id, [lon, lat]) {
    const text = made("span");
    const icon = L.divIcon({ className: "zoom-label", html: text, iconSize: [0, 0] });
    const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(this.map);
    marker.getElement().setAttribute("aria-hidden", "true"); // the shape says the same aloud
    this.labels.set(id, { text, rank: [0, 0] });
  }

  openRegion(id, at = null, byKey = false) {
    const { name, facts, href, label } = this.layers.get(id).feature.properties;
    const link = made("a", this.words.page, { href });
    this.popup(at ?? L.latLng(label[1], label[0]), name, facts, link);
    this.opener = byKey ? this.layers.get(id).getElement() : null;
    if (byKey) link.focus();
  }

  popup(at, name, facts, link = null) {
    const inside = made("div");
    const list = made("ul");
    list.append(...facts.map((fact) => made("li", fact)));
    inside.append(made("h3", name), list, ...(link ? [link] : []));
    const popup = L.popup({ maxWidth: 260, autoPanPadding: [12, 12] });
    popup.setLatLng(at).setContent(inside).openOn(this.map);
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", this.words.close);
  }

  onKey(event) {
    const code = event.target.dataset?.code;
    if (code && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      this.openRegion(code, null, true);
    } else if (event.key === "Escape") {
      this.map.closePopup();
      this.opener?.focus();
    }
  }

  // What fits at this zoom: points when close; names where no other stands; marks always.
  settle() {
    const close = this.map.getZoom() >= this.near;
    if (close !== this.map.hasLayer(this.places)) {
      this.places[close ? "addTo" : "removeFrom"](this.map);
    }
    const taken = [];
    const labels = [...this.labels.values()];
    labels.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1]);
    for (const { text } of labels) {
      const mark = text.lastChild.textContent;
      const looks = mark ? ["", "brief"] : ["", "gone"];
      text.className = looks.find((look) => this.fits(text, look, taken)) ?? looks.at(-1);
      if (text.className !== "gone") taken.push(text.getBoundingClientRect());
    }
  }

  fits(text, look, taken) {
    text.className = look;
    const here = text.getBoundingClientRect();
    return !taken.some((one) => here.left < one.right && one.left < here.right
      && here.top < one.bottom && one.top < here.bottom);
  }

  async again() {
    const mine = ++this.asked;
    const said = document.getElementById("map-said");
    try {
      const data = await this.read(false);
      if (mine !== this.asked || !this.map) return;
      data.features.forEach((one) => this.show(one));
      this.settle();
      said.hidden = true;
    } catch {
      said.textContent = this.words.failed;
      said.hidden = false;
    }
  }
}

let shown = null;

function start() {
  const box = document.getElementById("zoom-map");
  if (!box || box === shown?.box) return;
  shown = new ZoomMap(box);
  shown.start().catch(() => {
    const said = document.getElementById("map-said");
    said.textContent = shown.words.absent;
    said.hidden = false;
  });
}

start();
document.addEventListener("anoa:moved", () => {
  start(); // a page that was put together anew holds a new box
  if (shown?.map) shown.again();
});
