const state = new WeakMap();
const reduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const colour = (hex) => (/^#[0-9a-f]{6}$/i.test(hex || "") ? hex : "");

function act(name, label, drawn, pressed) {
  const button = el("button", "tool");
  button.type = "button";
  button.dataset.act = name;
  button.title = label;
  button.setAttribute("aria-label", label);
  if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
  button.append(icon(drawn));
  return button;
}

// One product on the board: the anchor, a piece in its role, or a place that nothing fills.
function tile(one) {
  const node = el("article", `tile ${one.kind} ${one.size || ""}`);
  node.dataset.key = one.key;
  node.dataset.role = one.role || "";
  node.dataset.id = one.id || "";
  node._one = one;
  if (one.kind === "unfilled") {
    const place = el("div", "place");
    place.append(el("span", "role", one.roleName), el("p", "", one.text));
    node.append(place);
    return node;
  }
  const shot = el("div", "shot"), frame = el("a", "frame"), tools = el("div", "tools");
  picture(frame, one);
  frame.dataset.act = "open";
  frame.href = safeLink(one.href);
  frame.setAttribute("aria-label", one.open);
  const badges = el("div", "badges");
  badges.append(...(one.badges || []).map(([kind, text]) => el("span", `badge ${kind}`, text)));
  if (one.kind === "piece") {
    if (one.menu) {
      const shape = act("menu", `${one.menuName}: ${one.title}`, "shape");
      shape.setAttribute("aria-haspopup", "menu");
      shape.setAttribute("aria-expanded", "false");
      tools.append(shape);
    }
    tools.append(
      act("swap", `Swap ${one.roleName.toLowerCase()}: ${one.title}`, "swap"),
      act("lock", `${one.locked ? "Let go of" : "Lock"} ${one.roleName.toLowerCase()}: ${one.title}`, one.locked ? "lock" : "unlock", one.locked),
    );
  }
  shot.append(frame, badges, tools);
  const words = el("div", "words"), row = el("div", "row"), over = el("p", "over");
  if (one.roleName) over.append(el("span", "role", one.roleName));
  if (one.brand) over.append(el("span", "brand", one.brand));
  words.append(over, el("h3", "title", one.title), row);
  row.append(el("span", "price", one.price || ""));
  if (one.why) {
    const why = el("button", "whybtn", "Why");
    why.type = "button"; why.dataset.act = "why";
    why.setAttribute("aria-label", `Why ${one.title}`);
    row.append(why);
  }
  node.append(shot, words);
  node.classList.toggle("is-locked", !!one.locked);
  node.classList.toggle("is-gone", !!one.gone);
  return node;
}

// Looks to choose from, each as a strip of its pieces.
function tab(one) {
  const li = el("li"), button = el("button", "tab"), shots = el("span", "shots"), words = el("span", "words");
  button.type = "button"; button.dataset.act = "look"; button.dataset.key = one.key;
  button.setAttribute("aria-pressed", String(one.on));
  shots.setAttribute("aria-hidden", "true");
  for (const item of one.pictures) {
    const frame = el("span", "frame");
    picture(frame, item);
    frame.querySelector("img")?.setAttribute("alt", "");
    shots.append(frame);
  }
  words.append(el("span", "name", one.name), el("span", "figure", one.figure));
  button.append(words, shots);
  li.append(button);
  return li;
}

// A product that could stand in a place, with the look's score once it does.
function option(one, name, extra) {
  const li = el("li"), button = el("button", "option"), frame = el("span", "frame"), words = el("span", "words"), after = el("span", "after");
  button.type = "button"; button.dataset.act = name; button.dataset.id = one.id;
  for (const [key, value] of Object.entries(extra || {})) button.dataset[key] = value;
  picture(frame, one);
  frame.querySelector("img")?.setAttribute("alt", "");
  words.append(el("span", "brand", one.brand), el("span", "title", one.title), el("span", "price", one.price));
  if (one.after) after.append(el("b", "", one.after), el("span", one.better ? "up" : "down", one.difference));
  button.append(frame, words, after);
  if (one.does) button.append(el("span", "do", one.does));
  button.setAttribute("aria-label", one.say);
  li.append(button);
  return li;
}

function mend(one) {
  const part = el("section", "mend"), head = el("div", "head"), list = el("ul", "options");
  head.append(el("h3", "", one.title), el("p", "", one.text));
  list.append(...one.options.map((item) => option(item, "mend", { gone: one.id })));
  list.setAttribute("aria-label", `Instead of ${one.name}`);
  part.append(head, list);
  return part;
}

// What holds the look together.
function heading(words, figure) {
  const h = el("h3", "", words);
  if (figure) h.append(el("span", "figure", figure));
  return h;
}
function block(title, ...content) {
  const part = el("section", "block");
  part.append(el("h4", "", title), ...content);
  return part;
}
function palette(colours) {
  const list = el("ul", "palette");
  for (const one of colours) {
    const li = el("li"), swatch = el("span", "swatch");
    swatch.style.background = colour(one.hex);
    swatch.setAttribute("aria-hidden", "true");
    li.append(swatch, el("span", "", one.name));
    li.title = one.title;
    li.style.flex = `${one.count} 1 0`;
    list.append(li);
  }
  return list;
}
function scale(one) {
  const part = el("div", "scale"), line = el("span", "line"), range = el("i");
  range.style.left = `${one.from * 100}%`;
  range.style.width = `${Math.max(0, one.to - one.from) * 100}%`;
  line.setAttribute("aria-hidden", "true");
  line.append(range);
  const ends = el("span", "ends");
  ends.setAttribute("aria-hidden", "true");
  ends.append(el("span", "", one.low), el("span", "", one.high));
  part.append(el("p", "", one.words), line, ends);
  return part;
}
function ladder(rows) {
  const table = el("table", "ladder"), body = el("tbody");
  for (const row of rows) {
    const tr = el("tr", row.anchor ? "anchor" : ""), name = el("th", "", row.name), cell = el("td", "bars"), bar = el("i");
    name.scope = "row"; name.title = row.title;
    bar.style.width = `${row.share * 100}%`;
    cell.setAttribute("aria-hidden", "true");
    cell.append(bar);
    tr.append(name, cell, el("td", "value", row.price));
    body.append(tr);
  }
  table.append(body);
  return table;
}
function pairs(list) {
  const ul = el("ul", "pairs");
  for (const one of list) {
    const li = el("li"), button = el("button", "pair"), shots = el("span", "shots"), words = el("span", "words");
    button.type = "button"; button.dataset.act = "pair"; button.dataset.ids = JSON.stringify([one.a.id, one.b.id]);
    button.setAttribute("aria-pressed", "false");
    shots.setAttribute("aria-hidden", "true");
    for (const item of [one.a, one.b]) {
      const frame = el("span", "frame");
      picture(frame, item);
      frame.querySelector("img")?.setAttribute("alt", "");
      shots.append(frame);
    }
    words.append(el("b", "", one.name), el("span", "", one.text));
    button.append(shots, words, el("span", "figure", one.figure));
    li.append(button);
    ul.append(li);
  }
  return ul;
}
function card(one) {
  const part = el("aside", "card");
  part.setAttribute("aria-label", one.title);
  part.append(heading(one.title, one.sum.sum), addsUp(one.sum, "What adds to the score, and what takes from it"));
  if (one.palette.length) part.append(block("Palette", palette(one.palette)));
  if (one.formality) part.append(block("Formality", scale(one.formality)));
  if (one.seasons) part.append(block("Season", el("p", "", one.seasons)));
  if (one.ladder.length) {
    const total = el("p", "total");
    total.append(el("span", "", one.totalName), el("b", "", one.total));
    part.append(block("Prices", ladder(one.ladder), total));
    if (one.totalNote) part.lastChild.append(el("p", `aside ${one.over ? "warn" : ""}`, one.totalNote));
  }
  if (one.best.length) part.append(block("What carries it", pairs(one.best)));
  if (one.weakest) part.append(block("The weakest pair", pairs([one.weakest])));
  for (const line of one.notes) part.append(el("p", "aside", line));
  return part;
}

function light(root, ids) {
  for (const node of root.querySelectorAll(".tile")) {
    node.classList.toggle("is-lit", !!ids && ids.includes(node.dataset.id));
    node.classList.toggle("is-faded", !!ids && !ids.includes(node.dataset.id));
  }
}

// Pieces that stay glide to their new place, new ones come up.
function lay(own, data) {
  const before = new Map([...own.board.querySelectorAll(".tile")].map((node) => [node.dataset.key, [node, node.getBoundingClientRect()]]));
  const make = (one) => {
    const had = before.get(one.key)?.[0];
    return had && JSON.stringify(had._one) === JSON.stringify(one) ? had : tile(one);
  };
  for (const zone of ["left", "centre", "right", "foot"]) {
    const next = data.tiles.filter((one) => one.zone === zone).map(make), part = own.zones[zone];
    const same = next.length === part.children.length && next.every((node, i) => node === part.children[i]);
    if (!same) part.replaceChildren(...next);
    part.hidden = !next.length;
  }
  if (!before.size || reduced()) return;
  for (const node of own.board.querySelectorAll(".tile")) {
    const had = before.get(node.dataset.key);
    if (!had) { node.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 320, easing: "ease-out" }); continue; }
    const now = node.getBoundingClientRect(), dx = had[1].left - now.left, dy = had[1].top - now.top;
    if (dx || dy) node.animate([{ transform: `translate(${dx}px,${dy}px)` }, { transform: "none" }], { duration: 360, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
}

// The drawer with what could stand in one place.
function drawer(own, swap, send) {
  const key = swap ? JSON.stringify(swap) : "";
  if (own.swap === key) return;
  own.swap = key;
  const had = own.drawer;
  if (!swap) {
    if (had) { had.hidePopover(); had.remove(); own.drawer = null; }
    return;
  }
  const box = el("div", "drawer"), head = el("div", "head"), close = act("close", "Close", "remove"), list = el("ul", "options");
  box.popover = "manual";
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", swap.title);
  const title = el("h3", "", swap.title);
  head.append(title, close, el("p", "", swap.text));
  list.append(...swap.options.map((item) => option(item, "take", { role: swap.role })));
  box.append(head, list);
  if (!swap.options.length) box.append(el("p", "none", swap.none));
  had?.remove();
  own.drawer = box;
  own.root.append(box);
  box.showPopover();
  (list.querySelector("button") || close).focus({ preventScroll: true });
  box.onkeydown = (event) => {
    if (event.key === "Escape") { event.preventDefault(); own.focusRole = swap.role; send({ type: "close" }); }
  };
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  const send = (value) => setTriggerValue("action", value);
  let own = state.get(parentElement);
  if (!own) {
    own = { root, tabs: el("ul", "tabs"), mends: el("div", "mends"), stage: el("div", "stage"), board: el("div", "board"), zones: {} };
    for (const zone of ["left", "centre", "right", "foot"]) { own.zones[zone] = el("div", `zone ${zone}`); own.board.append(own.zones[zone]); }
    own.stage.append(own.board);
    root.append(own.tabs, own.mends, own.stage);
    state.set(parentElement, own);
  }
  const rootNode = root.getRootNode(), held = rootNode.activeElement;
  const heldAt = held && root.contains(held) ? [held.closest(".tile")?.dataset.role, held.dataset.act, held.dataset.key] : null;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.label);
  const fresh = (name, content) => {
    const plain = JSON.stringify(content);
    if (own[`${name}Plain`] === plain) return false;
    own[`${name}Plain`] = plain;
    return true;
  };
  own.tabs.setAttribute("aria-label", "Looks to choose from");
  if (fresh("tabs", data.tabs)) own.tabs.replaceChildren(...data.tabs.map(tab));
  own.tabs.hidden = !data.tabs.length;
  own.tabs.classList.toggle("is-many", data.tabs.length > 3);
  if (fresh("mends", data.mends)) own.mends.replaceChildren(...data.mends.map(mend));
  own.mends.hidden = !data.mends.length;
  const changed = fresh("tiles", data.tiles);
  if (changed) lay(own, data);
  if (fresh("card", data.card)) {
    own.stage.querySelector(".card")?.remove();
    if (data.card) own.stage.append(card(data.card));
    light(root, null);
  }
  if (changed && own.drawn && data.say) root.parentNode.querySelector(".sr").textContent = data.say;
  own.drawn = true;
  drawer(own, data.swap, send);
  if (own.focusRole && !data.swap) {
    root.querySelector(`.tile[data-role="${CSS.escape(own.focusRole)}"] [data-act="swap"]`)?.focus({ preventScroll: true });
    own.focusRole = null;
  } else if (heldAt && !root.contains(rootNode.activeElement) && !data.swap) {
    const [role, name, key] = heldAt;
    const again = role ? root.querySelector(`.tile[data-role="${CSS.escape(role)}"] [data-act="${name}"]`)
      : key ? root.querySelector(`.tab[data-key="${CSS.escape(key)}"]`) : null;
    again?.focus({ preventScroll: true });
  }
  root.onclick = (event) => {
    const target = event.target.closest("[data-act]");
    if (!target) return;
    const node = event.target.closest(".tile"), name = target.dataset.act;
    if (name === "pair") {
      const on = target.getAttribute("aria-pressed") !== "true";
      for (const other of root.querySelectorAll(".pair")) other.setAttribute("aria-pressed", "false");
      target.setAttribute("aria-pressed", String(on));
      own.lit = on ? JSON.parse(target.dataset.ids) : null;
      return light(root, own.lit);
    }
    if (name === "why") { event.preventDefault(); return showWhy(root, node._one.why, target); }
    if (name === "menu") { event.preventDefault(); return showMenu(root, node._one, target, send); }
    if (!simple(event)) return;
    event.preventDefault();
    if (name === "open") return send({ type: "open", id: node.dataset.id });
    if (name === "look") return send({ type: "look", key: target.dataset.key });
    if (name === "mend") return send({ type: "mend", gone: target.dataset.gone, id: target.dataset.id });
    if (name === "take") { own.focusRole = target.dataset.role; return send({ type: "take", role: target.dataset.role, id: target.dataset.id }); }
    if (name === "close") { own.focusRole = JSON.parse(own.swap || "{}").role || null; return send({ type: "close" }); }
    send({ type: name, role: node.dataset.role, id: node.dataset.id });
  };
  root.onmouseover = (event) => {
    const pair = event.target.closest(".pair");
    light(root, pair ? JSON.parse(pair.dataset.ids) : own.lit || null);
  };
  root.onmouseleave = () => light(root, own.lit || null);
  return () => { own.drawer?.remove(); state.delete(parentElement); };
}
