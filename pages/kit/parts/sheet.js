// Many lists under one another, to skim.
const state = new WeakMap();

function small(item, place) {
  const li = el("li", item.own === undefined ? "mini" : item.own ? "mini own" : "mini quiet"), link = el("a", "frame");
  link.dataset.act = "open"; link.dataset.id = item.id;
  link.href = safeLink(item.href);
  link.title = `${place}. ${item.title}${item.price ? `, ${item.price}` : ""}`;
  link.setAttribute("aria-label", link.title);
  picture(link, item);
  link.querySelector("img")?.setAttribute("alt", "");
  li.append(link);
  return li;
}

function row(one) {
  const li = el("li", "line");
  li.dataset.id = one.anchor.id;
  const head = el("div", "head"), link = el("a", "frame");
  link.dataset.act = "list"; link.dataset.id = one.anchor.id; link.href = safeLink(one.anchor.href);
  link.setAttribute("aria-label", `Open the list of ${one.anchor.title}`);
  picture(link, one.anchor);
  const words = el("div", "words");
  words.append(el("span", "brand", one.anchor.brand), el("h3", "title", one.anchor.title), el("p", one.warn ? "remark warn" : "remark", one.remark));
  head.append(link, words);
  const strip = el("ol", "strip");
  strip.setAttribute("aria-label", `List of ${one.anchor.title}`);
  strip.replaceChildren(...one.items.map((item, i) => small(item, i + 1)));
  li.append(head, strip);
  return li;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) { own = { list: el("ul", "sheet"), plain: new Map() }; root.append(own.list); state.set(parentElement, own); }
  own.list.setAttribute("aria-label", data.label);
  const have = new Map([...own.list.children].map((line) => [line.dataset.id, line]));
  const next = data.rows.map((one) => {
    const plain = JSON.stringify(one), id = one.anchor.id;
    if (have.has(id) && own.plain.get(id) === plain) return have.get(id);
    own.plain.set(id, plain);
    return row(one);
  });
  const same = next.length === own.list.children.length && next.every((line, i) => line === own.list.children[i]);
  if (!same) own.list.replaceChildren(...next);
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]");
    if (!target || !simple(event)) return;
    event.preventDefault();
    setTriggerValue("action", { type: target.dataset.act, id: target.dataset.id });
  };
  return () => state.delete(parentElement);
}
