// Goes through a list of rows by keyboard: the arrows from one row's link to the next, T does the row's next step.
// Keys count only while the focus is in the list and nobody is typing; without this the list is whole.
"use strict";

const links = (list) => [...list.querySelectorAll("[data-row-link]")];
const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

function goTo(list, link, step) {
  const all = links(list);
  const row = link?.closest("[data-row]")?.querySelector("[data-row-link]");
  const place = all.indexOf(row);
  const next = all[place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-rows]");
  if (!list || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    goTo(list, event.target, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key.toLowerCase() === "t") {
    event.target.closest("[data-row]")?.querySelector("[data-next]")?.click();
  }
});
