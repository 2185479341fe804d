// A side effect is one of the common ones or another: whichever is chosen last. Without this the server asks
// which of the two was meant.
"use strict";

for (const other of document.querySelectorAll("select[name=other_term]")) {
  const form = other.form;
  const common = [...form.querySelectorAll("input[name=term]")];
  const settle = () => {
    for (const each of common) each.required = !other.value;
  };
  other.addEventListener("change", () => {
    if (other.value) for (const each of common) each.checked = false;
    settle();
  });
  for (const each of common) {
    each.addEventListener("change", () => {
      other.value = "";
      settle();
    });
  }
  form.addEventListener("reset", () => setTimeout(settle));
  settle();
}
