// Single keys for the officers' desk, and the next case's pictures while this one is on the desk.
// The pages work without it: every key is a link or a button, and every page comes by itself.
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

// Pictures are never stored, so they are kept as elements of this very document, which therefore
// stays: the next page's body takes the place of this one's.
let ahead = new Map();
let busy = false;
let cameMs = -Infinity;
const HASTE_MS = 600; // nobody has seen a page before

// A fault answers at the address of what was sent. Its case has one of its own, and no reload sends again.
const caseOf = (address) => new URL(address).pathname.replace(/^(\/desk\/case\/[0-9a-f]{24})\/[a-z-]+$/, "$1");
const here = () => location.pathname + location.search;
history.replaceState(null, "", caseOf(location.href) + location.search + location.hash);
let shown = here();

function loadAhead() {
  ahead = new Map();
  const next = document.querySelector("a[data-follows]");
  for (const kind of next ? next.dataset.pictures.split(" ").filter(Boolean) : []) {
    const path = `${next.dataset.follows}/picture/${kind}`;
    const image = new Image();
    image.src = `${path}?ahead`;
    ahead.set(path, image);
  }
}

function show(page, address) {
  const places = [];
  for (const image of page.querySelectorAll("main img")) {
    const loaded = ahead.get(new URL(image.src).pathname);
    if (!loaded || (loaded.complete && !loaded.naturalWidth)) continue;
    loaded.alt = image.alt;
    // A picture that visits another document is loaded again, so it moves when the page is here.
    const place = page.createElement("span");
    image.replaceWith(place);
    places.push([place, loaded]);
  }
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.body.replaceChildren(...page.body.childNodes);
  places.forEach(([place, loaded]) => place.replaceWith(loaded));
  if (address !== location.pathname) history.pushState(null, "", address);
  shown = here();
  cameMs = performance.now();
  scrollTo(0, 0);
  arrive();
  const main = document.getElementById("main");
  main.ariaLabel = page.title; // said where it gets the focus
  main.focus();
}

// Ask for a page and show it here; what is no page of the desk is left to the browser.
async function lead(address, form) {
  const answer = await fetch(address, form && { method: "POST", body: form });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const path = caseOf(answer.url);
  const whole = (answer.ok || answer.status === 409) && page.getElementById("main");
  if (whole && path.startsWith("/desk")) show(page, path);
  else if (answer.redirected) location.assign(answer.url); // what was sent was taken
  else throw new Error(answer.statusText);
}

async function instead(event, ask, otherwise) {
  event.preventDefault();
  if (busy) return;
  busy = true;
  document.body.ariaBusy = "true";
  try {
    await ask();
  } catch {
    otherwise();
  } finally {
    busy = false;
    document.body.ariaBusy = null;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".frames [data-step]");
  if (button) step(button.closest("figure").querySelector("video"), Number(button.dataset.step));
  const link = event.target.closest("a[data-follows]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  instead(event, () => lead(link.href), () => location.assign(link.href));
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.dataset.plain || !new URL(form.action).pathname.startsWith("/desk/case/")) return;
  // The second stroke of a double one is for the case that was here before.
  if (performance.now() - cameMs < HASTE_MS && !form.matches(".undo")) return event.preventDefault();
  const typed = new URLSearchParams(new FormData(form, submitter));
  instead(event, () => lead(form.action, typed), () => {
    form.dataset.plain = "yes";
    form.requestSubmit(submitter);
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
  if (busy) return;
  if (focus) focus.focus();
  else act.click();
});

function arrive() {
  document.querySelectorAll(".frames").forEach((frames) => (frames.hidden = false));
  loadAhead();
}

// To another page; a link within this one, as that to the content, comes by here too.
addEventListener("popstate", () => here() === shown || location.reload());
// What is on the desk comes first.
if (document.readyState === "complete") arrive();
else addEventListener("load", arrive);
document.querySelectorAll(".frames").forEach((frames) => (frames.hidden = false));
