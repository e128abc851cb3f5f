const state = new WeakMap();

function tool(one, item) {
  const button = el(one.href ? "a" : "button", "tool");
  if (one.href) button.href = safeLink(one.href); else button.type = "button";
  button.dataset.act = one.act;
  button.title = one.label;
  button.setAttribute("aria-label", `${one.label}: ${item.title}`);
  if (one.on !== undefined) { button.setAttribute("aria-pressed", String(!!one.on)); button.classList.toggle("is-on", !!one.on); }
  button.append(icon(one.icon));
  return button;
}

// A card that is dragged onto another asks for its place.
function dragging(list, send) {
  let held = null;
  const over = (card) => { for (const one of list.children) one.classList.toggle("is-target", one === card && one !== held); };
  list.ondragstart = (event) => {
    held = event.target.closest(".card");
    if (!held?._item.place) { held = null; return event.preventDefault(); }
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.id);
    held.classList.add("is-held");
  };
  list.ondragover = (event) => { if (held) { event.preventDefault(); over(event.target.closest(".card")); } };
  list.ondragend = () => { held?.classList.remove("is-held"); held = null; over(null); };
  list.ondrop = (event) => {
    const card = event.target.closest(".card");
    if (!held || !card) return;
    event.preventDefault();
    const id = held.dataset.id, place = card._item.place;
    list.ondragend();
    if (card.dataset.id !== id) send({ type: "pin", id, place });
  };
}

function build() {
  const li = el("li", "card");
  const shot = el("div", "shot");
  const frame = el("a", "frame");
  frame.dataset.act = "open";
  const tick = el("button", "tick");
  tick.type = "button"; tick.dataset.act = "tick"; tick.hidden = true;
  tick.setAttribute("role", "checkbox");
  tick.append(icon("choose"));
  shot.append(frame, tick, el("div", "badges"), el("div", "tools"));
  const meta = el("div", "meta"), top = el("div", "top"), row = el("div", "row");
  const why = el("button", "whybtn", "Why");
  why.type = "button"; why.dataset.act = "why";
  top.append(el("span", "brand"), el("span", "place"));
  row.append(el("span", "price"), why);
  meta.append(top, el("h3", "title"), row, el("p", "note"));
  li.append(shot, meta);
  return li;
}

// Several pictures in the place of one, for what holds many products.
function mosaic(frame, item) {
  const urls = (item.images || []).map(safePicture).filter(Boolean);
  frame.classList.toggle("is-mosaic", urls.length > 1);
  let faces = frame.querySelector(".faces");
  if (urls.length < 2) { faces?.remove(); return picture(frame, { ...item, image: urls[0] || item.image }); }
  frame.querySelector(":scope > img")?.remove();
  frame.querySelector(".blank")?.remove();
  if (!faces) { faces = el("span", "faces"); frame.prepend(faces); }
  faces.dataset.n = String(urls.length);
  if (faces.dataset.urls === urls.join(" ")) return;
  faces.dataset.urls = urls.join(" ");
  faces.replaceChildren(...urls.map((url) => { const img = el("img"); img.loading = "lazy"; img.alt = ""; img.src = url; return img; }));
}

function ticked(li, on) {
  li.classList.toggle("is-ticked", on);
  li.querySelector(".tick").setAttribute("aria-checked", String(on));
}

// What is ticked is the hand's until the shop has heard of it: a slow answer never takes a tick back.
function ticks(own, list, data) {
  const heard = (data.heard || 0) >= own.rev;
  if (heard) { own.rev = data.heard || 0; own.ticks.clear(); }
  for (const li of list.children) {
    const box = li.querySelector(".tick"), item = li._item;
    box.hidden = item.tick === undefined;
    if (box.hidden) continue;
    box.setAttribute("aria-label", `Choose ${item.open || item.title}`);
    ticked(li, own.ticks.has(item.id) ? own.ticks.get(item.id) : !!item.tick);
  }
  list.classList.toggle("is-ticking", !!data.ticking || [...list.children].some((li) => li.classList.contains("is-ticked")));
}

function tick(own, list, li, range, send) {
  const cards = [...list.children], on = !li.classList.contains("is-ticked");
  const from = range && own.last?.isConnected ? cards.indexOf(own.last) : -1, to = cards.indexOf(li);
  const some = from < 0 ? [li] : cards.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of some) { ticked(one, on); own.ticks.set(one.dataset.id, on); }
  own.last = li;
  own.rev += 1;
  list.classList.toggle("is-ticking", cards.some((one) => one.classList.contains("is-ticked")));
  send({ type: "tick", rev: own.rev, on: cards.filter((one) => one.classList.contains("is-ticked")).map((one) => one.dataset.id) });
}

function fill(li, item) {
  const plain = JSON.stringify(item);
  li._item = item;
  if (li._plain === plain) return;
  li._plain = plain;
  li.dataset.id = item.id;
  li.classList.toggle("is-dim", !!item.dim);
  li.draggable = !!item.menu?.some((one) => one.act === "pin" || one.act === "unpin");
  const $ = (selector) => li.querySelector(selector);
  const frame = $(".frame");
  if (item.images) mosaic(frame, item); else picture(frame, item);
  // What leads nowhere is a picture with a name: its tools are what can be done with it.
  if (item.href) { frame.href = safeLink(item.href); frame.removeAttribute("role"); }
  else { frame.removeAttribute("href"); frame.setAttribute("role", "img"); }
  frame.setAttribute("aria-label", item.open || item.title);
  $(".badges").replaceChildren(...(item.badges || []).map(([kind, text]) => el("span", `badge ${kind}`, text)));
  $(".tools").replaceChildren(...(item.tools || []).map((one) => tool(one, item)));
  const shape = $(".tools [data-act=menu]");
  if (shape) { shape.setAttribute("aria-haspopup", "menu"); shape.setAttribute("aria-expanded", "false"); }
  $(".brand").textContent = item.brand || "";
  $(".title").textContent = item.title;
  $(".title").title = item.title;
  const place = $(".place");
  place.replaceChildren();
  if (item.place) {
    if (item.moved) {
      const moved = el("span", item.moved > 0 ? "moved up" : "moved down", `${item.moved > 0 ? "↑" : "↓"}${Math.abs(item.moved)}`);
      moved.title = item.movedText || "";
      moved.setAttribute("role", "img");
      moved.setAttribute("aria-label", item.movedText || "");
      place.append(moved);
    }
    place.append(el("span", "number", String(item.place)));
  }
  const price = $(".price");
  price.textContent = item.price || "";
  price.classList.toggle("is-down", !!item.was);
  if (item.was) {
    const was = el("s");
    was.append(el("span", "sr", " formerly "), item.was);
    price.append(was);
  }
  const why = $(".whybtn");
  why.hidden = !item.why;
  why.setAttribute("aria-label", `Why ${item.title}`);
  const note = $(".note");
  note.textContent = item.note || ""; note.hidden = !item.note;
  $(".row").hidden = !item.price && !item.why;
}

// Cards glide to their new place.
function glide(list, change) {
  const cards = [...list.children], before = new Map(cards.map((card) => [card, card.getBoundingClientRect()]));
  const scrolled = list.scrollLeft;
  change();
  list.scrollLeft = scrolled;
  if (!cards.length || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const card of list.children) {
    const a = before.get(card);
    if (!a) { card.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 280, easing: "ease-out" }); continue; }
    const z = card.getBoundingClientRect(), dx = a.left - z.left, dy = a.top - z.top;
    if (dx || dy) card.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: "none" }], { duration: 340, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
}

function arrows(root, list) {
  const make = (side) => {
    const button = el("button", `arrow ${side}`);
    button.type = "button"; button.append(icon(side));
    button.setAttribute("aria-label", side === "left" ? "Back" : "Further");
    button.onclick = () => list.scrollBy({ left: (side === "left" ? -1 : 1) * list.clientWidth * 0.85, behavior: "smooth" });
    root.append(button);
    return button;
  };
  const back = make("left"), on = make("right");
  const see = () => {
    const room = list.scrollWidth - list.clientWidth;
    back.hidden = room < 4 || list.scrollLeft < 4;
    on.hidden = room < 4 || list.scrollLeft > room - 4;
    const frame = list.querySelector(".shot");
    if (frame) root.style.setProperty("--arrow-top", `${frame.offsetTop + frame.offsetHeight / 2 + list.offsetTop}px`);
  };
  list.addEventListener("scroll", see, { passive: true });
  const watch = new ResizeObserver(see);
  watch.observe(list);
  return { see, stop: () => watch.disconnect() };
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = state.get(parentElement);
  if (!own) {
    own = { list: el("ul", "list"), page: data.page, ticks: new Map(), rev: data.heard || 0, last: null };
    root.append(own.list);
    own.arrows = arrows(root, own.list);
    state.set(parentElement, own);
  }
  root.className = `part is-${data.layout} size-${data.size || "normal"}${data.stay ? " tools-stay" : ""}`;
  const { list } = own;
  list.setAttribute("aria-label", data.label);
  const active = list.getRootNode().activeElement, inside = list.contains(active) ? active : null;
  const pressed = inside?.matches(".tool") ? [inside.closest(".card").dataset.id, inside.dataset.act] : null;
  const have = new Map([...list.children].map((card) => [card.dataset.id, card]));
  const stood = inside ? [...list.children].indexOf(inside.closest(".card")) : -1;
  const next = data.items.map((item) => {
    const card = have.get(item.id) || build();
    fill(card, item);
    return card;
  });
  const held = inside?.isConnected ? inside : null;
  const same = next.length === list.children.length && next.every((card, i) => card === list.children[i]);
  if (!same) {
    root.querySelector(".why")?.hidePopover();
    const had = list.children.length > 0;
    glide(list, () => list.replaceChildren(...next));
    if (had && data.say) root.parentNode.querySelector(":scope > .sr").textContent = data.say;
  }
  ticks(own, list, data);
  if (held && held.isConnected) held.focus({ preventScroll: true });
  if (pressed && !inside.isConnected) {  // a tool that was drawn anew keeps the focus; of a card that left, the next one has it
    const card = [...list.children].find((one) => one.dataset.id === pressed[0]) || list.children[Math.min(stood, next.length - 1)];
    card?.querySelector(`.tools [data-act="${pressed[1]}"]`)?.focus({ preventScroll: true });
  }
  if (own.page !== data.page) {
    own.page = data.page;
    list.scrollLeft = 0;
    if (root.getBoundingClientRect().top < 60) root.scrollIntoView({ block: "start" });
  }
  own.arrows.see();
  const send = (action) => setTriggerValue("action", action);
  dragging(list, send);
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]"), card = event.target.closest(".card");
    if (!target || !card) return;
    if (target.dataset.act === "why") { event.preventDefault(); return showWhy(root, card._item.why, target); }
    if (target.dataset.act === "tick") { event.preventDefault(); return tick(own, list, card, event.shiftKey, send); }
    if (target.dataset.act === "menu") { event.preventDefault(); return showMenu(root, card._item, target, send); }
    if (!simple(event)) return;
    event.preventDefault();
    send({ type: target.dataset.act, id: card.dataset.id });
  };
  root.onkeydown = (event) => {
    const box = event.key === " " && event.target.closest(".frame")?.parentNode.querySelector(".tick:not([hidden])");
    if (box) { event.preventDefault(); return tick(own, list, box.closest(".card"), event.shiftKey, send); }
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const card = event.target.closest(".card");
    if (!card || event.target.closest(".why, .menu")) return;
    const to = event.key === "ArrowLeft" ? card.previousElementSibling : card.nextElementSibling;
    if (!to) return;
    event.preventDefault();
    to.querySelector(".frame").focus();
    to.scrollIntoView({ inline: "nearest", block: "nearest" });
  };
  return () => { own.arrows.stop(); state.delete(parentElement); };
}
