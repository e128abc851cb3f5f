// Lines of figures with a bar each, and on it a mark that the bar is compared with.
const state = new WeakMap();
const percent = (share) => `${Math.min(100, Math.max(0, 100 * (Number(share) || 0))).toFixed(2)}%`;

function head(data) {
  const line = el("tr"), first = el("th", "", data.first);
  first.scope = "col";
  line.append(first);
  for (const column of data.columns) {
    const cell = el("th", `${column.kind || "num"}${column.spare ? " spare" : ""}`, column.name);
    cell.scope = "col";
    line.append(cell);
  }
  if (data.bar) { const cell = el("th", "bar", data.bar); cell.scope = "col"; line.append(cell); }
  return line;
}

function row(one, data) {
  const line = el("tr"), name = el("th"), link = el("a", "act", one.name);
  name.scope = "row";
  link.href = safeLink(one.href); link.dataset.id = one.id; link.dataset.act = "open";
  name.append(link);
  line.append(name);
  data.columns.forEach((column, i) => {
    const kind = `${column.kind || "num"}${column.spare ? " spare" : ""}${column.mute ? " mute" : ""}`;
    line.append(el("td", kind, one.cells[i]));
  });
  if (data.bar) {
    const cell = el("td", "bar"), track = el("div", "track"), bar = el("i");
    bar.style.width = percent(one.bar);
    track.append(bar);
    if (one.mark !== null && one.mark !== undefined) { const mark = el("b"); mark.style.left = percent(one.mark); track.append(mark); }
    track.setAttribute("role", "img");
    track.setAttribute("aria-label", one.said || "");
    track.title = one.said || "";
    cell.append(track);
    line.append(cell);
  }
  return line;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) {
    own = { table: el("table", "tally"), head: el("thead"), body: el("tbody"), plain: "" };
    own.table.append(own.head, own.body);
    root.append(own.table);
    state.set(parentElement, own);
  }
  own.table.setAttribute("aria-label", data.label);
  const plain = JSON.stringify(data);
  if (own.plain !== plain) {
    own.plain = plain;
    own.head.replaceChildren(head(data));
    own.body.replaceChildren(...data.rows.map((one) => row(one, data)));
  }
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]");
    if (!target || !simple(event)) return;
    event.preventDefault();
    setTriggerValue("action", { type: target.dataset.act, id: target.dataset.id });
  };
  return () => state.delete(parentElement);
}
