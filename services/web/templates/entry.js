// The code on a letter leads here with the notice's number behind "#": a browser tells that part to no server.
"use strict";
function take() {
  const number = location.hash.slice(1);
  if (!/^[A-Z]{2}[0-9]{2}(-[0-9A-Z]{4}){2}$/.test(number)) return;
  history.replaceState(null, "", location.pathname + location.search);
  document.querySelectorAll(".languages a").forEach((link) => (link.hash = number));
  document.getElementById("number").value = number;
  document.getElementById("scanned").hidden = false;
  const plate = document.getElementById("plate");
  plate.setAttribute("aria-describedby", "scanned plate-hint"); // said where it gets the focus
  plate.focus();
}
take();
addEventListener("hashchange", take);
