// Facets with counts: the left rail of the catalogue, and the filters of a list.
const state = new WeakMap();
const SHORT = 7;

function option(group, one, emit) {
  const li = el("li"), label = el("label", "option"), box = el("input");
  box.type = "checkbox"; box.checked = one.on;
  box.onchange = () => emit({ field: group.field, value: one.value, on: box.checked });
  label.append(box, el("span", "name", one.name), el("span", "count", one.count));
  if (!one.on && one.count === "0") label.classList.add("none");
  li.append(label);
  return li;
}

function fillGroup(section, group, own, emit) {
  const plain = JSON.stringify(group) + own.long.has(group.field);
  if (section._plain === plain) return;
  section._plain = plain;
  const active = section.getRootNode().activeElement;
  const index = active && section.contains(active) ? [...section.querySelectorAll("input,button,summary")].indexOf(active) : -1;
  const chosen = group.options.filter((one) => one.on).length;
  section.querySelector(".heading").textContent = group.name;
  section.querySelector(".chosen").textContent = chosen ? String(chosen) : "";
  const long = own.long.has(group.field), list = section.querySelector("ul"), more = section.querySelector(".more");
  const shown = group.options.filter((one, i) => long || i < SHORT || one.on);
  list.replaceChildren(...shown.map((one) => option(group, one, emit)));
  const hidden = group.options.length - SHORT;
  more.hidden = hidden <= 0;
  more.textContent = long ? "Fewer" : `All ${group.options.length}`;
  more.setAttribute("aria-label", `${more.textContent}: ${group.name}`);
  more.onclick = () => { long ? own.long.delete(group.field) : own.long.add(group.field); fillGroup(section, group, own, emit); };
  if (index >= 0) section.querySelectorAll("input,button,summary")[index]?.focus({ preventScroll: true });
}

function buildGroup(group) {
  const section = el("details", "group");
  section.dataset.field = group.field;
  section.open = group.open;
  const summary = el("summary");
  summary.append(el("span", "heading"), el("span", "chosen"));
  const more = el("button", "more");
  more.type = "button";
  section.append(summary, el("ul"), more);
  return section;
}

function priceGroup(data, own, emit) {
  if (!data.price) { own.price?.remove(); own.price = null; return; }
  if (!own.price) {
    const box = el("fieldset", "price");
    box.append(el("legend", "", data.price.name));
    for (const side of ["from", "to"]) {
      const label = el("label", "", side === "from" ? "From" : "To"), input = el("input");
      input.type = "number"; input.inputMode = "numeric"; input.min = "0"; input.dataset.side = side;
      label.append(input); box.append(label);
    }
    own.price = box;
  }
  for (const input of own.price.querySelectorAll("input")) {
    const side = input.dataset.side, value = data.price[side];
    if (input !== input.getRootNode().activeElement) input.value = value ?? "";
    input.placeholder = data.price[`${side}Hint`] || "";
    input.onchange = () => emit({ price: side, value: input.value === "" ? null : Number(input.value) });
  }
  own.groups.append(own.price);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) {
    own = { long: new Set(), groups: el("div", "groups") };
    root.append(own.groups);
    state.set(parentElement, own);
  }
  const emit = (change) => setTriggerValue("change", change);
  own.groups.setAttribute("role", "group");
  own.groups.setAttribute("aria-label", data.label);
  const have = new Map([...own.groups.querySelectorAll(".group")].map((one) => [one.dataset.field, one]));
  const next = data.groups.map((group) => have.get(group.field) || buildGroup(group));
  for (const [field, section] of have) if (!data.groups.some((group) => group.field === field)) section.remove();
  next.forEach((section, i) => { if (own.groups.children[i] !== section) own.groups.insertBefore(section, own.groups.children[i] || null); });
  data.groups.forEach((group, i) => fillGroup(next[i], group, own, emit));
  priceGroup(data, own, emit);
  return () => state.delete(parentElement);
}
