// What a shopper did, along time: how much each act still says, over the curve by which it fades, and its picture.
const place = (act, span) => `${Math.min(100, (100 * act.days) / span)}%`;
const height = (weight, low) => (100 * (weight - low)) / (4 - low);

// The curves by which a purchase and a look fade: half is left after each half-life.
function curves(data, low) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 100"); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("aria-hidden", "true");
  for (const most of data.curves) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const points = Array.from({ length: 61 }, (_, n) => {
      const days = (data.span * n) / 60;
      return `${((100 * n) / 60).toFixed(2)} ${(100 - height(most * 0.5 ** (days / data.half), low)).toFixed(2)}`;
    });
    path.setAttribute("d", `M${points.join("L")}`);
    svg.append(path);
  }
  return svg;
}

function chart(data) {
  const low = Math.min(0, ...data.acts.map((act) => Math.max(-4, act.weight)));
  const box = el("div", "chart");
  box.append(curves(data, low));
  const zero = el("div", "zero");
  zero.style.bottom = `${height(0, low)}%`;
  box.append(zero);
  for (const tick of data.ticks) {
    const mark = el("div", "tickline");
    mark.style.left = place(tick, data.span);
    mark.append(el("span", tick.days > 0.94 * data.span ? "last" : "", tick.text));
    box.append(mark);
  }
  data.acts.forEach((act, n) => {
    const dot = el("i", act.weight < 0 ? "dot against" : act.now ? "dot now" : "dot");
    dot.style.left = place(act, data.span);
    dot.style.bottom = `${height(Math.max(-4, act.weight), low)}%`;
    dot.dataset.n = n;
    box.append(dot);
  });
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", data.told);
  return box;
}

function card(act, n) {
  const li = el("li", act.now ? "act now" : "act");
  li.dataset.n = n;
  const frame = el("button", "frame");
  frame.type = "button"; frame.dataset.act = "open";
  picture(frame, act);
  frame.setAttribute("aria-label", `${act.kind}: ${act.title}, ${act.ago}`);
  li.append(frame);
  const bar = el("span", act.weight < 0 ? "weigh against" : "weigh"), fill = el("i");
  fill.style.width = `${Math.min(100, 25 * Math.abs(act.weight))}%`;
  const full = el("u");
  full.style.width = `${Math.min(100, 25 * act.strength)}%`;
  bar.append(full, fill);
  bar.setAttribute("aria-hidden", "true");
  li.append(bar, el("b", "", act.kind), el("span", "ago", act.ago), el("span", "ago", act.says));
  if (act.menu?.length) {
    const more = el("button", "more");
    more.type = "button"; more.dataset.act = "menu"; more.title = "Change this act";
    more.setAttribute("aria-label", `Change this act: ${act.title}`);
    more.setAttribute("aria-haspopup", "menu"); more.setAttribute("aria-expanded", "false");
    more.append(icon("shape"));
    li.append(more);
  }
  li._item = { ...act, place: n };
  return li;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".part");
  const plain = JSON.stringify(data);
  if (root._plain !== plain) {
    root._plain = plain;
    const list = el("ol", "acts");
    list.setAttribute("aria-label", data.label);
    list.append(...data.acts.map(card));
    const scrolled = root.querySelector(".acts")?.scrollLeft || 0;
    root.replaceChildren(chart(data), list);
    list.scrollLeft = scrolled;
  }
  const light = (event, on) => {
    const n = event.target.closest("[data-n]")?.dataset.n;
    root.querySelectorAll(".is-lit").forEach((one) => one.classList.remove("is-lit"));
    if (on && n !== undefined) root.querySelectorAll(`[data-n="${n}"]`).forEach((one) => one.classList.add("is-lit"));
  };
  root.onpointerover = (event) => light(event, true);
  root.onpointerout = (event) => light(event, false);
  root.onfocusin = (event) => light(event, true);
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]"), li = event.target.closest("li"), dot = event.target.closest(".dot");
    if (dot) return root.querySelector(`li[data-n="${dot.dataset.n}"]`)?.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
    if (!target || !li) return;
    const send = (action) => setTriggerValue("action", action);
    if (target.dataset.act === "menu") return showMenu(root, li._item, target, send);
    send({ type: "open", id: li._item.id });
  };
}
