// What moves on the map page. Words, places and bounds come from map.js, which folium made, as plain values;
// `layers` are its Leaflet layers. Nothing is loaded from elsewhere, except street tiles when the reader asks for them.
"use strict";

const stillPlease = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
if (stillPlease) {
  L.Map.mergeOptions({ fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false, inertia: false });
  const panBy = L.Map.prototype.panBy;
  L.Map.include({
    panBy(offset, options) {
      return panBy.call(this, offset, { ...options, animate: false });
    },
  });
}

function makePromoPage(map, told, layers) {
  const say = told.say;
  const byId = (id) => document.getElementById(id);
  const calm = { animate: !stillPlease };

  L.control.zoom({ zoomInTitle: say.zoom_in, zoomOutTitle: say.zoom_out }).addTo(map);
  if (map.attributionControl) map.attributionControl.setPrefix("Leaflet");
  map.on("popupopen", (event) => {
    const close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
    if (close) close.setAttribute("aria-label", say.close);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") map.closePopup(); // wherever the focus is; Leaflet wants it on the map itself
  });

  frame();
  if (layers.ground.length > 1) whichGround();
  if (layers.tiles.length) streetTiles();
  tidyMarks();
  placesList();
  linesList();
  if (told.samples) alongTheRoute();
  onPaper();
  if (layers.live.length) makePromoLive.begin(map, told, layers.live[0]);

  // The whole route at first; never so far out or aside that the reader is lost on empty paper.
  function frame() {
    const route = L.latLngBounds(told.bounds);
    const ground = told.ground.length ? L.latLngBounds(told.ground[0].bounds) : null;
    function limits() {
      map.options.minZoom = 0;
      map.options.maxZoom = 19;
      const whole = map.getBoundsZoom(route, false, L.point(80, 90 + creditHeight()));
      const filled = ground ? map.getBoundsZoom(ground, true) : whole - 1.5;
      map.setMaxBounds(null);
      map.options.minZoom = Math.max(0, Math.min(whole, filled));
      map.options.maxZoom = Math.max(whole + 1, told.deepest);
      map.options.maxBoundsViscosity = 1;
      const least = ground && filled <= whole ? ground : route.pad(0.7);
      map.setMaxBounds(ground ? ground.extend(least) : least);
      map.fire("zoomlevelschange");
    }
    limits();
    fitted();
    map.on("resize", limits);
  }

  // No sign is to lie under the scale (above, in a narrow window) or the credit, which may take several lines there.
  function creditHeight() {
    return map.attributionControl ? map.attributionControl.getContainer().offsetHeight : 10;
  }

  function fitted() {
    const room = { paddingTopLeft: [40, 60], paddingBottomRight: [40, 30 + creditHeight()], animate: false };
    map.fitBounds(L.latLngBounds(told.bounds), room);
  }

  // A closer drawing covers the overview from the zoom on for which it was drawn.
  function whichGround() {
    function choose() {
      layers.ground.forEach((sheet, k) => {
        const wished = map.getZoom() >= told.ground[k].from;
        if (wished !== map.hasLayer(sheet)) map[wished ? "addLayer" : "removeLayer"](sheet);
      });
    }
    map.on("zoomend", choose);
    choose();
  }

  function streetTiles() {
    const button = byId("tiles"), ask = button.textContent, tiles = layers.tiles[0];
    const drawn = map.options.maxZoom;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = map.hasLayer(tiles);
      map[shown ? "removeLayer" : "addLayer"](tiles);
      layers.ground.forEach((sheet) => sheet.setOpacity(shown ? 1 : 0));
      map.setMaxZoom(shown ? drawn : Math.max(drawn, told.tilesDeepest));
      button.textContent = shown ? ask : say.drawn;
    });
  }

  // Signs that would lie on each other: the first keeps its place (ends before places), the others wait for more zoom.
  function tidyMarks() {
    const order = layers.marks.map((mark, k) => [mark, told.marks[k]]);
    order.sort((one, other) => (one[1].place === null ? -1 : one[1].place) - (other[1].place === null ? -1 : other[1].place));
    function tidy() {
      const kept = [];
      let hidden = 0;
      for (const [mark, { size }] of order) {
        const at = map.project(mark.getLatLng(), map.getZoom());
        const free = kept.every(([other, its]) => {
          const away = at.subtract(other);
          return Math.max(Math.abs(away.x), Math.abs(away.y)) >= (size + its) / 2 + 2;
        });
        if (free) kept.push([at, size]);
        else hidden += 1;
        mark.getElement().hidden = !free;
      }
      const closer = byId("closer");
      if (closer) closer.hidden = !hidden;
    }
    map.on("zoomend", tidy);
    tidy();
  }

  function placesList() {
    document.querySelectorAll("[data-place]").forEach((link) => {
      const place = Number(link.dataset.place);
      const k = told.marks.findIndex((mark) => mark.place === place);
      const mark = k < 0 ? layers.marks[told.marks.length - 1] : layers.marks[k];
      link.addEventListener("click", (event) => {
        event.preventDefault();
        map.setView(mark.getLatLng(), Math.max(map.getZoom(), Math.min(map.options.maxZoom, 15)), calm);
        map.getContainer().scrollIntoView({ block: "nearest", behavior: stillPlease ? "auto" : "smooth" });
        mark.openPopup();
      });
    });
  }

  // A name in the list shows its line alone; pressed again, all.
  function linesList() {
    const buttons = [...document.querySelectorAll("[data-line]")];
    buttons.forEach((button) => {
      button.addEventListener("click", () => {
        const alone = button.getAttribute("aria-pressed") !== "true";
        buttons.forEach((other) => other.setAttribute("aria-pressed", String(alone && other === button)));
        layers.lines.forEach((pair, k) => {
          const faint = alone && k !== Number(button.dataset.line);
          pair.forEach((line) => line.setStyle({ opacity: faint ? 0.12 : 1 }));
          if (!faint && alone) pair.forEach((line) => line.bringToFront());
        });
      });
    });
  }

  // The slider, the line in the drawing of the heights and the ring on the map are one place.
  function alongTheRoute() {
    const slider = byId("along"), said = byId("along-said"), here = byId("along-here");
    const drawing = here && here.closest("svg.profile");
    const ring = L.marker([told.samples[0][0], told.samples[0][1]], {
      icon: L.divIcon({ className: "ring", iconSize: [22, 22] }), interactive: false, keyboard: false, zIndexOffset: 1000,
    });
    byId("along-box").hidden = false;
    function show() {
      const [lat, lng, text] = told.samples[Number(slider.value)];
      ring.setLatLng([lat, lng]).addTo(map);
      said.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      if (here) {
        const across = `${(100 * slider.value) / slider.max}%`;
        here.setAttribute("x1", across);
        here.setAttribute("x2", across);
        here.setAttribute("visibility", "visible");
      }
      map.panInside([lat, lng], { padding: [30, 30], ...calm });
    }
    slider.addEventListener("input", show);
    if (drawing) {
      drawing.addEventListener("pointermove", (event) => {
        const box = drawing.getBoundingClientRect();
        slider.value = Math.round((slider.max * (event.clientX - box.left)) / box.width);
        show();
      });
    }
  }

  // Paper has its own width: the map is laid out again for it, whole, and brought back afterwards.
  function onPaper() {
    const box = map.getContainer();
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = [map.getCenter(), map.getZoom()];
      box.classList.add("on-paper");
      map.invalidateSize({ animate: false, pan: false });
      fitted();
    });
    window.addEventListener("afterprint", () => {
      box.classList.remove("on-paper");
      map.invalidateSize({ animate: false, pan: false });
      if (before) map.setView(before[0], before[1], { animate: false });
    });
  }
}
