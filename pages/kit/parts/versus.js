// Products with their first neighbours under two editions, side by side.
const state = new WeakMap();

function neighbour(item, place, told) {
  const li = el("li", item.own ? "mini own" : "mini"), link = el("a", "frame");
  link.dataset.act = "open"; link.dataset.id = item.id;
  link.href = safeLink(item.href);
  link.title = `${place}. ${item.title}${item.own ? `. ${told}` : ""}`;
  link.setAttribute("aria-label", link.title);
  picture(link, item);
  link.querySelector("img")?.setAttribute("alt", "");
  li.append(link);
  return li;
}

function strip(side, label, anchor, told) {
  const box = el("div", "side"), list = el("ol", "strip");
  list.setAttribute("aria-label", `${anchor}: nearest by ${label}`);
  list.replaceChildren(...side.map((item, i) => neighbour(item, i + 1, told)));
  box.append(el("p", "by", label), list);
  if (!side.length) box.append(el("p", "remark", "Nothing stands near it."));
  return box;
}

function row(one, data) {
  const li = el("li", "line"), head = el("div", "head"), link = el("a", "frame"), words = el("div", "words");
  li.dataset.id = one.anchor.id;
  link.dataset.act = "open"; link.dataset.id = one.anchor.id; link.href = safeLink(one.anchor.href);
  link.setAttribute("aria-label", one.anchor.open);
  picture(link, one.anchor);
  words.append(el("span", "brand", one.anchor.brand), el("h3", "title", one.anchor.title), el("p", "remark", one.remark));
  head.append(link, words);
  li.append(head, ...[0, 1].map((n) => strip(one.sides[n], data.labels[n], one.anchor.title, data.told[n])));
  return li;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) {
    own = { top: el("div", "top"), list: el("ul", "versus"), plain: "" };
    root.append(own.top, own.list);
    state.set(parentElement, own);
  }
  const plain = JSON.stringify(data);
  if (own.plain !== plain) {
    own.plain = plain;
    own.list.setAttribute("aria-label", data.label);
    own.top.setAttribute("aria-hidden", "true");
    own.top.replaceChildren(el("span", "", ""), ...data.labels.map((label) => el("span", "by", label)));
    own.list.replaceChildren(...data.rows.map((one) => row(one, data)));
  }
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]");
    if (!target || !simple(event)) return;
    event.preventDefault();
    setTriggerValue("action", { type: target.dataset.act, id: target.dataset.id });
  };
  return () => state.delete(parentElement);
}
