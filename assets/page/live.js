// Live positions: the part of leaflet-realtime's interface that folium's Realtime layer writes (`L.realtime`), with a list
// for those who cannot see the map, a way to stop it, and no asking while nobody looks. Answers are not trusted: only
// points with finite places are taken, and names are put as text.
"use strict";

const makePromoLive = (() => {
  const MOST_POINTS = 500, MOST_LETTERS = 80, MOST_BYTES = 5e6, PATIENCE_MS = 10000;

  const text = (value) => (typeof value === "string" || typeof value === "number" ? String(value).slice(0, MOST_LETTERS) : "");
  const told = (feature) => feature.properties || {};
  const id = (feature) => text(told(feature).id) || text(told(feature).name);
  const name = (feature) => text(told(feature).name) || id(feature);
  const label = (feature) => [name(feature), text(told(feature).status)].filter(Boolean).join(", ");

  function bubble(feature) {
    const words = document.createElement("bdi");
    words.textContent = label(feature);
    return words;
  }

  function point(feature, place) {
    const icon = L.divIcon({ className: "vehicle", iconSize: [26, 26] });
    return L.marker(place, { icon, title: label(feature), zIndexOffset: 500 }).bindPopup(bubble(feature));
  }

  function update(feature, old) {
    old.setLatLng(L.GeoJSON.coordsToLatLng(feature.geometry.coordinates));
    old.setPopupContent(bubble(feature));
    if (old.getElement()) old.getElement().title = label(feature);
    old.options.title = label(feature);
    return old;
  }

  function usable(feature) {
    const at = feature && feature.geometry && feature.geometry.type === "Point" && feature.geometry.coordinates;
    return Array.isArray(at) && Number.isFinite(at[0]) && Number.isFinite(at[1]) && Math.abs(at[1]) <= 90 && id(feature) !== "";
  }

  const Realtime = L.Layer.extend({
    initialize(source, options) {
      this._source = source;
      this.options = options;
      this._known = new Map();
      this._container = L.layerGroup();
    },
    onAdd() {}, // folium adds the container itself
    onRemove() {},
    async ask() {
      const answer = await fetch(this._source, {
        credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body = await answer.text();
      if (!answer.ok || body.length > MOST_BYTES) throw new Error("no positions");
      const features = JSON.parse(body).features.filter(usable).slice(0, MOST_POINTS);
      this._show(features);
      return features;
    },
    _show(features) {
      const now = new Map(features.map((feature) => [this.options.getFeatureId(feature), feature]));
      for (const [key, layer] of this._known) {
        if (!now.has(key) && this.options.removeMissing) {
          this._container.removeLayer(layer);
          this._known.delete(key);
        }
      }
      for (const [key, feature] of now) {
        const old = this._known.get(key);
        const place = L.GeoJSON.coordsToLatLng(feature.geometry.coordinates);
        const layer = old ? this.options.updateFeature(feature, old) : this.options.pointToLayer(feature, place);
        if (!old) this._container.addLayer(layer);
        this._known.set(key, layer);
      }
    },
  });
  L.realtime = (source, options) => new Realtime(source, options);

  function begin(map, page, layer) {
    const say = page.say, box = document.getElementById("live"), list = document.getElementById("live-list");
    const said = document.getElementById("live-said"), button = document.getElementById("live-stop");
    let timer = 0, wanted = true, asking = false;
    box.hidden = false;

    function speak(words) {
      if (said.textContent !== words) said.textContent = words;
    }

    function write(features) {
      const rows = features.map((feature) => {
        const row = document.createElement("li");
        row.append(bubble(feature));
        return row;
      });
      rows.sort((one, other) => one.textContent.localeCompare(other.textContent, document.documentElement.lang));
      list.replaceChildren(...rows);
      const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      const words = [say.live_none, say.live_one][features.length] || say.live_some;
      speak(features.length > 1 ? words.replace("{}", features.length).replace("{}", clock) : words.replace("{}", clock));
    }

    async function turn() {
      window.clearTimeout(timer);
      if (!wanted || document.hidden || asking) return;
      asking = true;
      try {
        write(await layer.ask());
      } catch {
        speak(say.live_lost);
      }
      asking = false;
      if (wanted && !document.hidden) timer = window.setTimeout(turn, page.everyS * 1000);
    }

    button.addEventListener("click", () => {
      wanted = !wanted;
      button.textContent = wanted ? say.live_stop : say.live_go;
      turn();
    });
    document.addEventListener("visibilitychange", turn);
    turn();
  }

  return { id, point, update, begin };
})();
