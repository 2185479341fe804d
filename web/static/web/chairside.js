// What the pages do beyond HTML and htmx. Every page works without it.
"use strict";

// A page's own polling must not keep an abandoned screen signed in, nor take the ground from under
// somebody who is typing in the part that it would replace; without a connection it waits for the next time.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.closest("[data-poll]") && !event.detail.triggeringEvent?.isTrusted) {
    event.detail.headers["X-Chairside-Poll"] = "1";
  }
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const typing = document.activeElement?.matches("input, select, textarea");
  const polled = event.target.matches("[data-poll]") && event.detail.target;
  if (polled && (!navigator.onLine || (typing && polled.contains(document.activeElement)))) {
    event.preventDefault();
  }
});

// Leaving a page with something typed and not sent asks first.
const typed = new Set();
const guarded = (form) => form && form.method === "post" && !("unguarded" in form.dataset);
document.addEventListener("input", (event) => {
  if (guarded(event.target.form)) typed.add(event.target.form);
});
document.addEventListener("submit", (event) => typed.delete(event.target));
document.addEventListener("reset", (event) => typed.delete(event.target));
const beingTyped = () => [...typed].some((form) => form.isConnected);
window.addEventListener("beforeunload", (event) => {
  if (beingTyped()) event.preventDefault();
});

// A refused form says why where somebody looks: its first fault comes into view with the focus in it, and
// what was typed there asks before it is left.
const fault =
  document.querySelector(".field-wrong, form .mend") ?? document.querySelector("form > .banner-error");
if (fault) {
  fault.scrollIntoView({ block: "center" });
  const box = fault.querySelector("input, select, textarea") ?? fault;
  if (box === fault) fault.tabIndex = -1; // what is wrong is said above the form
  box.focus({ preventScroll: true });
  if (guarded(fault.closest("form"))) typed.add(fault.closest("form"));
}

// A menu closes with Escape and with a press beside it.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
  }
});
