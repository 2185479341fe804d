// Counts on between two looks at the server, by the server's clock: when the next reading is due, and the
// minutes that are left. What is due, overdue or over is decided by the server; without this it is as of the
// page's load.
"use strict";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const view = document.querySelector("[data-server-now]");
const ahead = view ? Date.parse(view.dataset.serverNow) - Date.now() : 0; // of this tablet's clock

function clockOf(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / SECOND);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function standingOf(due, now, grace) {
  if (now < due) return "coming";
  return now <= due + grace ? "due" : "overdue";
}

const SAID = {
  coming: (left) => `in ${clockOf(left)}`,
  due: () => "now",
  overdue: (left) => `overdue ${clockOf(left)}`,
};

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function countDue(reading, now) {
  const due = Date.parse(reading.dataset.due);
  const standing = standingOf(due, now, Number(reading.dataset.graceMinutes) * MINUTE);
  for (const each of Object.keys(SAID)) reading.classList.toggle(`next-${each}`, each === standing);
  setText(reading.querySelector("[data-due-words]"), SAID[standing](due - now));
  // Said aloud only when it changes; what is still to come isn't.
  const told = { coming: "", due: "A reading is due now.", overdue: "A reading is overdue." }[standing];
  setText(document.querySelector("[data-due-told]"), told);
}

function tick() {
  const now = Date.now() + ahead;
  for (const reading of document.querySelectorAll("[data-due]")) countDue(reading, now);
  for (const each of document.querySelectorAll("[data-minutes-until]")) {
    setText(each, String(Math.max(0, Math.ceil((Date.parse(each.dataset.minutesUntil) - now) / MINUTE))));
  }
  for (const each of document.querySelectorAll("[data-clock-until]")) {
    const left = Date.parse(each.dataset.clockUntil) - now;
    setText(each, left > 0 ? `in ${clockOf(left)}` : "now: load the page again");
  }
}

setInterval(tick, SECOND);
tick();
