// A run as it goes on: whenever there is news, the page is asked again and its middle replaced.
// The page works without it: it then loads itself every few seconds.
"use strict";

const news = new EventSource(document.getElementById("run").dataset.news);
let asked = 0;

async function show() {
  const number = ++asked;
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("run");
  // A session that has ended leads elsewhere; the picture stays, so that it does not flicker.
  if (number !== asked || !now) return;
  const run = document.getElementById("run");
  const seen = run.querySelector("image");
  now.querySelector("image").replaceWith(seen);
  run.replaceChildren(...now.childNodes);
}

news.addEventListener("news", show);
news.addEventListener("end", () => {
  news.close();
  show();
});
