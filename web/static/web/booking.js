// Booking without a mouse: single keys press what says so (`data-key`), and links to booking open it in a dialog
// over the page they stand on. Without this script they are links and buttons.
"use strict";

// --- Keys -------------------------------------------------------------------------------------------
const KEPT = "chairside-keys"; // "off": on this device letters are only letters

const keysAreOn = () => {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
};
const inText = (element) =>
  element.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

document.addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (event.defaultPrevented || held || inText(event.target) || !keysAreOn()) return;
  const scope = document.querySelector("dialog[open]") ?? document;
  const fits = [...scope.querySelectorAll("[data-key]")].find((element) =>
    element.dataset.key.split(" ").includes(event.key),
  );
  if (!fits) return;
  event.preventDefault();
  if ("focusOnly" in fits.dataset) fits.focus();
  else fits.click();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-switch]")) return;
  try {
    localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
  } catch {
    // A browser that keeps nothing has its keys on.
  }
});

function showKeys(root) {
  for (const label of root.querySelectorAll(".keys-switch")) {
    label.hidden = false;
    label.querySelector("input").checked = keysAreOn();
  }
  for (const button of root.querySelectorAll("[data-close-dialog]")) {
    button.hidden = !button.closest("dialog");
  }
}
showKeys(document);
document.addEventListener("htmx:load", (event) => showKeys(event.target));

// --- One press, one step ------------------------------------------------------------------------------
// Enter that is still held down from the step before must not take what nobody has read.
document.addEventListener("keydown", (event) => {
  const step = event.target.closest?.("#booking, form[data-once]");
  if (event.key === "Enter" && event.repeat && step) event.preventDefault();
});

// --- The dialog ---------------------------------------------------------------------------------------
let dialog = null;
let opener = null; // what had the focus when it was opened

function makeDialog() {
  const made = document.createElement("dialog");
  made.className = "booking-dialog";
  made.setAttribute("aria-label", "Book a visit");
  const inside = document.createElement("div");
  const boost = {
    "hx-boost": "true",
    "hx-target": "#booking",
    "hx-select": "#booking",
    "hx-swap": "outerHTML show:none",
    "hx-push-url": "false",
  };
  for (const [name, value] of Object.entries(boost)) inside.setAttribute(name, value);
  made.append(inside);
  // One press, also from a search box, which would only be emptied by it.
  made.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      setTimeout(() => event.defaultPrevented || made.close());
    }
  });
  made.addEventListener("close", () => {
    inside.replaceChildren();
    // The part of the page that it stood on may have been brought anew meanwhile.
    (document.getElementById(opener.id) ?? opener).focus({ preventScroll: true });
  });
  made.addEventListener("click", (event) => {
    if (event.target === made || event.target.closest("[data-close-dialog]")) made.close();
  });
  document.body.append(made);
  window.htmx.process(inside);
  return made;
}

async function openDialog(link) {
  dialog ??= makeDialog();
  const booking = document.createElement("div");
  booking.id = "booking";
  dialog.firstElementChild.replaceChildren(booking);
  opener = link;
  dialog.showModal();
  await window.htmx.ajax("GET", link.href, {
    source: booking,
    target: booking,
    select: "#booking",
    swap: "outerHTML show:none",
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-booking]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !plain || event.defaultPrevented || !window.htmx) return;
  event.preventDefault();
  openDialog(link);
});

// The page below the dialog keeps its address: htmx 2.0.10 doesn't heed hx-push-url="false" of what is boosted.
document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
  if (!dialog?.open || event.detail.target?.id !== "booking") return;
  event.detail.history.type = "replace";
  event.detail.history.path = window.location.href;
});

// What is no step of booking (a refusal of the house, a page that was left for) is shown as a page; where
// something was sent, its words stand above the step, which can be sent again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  if (target?.id !== "booking" || xhr.responseText.includes('id="booking"')) return;
  event.detail.shouldSwap = false;
  if (requestConfig.verb === "get") window.location.assign(requestConfig.path);
  else sayAbove(target, xhr.responseText);
});

function sayAbove(step, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const refusal = document.createElement("div");
  refusal.className = "booking-refusal";
  refusal.tabIndex = -1;
  refusal.append(...(page.querySelector("main") ?? page.body).childNodes);
  step.querySelector(".booking-refusal")?.remove();
  step.prepend(refusal);
  refusal.focus();
}
