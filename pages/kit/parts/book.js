// Lines of a book: what kind, what it says, where it stands, and what can be done with it.
const state = new WeakMap();

function build(row) {
  const li = el("li", "row");
  li.dataset.id = row.id;
  li.classList.toggle("is-quiet", !!row.quiet);
  const words = el("div", "words");
  words.append(el("p", "text", row.text));
  if (row.note) words.append(el("p", "note", row.note));
  const marks = el("p", "marks");
  for (const [tone, said] of row.marks || []) marks.append(el("span", `mark is-${tone || "plain"}`, said));
  if (marks.children.length) words.append(marks);
  const side = el("div", "side");
  for (const line of row.side || []) side.append(el("p", "", line));
  const acts = el("div", "acts");
  for (const one of row.actions || []) {
    const button = el("button", one.main ? "act main" : "act", one.label);
    button.type = "button";
    button.dataset.act = one.act;
    button.setAttribute("aria-label", `${one.label}: ${row.text}`);
    acts.append(button);
  }
  li.append(el("span", `kind ${row.tone ? `is-${row.tone}` : ""}`, row.kind), words, side, acts);
  return li;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) { own = { list: el("ul", "book"), rows: new Map() }; root.append(own.list); state.set(parentElement, own); }
  own.list.setAttribute("aria-label", data.label);
  const held = own.list.contains(own.list.getRootNode().activeElement) ? own.list.getRootNode().activeElement : null;
  const fresh = new Map();
  for (const row of data.rows) {
    const plain = JSON.stringify(row), had = own.rows.get(row.id);
    fresh.set(row.id, had?.plain === plain ? had : { plain, li: build(row) });
  }
  own.rows = fresh;
  own.list.replaceChildren(...[...fresh.values()].map((one) => one.li));
  if (held?.isConnected) held.focus({ preventScroll: true });
  root.onclick = (event) => {
    const button = event.target.closest("[data-act]"), row = event.target.closest(".row");
    if (button && row) setTriggerValue("action", { type: button.dataset.act, id: row.dataset.id });
  };
  return () => state.delete(parentElement);
}
