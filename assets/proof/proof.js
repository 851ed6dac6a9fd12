/* The clips of the proof: one plays at a time, without sound, while it is in view; all of it can be stopped. */
"use strict";
(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const clips = [...document.querySelectorAll(".version")].map((version) => ({
    version,
    video: version.querySelector("video"),
    part: (name) => version.querySelector("." + name),
    seen: 0,
    held: false, // its reader has paused it
  }));
  let stopped = calm.matches; // nothing starts by itself

  const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

  /* Browsers refuse to read a caption file from disk, so the captions come from the list on the page. They stand where
     nothing of the network's covers them. */
  function track(clip) {
    const rows = clip.version.querySelectorAll(".cues li");
    if (!rows.length) return null;
    const { video } = clip, box = clip.part("caption"), from = video.dataset;
    const made = video.addTextTrack("captions", from.language, from.lang);
    for (const row of rows) {
      const text = row.querySelector(".cue").textContent;
      made.addCue(new VTTCue(Number(row.dataset.start), Number(row.dataset.end), text));
    }
    made.mode = "hidden"; // timed by the browser, shown by us
    box.style.left = from.left + "%";
    box.style.right = from.right + "%";
    box.style.bottom = from.bottom + "%";
    const words = { shown: from.captions === "on" };
    words.show = () => {
      const lines = [...(made.activeCues || [])].map((cue) => cue.text);
      box.textContent = lines.join("\n");
      box.hidden = !words.shown || !lines.length;
    };
    made.addEventListener("cuechange", words.show);
    return words;
  }

  function play(clip) {
    for (const other of clips) if (other !== clip) other.video.pause();
    clip.video.play().catch(() => {});
  }

  function choose() {
    if (stopped) return;
    const best = clips.filter((clip) => clip.seen > 0.6 && !clip.held).sort((a, b) => b.seen - a.seen)[0];
    if (best && best.video.paused) play(best);
  }

  for (const clip of clips) {
    const { video, part } = clip;
    const button = part("play"), sound = part("sound"), captions = part("captions"), seek = part("seek");
    const words = track(clip);
    video.controls = false;
    video.muted = true;
    const tell = () => {
      part("sign").textContent = video.paused ? "▶" : "❚❚";
      part("word").textContent = video.paused ? "Play" : "Pause";
    };
    const press = () => {
      clip.held = !video.paused;
      if (video.paused) play(clip); else video.pause();
    };
    button.addEventListener("click", press);
    video.addEventListener("click", press);
    video.addEventListener("play", tell);
    video.addEventListener("pause", tell);
    sound.addEventListener("click", () => {
      video.muted = !video.muted;
      sound.setAttribute("aria-pressed", String(!video.muted));
    });
    if (captions && words) {
      captions.setAttribute("aria-pressed", String(words.shown));
      captions.addEventListener("click", () => {
        words.shown = !words.shown;
        words.show();
        captions.setAttribute("aria-pressed", String(words.shown));
      });
    }
    if (words) video.addEventListener("seeked", words.show);
    video.addEventListener("timeupdate", () => {
      seek.value = video.currentTime;
      seek.setAttribute("aria-valuetext", clock(video.currentTime));
    });
    seek.addEventListener("input", () => {
      video.preload = "auto"; // nothing is loaded before it is asked for
      video.currentTime = Number(seek.value);
      seek.setAttribute("aria-valuetext", clock(Number(seek.value)));
    });
  }

  const still = document.getElementById("still");
  const say = () => { still.textContent = stopped ? "Play clips as they come into view" : "Stop all clips"; };
  still.addEventListener("click", () => {
    stopped = !stopped;
    for (const clip of clips) {
      clip.held = false;
      if (stopped) clip.video.pause();
    }
    say();
    choose();
  });
  calm.addEventListener("change", () => {
    if (!calm.matches) return;
    stopped = true;
    for (const clip of clips) clip.video.pause();
    say();
  });
  say();
  for (const part of document.querySelectorAll(".live")) part.hidden = false;

  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const clip = clips.find((one) => one.video === entry.target);
      clip.seen = entry.intersectionRatio;
      if (clip.seen < 0.3 && !clip.video.paused) clip.video.pause();
    }
    choose();
  }, { threshold: [0, 0.3, 0.65, 0.9, 1] });
  for (const clip of clips) watch.observe(clip.video);
})();
