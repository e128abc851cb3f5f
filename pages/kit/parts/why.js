// Signed parts as bars to both sides of a line; what is shown adds up to what is shown.
function addsUp(sum, heading) {
  const table = el("table", "parts"), body = el("tbody"), foot = el("tfoot");
  table.append(el("caption", "", heading), body, foot);
  for (const part of sum.parts) {
    const row = el("tr"), cell = el("td", "bars"), bar = el("span", "bar"), fillIn = el("i", part.share < 0 ? "minus" : "plus");
    fillIn.style.width = `${Math.min(50, Math.abs(part.share) * 50)}%`;
    bar.append(fillIn); cell.append(bar); cell.setAttribute("aria-hidden", "true");
    const name = el("th", "", part.name); name.scope = "row";
    const value = el("td", "value", part.text); value.dataset.exact = part.exact;
    row.append(name, cell, value); body.append(row);
  }
  const row = el("tr"), name = el("th", "", sum.sumName);
  name.scope = "row";
  const value = el("td", "value", sum.sum); value.dataset.exact = sum.exact;
  row.append(name, el("td"), value); foot.append(row);
  return table;
}

// The reasons of one card.
function reasons(why) {
  const box = el("div", "why");
  box.popover = "auto";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", `Why ${why.title}`);
  box.append(addsUp(why, why.heading));
  for (const line of why.lines) box.append(el("p", "", line));
  return box;
}

function showWhy(root, reason, button) {
  root.querySelector(".why")?.remove();
  const box = reasons(reason);
  root.append(box);
  button.setAttribute("aria-expanded", "true");
  box.addEventListener("toggle", (event) => {
    if (event.newState === "closed") { button.setAttribute("aria-expanded", "false"); box.remove(); }
  });
  box.showPopover();
  box.tabIndex = -1;
  box.focus({ preventScroll: true });
  hang(box, button);
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { box.hidePopover(); button.focus(); } });
}

// Near its button, and inside the window.
function hang(box, button) {
  const at = button.getBoundingClientRect(), width = box.offsetWidth, height = box.offsetHeight;
  box.style.left = `${Math.max(12, Math.min(innerWidth - width - 12, at.right - width + 8))}px`;
  const below = at.bottom + 8, above = at.top - height - 8;
  box.style.top = `${below + height + 12 <= innerHeight || above < 12 ? Math.min(below, Math.max(12, innerHeight - height - 12)) : above}px`;
}
