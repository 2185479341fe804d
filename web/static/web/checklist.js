// One tap answers a group of the checklist that holds; without this each item is answered by itself. What an
// answer needs besides stays folded away until it is needed.
"use strict";

function offerAllPass(root) {
  for (const button of root.querySelectorAll("[data-all-pass]")) {
    const section = button.closest("section");
    const told = section.querySelector("[data-passes]");
    const nameOf = (check) => check.querySelector("legend").firstChild.textContent.trim(); // without "optional"
    // What was answered stays as it is.
    const open = () =>
      [...section.querySelectorAll(".check:not([data-alone])")].filter(
        (check) => !check.querySelector("input[type=radio]:checked"),
      );
    // Nobody vouches for what they have not read.
    const tell = () => {
      const waiting = open();
      button.hidden = waiting.length === 0;
      if (waiting.length) told.textContent = `One tap passes: ${waiting.map(nameOf).join(" · ")}.`;
    };
    button.addEventListener("click", () => {
      const waiting = open();
      for (const check of waiting) {
        const pass = check.querySelector("input[type=radio][value=pass]");
        pass.checked = true;
        pass.dispatchEvent(new Event("input", { bubbles: true }));
      }
      told.textContent = `Marked as passed, not saved yet: ${waiting.map(nameOf).join(" · ")}.`;
    });
    section.addEventListener("input", tell);
    tell();
  }
}

function unfold(root) {
  for (const check of root.querySelectorAll(".check")) {
    const more = check.querySelector("details");
    const why = check.querySelector("[data-why]");
    const note = check.querySelector("input[type=text]");
    const needs = [...check.querySelectorAll("[data-needed-for]")];

    const show = () => {
      const chosen = check.querySelector("input[type=radio]:checked")?.value ?? "";
      note.required = needs.some(({ dataset }) => dataset.neededFor === chosen);
      for (const need of needs) need.hidden = need.dataset.neededFor !== chosen || note.value.trim() !== "";
      const changed = chosen !== check.dataset.before || note.value !== note.defaultValue;
      if (why) why.hidden = !changed && !why.querySelector(".mend");
      if (chosen && (chosen !== "pass" || (why && !why.hidden))) more.open = true; // a note or a reason is due
    };

    check.addEventListener("input", show);
    show();
  }
}

for (const begin of [offerAllPass, unfold]) {
  begin(document);
  document.addEventListener("renewed", (event) => begin(event.target));
}
