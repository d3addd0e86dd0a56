// Single keys for the officers' desk. The pages work without it: every key is a link or a button.
"use strict";

function step(film, frames) {
  const stepS = Number(film.dataset.stepS);
  const shown = Math.floor(film.currentTime / stepS + 0.001);
  const last = film.duration ? Math.round(film.duration / stepS) - 1 : Infinity;
  film.preload = "auto";
  film.pause();
  // The middle of a frame is surely within it.
  film.currentTime = (Math.min(last, Math.max(0, shown + frames)) + 0.5) * stepS;
}

document.querySelectorAll(".frames").forEach((frames) => {
  const film = frames.closest("figure").querySelector("video");
  frames.hidden = false;
  frames.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(film, Number(button.dataset.step));
  });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=radio]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const wanted = CSS.escape(event.key);
  const focus = document.querySelector(`[data-focus="${wanted}"]`);
  const act = document.querySelector(`[data-key="${wanted}"]`);
  if (!focus && !act) return;
  event.preventDefault();
  if (focus) focus.focus();
  else act.click();
});
