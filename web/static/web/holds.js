// Counts down how long a hold still lasts, by the server's clock, and says when it has run out. The words are the
// page's: `data-says`, with the time that is left in place of {}, and `data-over`. What is free then is the server's
// to say; without this file the page is as of its load.
"use strict";

const SECOND = 1000;
const ahead = new WeakMap(); // of this device's clock, for each hold since it stands on the page

/** In the words of web.lengths; seconds in its last minute. */
function inWords(milliseconds) {
  const seconds = Math.ceil(milliseconds / SECOND);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h` + (rest ? ` ${String(rest).padStart(2, "0")} min` : "");
}

function count(hold) {
  if (!ahead.has(hold)) ahead.set(hold, Date.parse(hold.dataset.now) - Date.now());
  const left = Date.parse(hold.dataset.until) - Date.now() - ahead.get(hold);
  const words = left > 0 ? hold.dataset.says.replace("{}", inWords(left)) : hold.dataset.over;
  if (hold.textContent === words) return;
  if (left <= 0) hold.setAttribute("role", "status"); // said aloud once: seconds are for the eye
  hold.textContent = words;
}

const countAll = () => document.querySelectorAll("[data-until]").forEach(count);
setInterval(countAll, SECOND);
countAll();
