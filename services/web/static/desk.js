// Single keys for the officers' desk. The pages work without it: every key is a link or a button.
"use strict";

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
