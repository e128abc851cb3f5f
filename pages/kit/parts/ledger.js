// The lines of a day: a figure, what it means, a few pictures, and the way there.
const state = new WeakMap();

function build(line) {
  const li = el("li");
  const link = el(line.href ? "a" : "div", "line");
  if (line.href) { link.href = safeLink(line.href); link.dataset.id = line.id; }
  const words = el("div", "words");
  words.append(el("h3", "title", line.title), el("p", "text", line.text));
  const shots = el("div", "shots");
  shots.setAttribute("aria-hidden", "true");
  for (const item of line.pictures || []) {
    const frame = el("span", "frame");
    picture(frame, item);
    frame.querySelector("img")?.setAttribute("alt", "");
    frame.classList.toggle("is-dim", !!item.dim);
    shots.append(frame);
  }
  const go = el("span", "go", line.go || "");
  if (line.href) go.append(icon("open"));
  link.append(el("span", `figure ${line.tone || ""}`, line.figure), words, shots, go);
  li.append(link);
  return li;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) { own = { list: el("ul", "ledger") }; root.append(own.list); state.set(parentElement, own); }
  own.list.setAttribute("aria-label", data.label);
  const plain = JSON.stringify(data);
  if (own.plain !== plain) { own.plain = plain; own.list.replaceChildren(...data.lines.map(build)); }
  root.onclick = (event) => {
    const link = event.target.closest("a.line");
    if (!link || !simple(event)) return;
    event.preventDefault();
    setTriggerValue("action", { type: "open", id: link.dataset.id });
  };
  return () => state.delete(parentElement);
}
