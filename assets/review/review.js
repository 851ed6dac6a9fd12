// Makes pinning easy: a place is clicked on the paused picture, or found with the arrow keys. Without this script the
// same fields are filled in by hand.
"use strict";

const field = (id) => document.getElementById(id);
const button = (words, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
};
const clamp = (value) => Math.min(1, Math.max(0, value));
const told = (seconds) => {
  const tenths = Math.round(seconds * 10);
  const rest = ((tenths % 600) / 10).toFixed(1);
  return `${Math.floor(tenths / 600)}:${rest.padStart(4, "0")}`;
};

// What was just said is heard and seen first.
const first = field("wrong") || field("done");
if (first) first.focus();
if (location.search) history.replaceState(null, "", location.pathname); // reloading does not say it again

// One name for both forms.
const names = [field("comment-by"), field("by")];
for (const one of names) one.addEventListener("input", () => names.forEach((other) => (other.value = one.value)));

let picked = null; // takes away the layer on which a place is being chosen

for (const screen of document.querySelectorAll(".screen")) {
  const video = screen.querySelector("video");
  const article = screen.closest("article");
  const title = article.querySelector("h3").textContent;

  const at = () => [Number(field("comment-x").value) / 100, Number(field("comment-y").value) / 100];
  const choose = () => {
    if (picked) picked();
    video.pause();
    field("comment-clip").value = screen.dataset.clip;
    field("comment-time").value = told(video.currentTime);
    const layer = button("", () => {});
    layer.className = "place";
    layer.setAttribute("aria-label", "Place in the picture: arrow keys move it, Enter takes it, Escape leaves");
    const cross = document.createElement("span");
    cross.className = "cross";
    const show = (x, y) => {
      field("comment-x").value = (100 * clamp(x)).toFixed(1);
      field("comment-y").value = (100 * clamp(y)).toFixed(1);
      cross.style.left = `${100 * clamp(x)}%`;
      cross.style.top = `${100 * clamp(y)}%`;
    };
    picked = () => {
      layer.remove();
      cross.remove();
      start.setAttribute("aria-pressed", "false");
      picked = null;
    };
    layer.addEventListener("click", (event) => {
      if (event.detail > 0) {
        const box = screen.getBoundingClientRect();
        show((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      }
      picked();
      field("comment-text").focus();
    });
    layer.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.key in steps) {
        event.preventDefault();
        const size = event.shiftKey ? 0.1 : 0.02;
        show(at()[0] + size * steps[event.key][0], at()[1] + size * steps[event.key][1]);
      } else if (event.key === "Escape") {
        picked();
        start.focus();
      }
    });
    screen.append(layer, cross);
    show(...at());
    start.setAttribute("aria-pressed", "true");
    layer.focus();
  };
  const start = button("Comment on this moment", choose);
  start.setAttribute("aria-pressed", "false");
  start.setAttribute("aria-label", `Comment on this moment: ${title}`);
  const under = document.createElement("p");
  under.className = "under";
  under.append(start);
  screen.after(under);
  video.addEventListener("play", () => picked && picked());

  // Comments: a button to go there, and a pin that shows while the picture stands at that moment.
  const pins = [];
  article.querySelectorAll(".comments li").forEach((item, number) => {
    const time = Number(item.dataset.time);
    const when = item.querySelector(".when");
    const go = button(when.textContent, () => {
      video.pause();
      video.currentTime = time;
      video.scrollIntoView({ block: "nearest" });
    });
    go.setAttribute("aria-label", `Go to ${when.textContent}`);
    when.replaceWith(go);
    const pin = document.createElement("span");
    pin.className = "pin";
    pin.textContent = String(number + 1);
    pin.style.left = `${100 * item.dataset.x}%`;
    pin.style.top = `${100 * item.dataset.y}%`;
    pin.hidden = true;
    screen.append(pin);
    pins.push([time, pin]);
  });
  const look = () => pins.forEach(([time, pin]) => (pin.hidden = Math.abs(video.currentTime - time) > 0.25));
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, look);
}
