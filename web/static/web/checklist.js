// One tap answers a group of the checklist that holds; without this each item is answered by itself. What an
// answer needs besides stays folded away until it is needed.
"use strict";

for (const button of document.querySelectorAll("[data-all-pass]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const check of button.closest("section").querySelectorAll(".check:not([data-alone])")) {
      const pass = check.querySelector("input[type=radio][value=pass]");
      if (check.querySelector("input[type=radio]:checked")) continue; // what was answered stays as it is
      pass.checked = true;
      pass.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}

for (const check of document.querySelectorAll(".check")) {
  const more = check.querySelector("details");
  const why = check.querySelector("[data-why]");
  const note = check.querySelector("input[type=text]");

  const show = () => {
    const chosen = check.querySelector("input[type=radio]:checked")?.value ?? "";
    const changed = chosen !== check.dataset.before || note.value !== note.defaultValue;
    if (why) why.hidden = !changed && !why.querySelector(".mend");
    if (chosen && (chosen !== "pass" || (why && !why.hidden))) more.open = true; // a note or a reason is due
  };

  check.addEventListener("input", show);
  show();
}
