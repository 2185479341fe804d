/* Marks, in the way between the parts of a long page, the part that is being read. Without it the links lead
   there all the same. */
for (const way of document.querySelectorAll("[data-parts]")) {
  const links = new Map();
  for (const link of way.querySelectorAll("a[href^='#']")) {
    const part = document.getElementById(link.getAttribute("href").slice(1));
    if (part) links.set(part, link);
  }

  const mark = () => {
    const edge = way.getBoundingClientRect().bottom + 24;
    let here = null;
    for (const part of links.keys()) {
      const box = part.getBoundingClientRect();
      // Of parts beside each other the first one that reaches under the way counts.
      if (box.top <= edge && box.bottom > edge && (!here || box.left < here.getBoundingClientRect().left)) here = part;
    }
    for (const [part, link] of links) {
      if (part === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  let asked = false;
  const later = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      mark();
    });
  };
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later, { passive: true });
  mark();
}
