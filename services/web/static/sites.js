// Calibration on the picture: zoom, loupe, points by click and key, and what they come to at once.
// The page works without it: every point is a row of fields, and a button checks them.
"use strict";

const sheet = document.getElementById("sheet");
const stage = document.getElementById("stage");
const drawn = document.getElementById("drawn");
const spots = document.getElementById("spots");
const loupe = document.getElementById("loupe");
const rows = document.getElementById("rows");
const where = document.getElementById("where");
const SVG = "http://www.w3.org/2000/svg";

const WIDE = Number(stage.dataset.wide);
const HIGH = Number(stage.dataset.high);
const CLOSEST_PX = 12; // of the picture, across all of the stage: a hundredth of a pixel is seen
const LOUPE_PX = 24;
const GRIP = 14; // screen pixels within which a point is meant
const CLICK = 4; // screen pixels that a hand may shake
const WAIT_MS = 250;

const view = { u: -0.5, v: -0.5, wide: WIDE };
let chosen = null; // a row of the table
let drag = null;
let asked = 0;
let waiting = 0;
let changed = false;

// --- the table -----------------------------------------------------------------------------------

const fields = (row) => [...row.querySelectorAll("input")];
const isBlank = (row) => fields(row).every((field) => !field.value.trim());

function spotOf(row) {
  const [u, v] = fields(row).map((field) => field.value.trim().replace(",", "."));
  return u && v && isFinite(u) && isFinite(v) ? { u: Number(u), v: Number(v) } : null;
}

function put(row, u, v) {
  const [right, down] = fields(row);
  right.value = u.toFixed(2);
  down.value = v.toFixed(2);
  edited();
}

function addRow(body) {
  const last = body.rows[body.rows.length - 1];
  const row = last.cloneNode(true);
  const from = last.dataset.row;
  const to = String(Number(from) + 1);
  row.dataset.row = to;
  row.cells[0].textContent = to;
  row.classList.remove("chosen");
  for (const field of row.querySelectorAll("input, select")) {
    field.name = field.name.replace(`.${from}.`, `.${to}.`);
    field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, to));
    if (field.id) field.id = field.name;
    field.value = "";
  }
  body.append(row);
  return row;
}

function emptyRow() {
  const last = [...rows.rows].findLastIndex((row) => !isBlank(row));
  return rows.rows[last + 1] ?? addRow(rows);
}

function addPoint(u, v) {
  const row = emptyRow();
  choose(row);
  put(row, u, v);
  fields(row)[2].focus({ preventScroll: true });
}

function choose(row) {
  for (const each of rows.rows) each.classList.toggle("chosen", each === row);
  chosen = row;
  draw();
}

function removeChosen() {
  for (const field of fields(chosen)) field.value = "";
  choose(null);
  edited();
}

// --- the picture ---------------------------------------------------------------------------------

const high = () => (view.wide * HIGH) / WIDE;
const unit = () => view.wide / (stage.clientWidth || WIDE); // picture pixels per screen pixel

function at(event) {
  const point = new DOMPoint(event.clientX, event.clientY);
  const { x, y } = point.matrixTransform(stage.getScreenCTM().inverse());
  return { u: x, v: y };
}

function show() {
  view.wide = Math.min(Math.max(view.wide, CLOSEST_PX), WIDE);
  view.u = Math.min(Math.max(view.u, -0.5), WIDE - 0.5 - view.wide);
  view.v = Math.min(Math.max(view.v, -0.5), HIGH - 0.5 - high());
  stage.setAttribute("viewBox", `${view.u} ${view.v} ${view.wide} ${high()}`);
  stage.classList.toggle("near", unit() < 0.34);
  drawn.setAttribute("font-size", 14 * unit());
  draw();
}

function zoom(times, about) {
  const centre = about ?? { u: view.u + view.wide / 2, v: view.v + high() / 2 };
  const wide = Math.min(Math.max(view.wide / times, CLOSEST_PX), WIDE);
  const share = wide / view.wide;
  view.u = centre.u - (centre.u - view.u) * share;
  view.v = centre.v - (centre.v - view.v) * share;
  view.wide = wide;
  show();
}

function whole() {
  Object.assign(view, { u: -0.5, v: -0.5, wide: WIDE });
  show();
}

function element(name, attributes, words = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}

function draw() {
  const px = unit();
  const shown = [...rows.rows].flatMap((row) => {
    const spot = spotOf(row);
    if (!spot) return [];
    const group = element("g", row === chosen ? { class: "chosen" } : {});
    const { u, v } = spot;
    group.append(
      element("circle", { cx: u, cy: v, r: 7 * px }),
      element("path", { d: `M${u - 3 * px} ${v}h${6 * px}M${u} ${v - 3 * px}v${6 * px}` }),
      element("text", { x: u + 10 * px, y: v - 8 * px, "font-size": 14 * px }, row.dataset.row),
    );
    return [group];
  });
  spots.replaceChildren(...shown);
}

function look(spot) {
  loupe.toggleAttribute("hidden", !spot);
  if (!spot) return;
  const { u, v } = spot;
  const half = LOUPE_PX / 2;
  loupe.setAttribute("viewBox", `${u - half} ${v - half} ${LOUPE_PX} ${LOUPE_PX}`);
  const arms = `M${u - half} ${v}h${half - 1}m2 0h${half - 1}M${u} ${v - half}v${half - 1}m0 2v${half - 1}`;
  document.getElementById("cross").setAttribute("d", arms);
  // Out of the way of what is being looked at.
  loupe.classList.toggle("left", u > view.u + 0.6 * view.wide && v < view.v + 0.5 * high());
  where.textContent = `${u.toFixed(2)}, ${v.toFixed(2)} px`;
}

function rowNear(event) {
  const spot = at(event);
  const far = (row) => {
    const { u, v } = spotOf(row) ?? { u: Infinity, v: Infinity };
    return Math.hypot(u - spot.u, v - spot.v) / unit();
  };
  const nearest = [...rows.rows].reduce((a, b) => (far(b) < far(a) ? b : a));
  return far(nearest) <= GRIP ? nearest : null;
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const row = rowNear(event);
  // A point is held where it was gripped, so that taking it does not move it.
  const spot = row && spotOf(row);
  const start = at(event);
  const grip = spot && { u: spot.u - start.u, v: spot.v - start.v };
  drag = { row, grip, x: event.clientX, y: event.clientY, view: { ...view }, moved: false };
  stage.setPointerCapture(event.pointerId);
  choose(row);
});

stage.addEventListener("pointermove", (event) => {
  const spot = at(event);
  if (!drag) return look(spot);
  const right = event.clientX - drag.x;
  const down = event.clientY - drag.y;
  drag.moved ||= Math.hypot(right, down) >= CLICK;
  if (!drag.moved) return;
  if (drag.row) {
    const held = { u: spot.u + drag.grip.u, v: spot.v + drag.grip.v };
    put(drag.row, held.u, held.v);
    return;
  }
  const px = drag.view.wide / stage.clientWidth;
  view.u = drag.view.u - right * px;
  view.v = drag.view.v - down * px;
  show();
});

stage.addEventListener("pointerup", (event) => {
  const { row, moved } = drag ?? { moved: true };
  drag = null;
  if (!moved && !row) addPoint(at(event).u, at(event).v);
});

stage.addEventListener("pointercancel", () => (drag = null));
stage.addEventListener("pointerleave", () => {
  if (!drag) look(chosen && spotOf(chosen));
});

stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoom(1.0018 ** -event.deltaY, at(event));
  },
  { passive: false },
);

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nudge(direction, step) {
  const spot = chosen && spotOf(chosen);
  if (spot) {
    put(chosen, spot.u + step * direction[0], spot.v + step * direction[1]);
  } else {
    view.u += direction[0] * 0.1 * view.wide;
    view.v += direction[1] * 0.1 * view.wide;
    show();
  }
}

const KEYS = {
  "+": () => zoom(1.5, chosen && spotOf(chosen)),
  "=": () => zoom(1.5, chosen && spotOf(chosen)),
  "-": () => zoom(1 / 1.5, chosen && spotOf(chosen)),
  0: whole,
  a: () => addPoint(view.u + view.wide / 2, view.v + high() / 2),
  Delete: () => chosen && removeChosen(),
  Escape: () => choose(null),
};

stage.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = ARROWS[event.key];
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!direction && !act) return;
  event.preventDefault();
  if (direction) nudge(direction, event.shiftKey ? 1 : 0.1);
  else act();
});

// --- in the table, and what it comes to -------------------------------------------------------------

rows.addEventListener("focusin", (event) => {
  choose(event.target.closest("tr"));
  look(spotOf(chosen));
});

rows.addEventListener("keydown", (event) => {
  const direction = ARROWS[event.key];
  const isPixel = event.target.name.includes(".px.");
  if (!isPixel || !direction || !direction[1]) return; // left and right move in the text
  event.preventDefault();
  const side = event.target.name.endsWith(".0") ? [-direction[1], 0] : direction;
  if (spotOf(chosen)) nudge(side, event.shiftKey ? 1 : 0.1);
});

function edited() {
  changed = true;
  draw();
  if (chosen) look(spotOf(chosen));
  clearTimeout(waiting);
  waiting = setTimeout(appraise, WAIT_MS);
}

async function appraise() {
  const number = ++asked;
  let page = null;
  try {
    const body = new URLSearchParams(new FormData(sheet));
    const answer = await fetch(sheet.dataset.appraise, { method: "POST", body });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    // Told below, as any other answer without a result is.
  }
  if (number !== asked) return;
  const isThere = page?.getElementById("result");
  for (const id of isThere ? ["drawn", "result", "said", "key"] : []) {
    document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  }
  if (!isThere) document.getElementById("said").textContent = sheet.dataset.notNow;
  document.documentElement.dataset.appraised = String(number);
}

sheet.addEventListener("input", edited);
sheet.addEventListener("submit", (event) => {
  if (event.submitter?.id === "check") {
    event.preventDefault();
    appraise();
  } else {
    changed = false;
  }
});
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
addEventListener("resize", show);

document.getElementById("zoom-in").addEventListener("click", KEYS["+"]);
document.getElementById("zoom-out").addEventListener("click", KEYS["-"]);
document.getElementById("whole").addEventListener("click", whole);
document.getElementById("add-point").addEventListener("click", () => fields(emptyRow())[0].focus());
document.getElementById("add-lane").addEventListener("click", (event) => {
  const body = event.target.closest("section").querySelector("tbody");
  fields(addRow(body))[0].focus();
});

document.documentElement.classList.add("scripted");
stage.setAttribute("tabindex", "0");
stage.setAttribute("role", "application");
stage.setAttribute("aria-describedby", "keys");
for (const shown of document.querySelectorAll(".tools, #keys, #add-point, #add-lane")) {
  shown.hidden = false;
}
show();
