// What was drawn and not given is proposed as wasted; what was typed stays.
"use strict";

function propose(root) {
  for (const wasted of root.querySelectorAll("[data-given]")) {
    const drawn = wasted.form.elements.drawn_mg;
    let proposed = wasted.value;

    drawn.addEventListener("input", () => {
      if (wasted.value !== proposed) return;
      const rest = Number(drawn.value) - Number(wasted.dataset.given);
      proposed = rest >= 0 ? rest.toFixed(1) : "";
      wasted.value = proposed;
    });
  }
}

propose(document);
document.addEventListener("renewed", (event) => propose(event.target));
