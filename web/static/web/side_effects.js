// A side effect is one of the common ones or another: whichever is chosen last. Without this the server asks
// which of the two was meant.
"use strict";

function chooseOne(root) {
  for (const other of root.querySelectorAll("select[name=other_term]")) {
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
}

chooseOne(document);
document.addEventListener("renewed", (event) => chooseOne(event.target));
