// A form of the session's page and the entry that it makes: what the form says, which form an entry came from, how
// one takes another's place. Keeping and sending entries is not done here (docs/decisions/0012-unsent-entries.md).
"use strict";

// What was entered, in the words of the form.
function valuesOf(form) {
  const spoken = (control) => {
    if (control.type === "hidden") return "";
    if (["checkbox", "radio"].includes(control.type)) return control.checked && control.closest("label").textContent.trim();
    if (control.matches("select")) return control.value && control.selectedOptions[0].text;
    const unit = control.parentElement.querySelector(":scope > .unit")?.textContent ?? "";
    return control.value && `${control.value.replace("T", " ")} ${unit}`.trim();
  };
  const labelled = [...form.querySelectorAll(".field")].map((field) => [
    field.querySelector("legend, label").firstChild.textContent.trim() || "Ticked",
    [...field.querySelectorAll("input, select, textarea")].map(spoken).filter(Boolean).join(", "),
  ]);
  return labelled.filter(([, value]) => value);
}

function valueOf(entry, field) {
  return entry.fields.find(([name]) => name === field)?.[1] ?? "";
}

// Whether an entry takes the session from one state to another: a pause does, a new rate or a reading doesn't.
function changesState({ moves }) {
  return moves !== "" && moves.split(" ").some((move) => move.split(":")[0] !== move.split(":")[1]);
}

function isTypedIn(part) {
  const focused = document.activeElement?.matches("input, select, textarea") && part.contains(document.activeElement);
  return focused || [...typed].some((form) => part.contains(form));
}

// Whether a form shows what the record has, or what it refused, and is for no other entry.
function isForOneEntry(form) {
  return form.dataset.forOneEntry !== undefined || form.querySelector(".mend") !== null;
}

function isIncomplete(form) {
  return [...form.elements].some((control) => control.validity?.valueMissing);
}

function formOf(entry, page = document) {
  return page.querySelector(`form input[name="id"][value="${CSS.escape(entry.id)}"]`)?.form;
}

// The page's form for such entries, of the same line if they correct or continue one; best one that nobody types in.
function emptyFormFor(entry) {
  const isSame = (form) => ["corrects", "effect"].every((line) => (form.elements[line]?.value ?? "") === valueOf(entry, line));
  const forms = [...document.querySelectorAll("form[data-kept]")].filter(
    (form) => form.getAttribute("action") === entry.action && isSame(form),
  );
  return forms.find((form) => !typed.has(form)) ?? forms[0];
}

// The scripts of single forms hear of it by the event.
function renewForm(form, newer) {
  form.replaceWith(newer);
  newer.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}

// A tap has no boxes: what is mended is a form that this page didn't have.
function bringPartOf(form) {
  document.querySelector(".session > .stack").prepend(partOf(form));
  form.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}

function partOf(form) {
  return form.closest("[id^=part-]");
}

// The next press is its own moment, unless somebody has typed one by now.
function emptyWhatMeansNow(entry) {
  const form = formOf(entry);
  for (const name of form ? entry.moments : []) {
    const control = form.elements[name];
    if (control.value === control.defaultValue) control.value = "";
  }
}
