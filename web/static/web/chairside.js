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

// What was ticked or typed in a part that renews itself stands in the part that takes its place, wherever the focus
// is by now: in the same box of the form with the same address.
const boxOf = (control) => {
  const { form, name, type } = control;
  const chosen = ["checkbox", "radio"].includes(type) ? control.value : "";
  return [form.getAttribute("action"), name, chosen].join(" ");
};
const controlsOf = (part) =>
  [...part.querySelectorAll("form[method=post] :is(input:not([type=hidden]), textarea, select)")].filter((each) => each.name);
let typedInPart = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (!target?.matches("[data-poll]")) return;
  const changed = controlsOf(target).filter((each) => typed.has(each.form));
  typedInPart = new Map(changed.map((each) => [boxOf(each), each]));
});
document.addEventListener("htmx:afterSwap", () => {
  if (!typedInPart.size) return;
  for (const control of controlsOf(document)) {
    const was = typedInPart.get(boxOf(control));
    if (!was || was === control) continue;
    if (["checkbox", "radio"].includes(control.type)) control.checked = was.checked;
    else control.value = was.value;
    typed.add(control.form);
  }
  typedInPart = new Map();
});
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
