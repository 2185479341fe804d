// Lets the running total run on between two looks at the server, for showing only: what is recorded and what
// is refused is reckoned by the server, in decimals. Without this the figure is that of its page's load.
"use strict";

const HOUR = 3600 * 1000;
const MINUTE = 60 * 1000;

function countOn(card) {
  const loaded = performance.now();
  const number = (name) => Number(card.dataset[name]);
  const [volume, left, rate, strength] = ["volumeMl", "leftMl", "mlPerH", "mgPerMl"].map(number);
  const show = (part, text) => {
    card.querySelector(`[data-${part}]`).textContent = text;
  };
  const tick = () => {
    if (!card.isConnected) {
      clearInterval(ticking);
      return;
    }
    // A step that waits in this browser isn't reckoned in: better no running total than a wrong one.
    if ("held" in card.dataset) {
      show("as-of", "Stands still: a step of the infusion is not sent yet.");
      return;
    }
    const elapsed = performance.now() - loaded;
    const pumped = Math.min((rate * elapsed) / HOUR, left);
    show("volume", (volume + pumped).toFixed(2));
    const mg = ((volume + pumped) * strength).toFixed(1);
    show("mg", mg);
    for (const inView of document.querySelectorAll("[data-mg-in-view]")) inView.textContent = mg;
    show("left", String(Math.ceil((((left - pumped) / rate) * HOUR) / MINUTE)));
    show("as-of", pumped < left ? "Counting on; the record's own figure comes when the page is opened again." : "The bag is empty.");
  };
  const ticking = setInterval(tick, 1000);
}

for (const card of document.querySelectorAll("[data-infusion]")) countOn(card);
