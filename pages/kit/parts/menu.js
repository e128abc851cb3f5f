// What can be asked of one card, as a small menu.
function showMenu(root, item, button, send) {
  root.querySelector(".menu")?.remove();
  const box = el("div", "menu");
  box.popover = "auto";
  box.setAttribute("role", "menu");
  box.setAttribute("aria-label", `${button.title}: ${item.title}`);
  for (const one of item.menu) {
    const entry = el("button", "entry", one.label);
    entry.type = "button";
    entry.setAttribute("role", "menuitem");
    entry.onclick = (event) => { event.stopPropagation(); box.hidePopover(); button.focus({ preventScroll: true }); send({ type: one.act, id: item.id, place: item.place }); };
    box.append(entry);
  }
  root.append(box);
  button.setAttribute("aria-expanded", "true");
  box.addEventListener("toggle", (event) => {
    if (event.newState === "closed") { button.setAttribute("aria-expanded", "false"); box.remove(); }
  });
  box.showPopover();
  hang(box, button);
  box.firstElementChild?.focus({ preventScroll: true });
  box.addEventListener("keydown", (event) => {
    const entries = [...box.children], at = entries.indexOf(box.getRootNode().activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); event.stopPropagation(); entries[(to + entries.length) % entries.length].focus(); }
    if (event.key === "Escape") { box.hidePopover(); button.focus(); }
  });
}
