// What every part shares. Catalogue text goes in through textContent only: it comes from files we did not write.
const el = (tag, cls, text) => {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
};
const safePicture = (url) => (/^(https?:\/\/|\/(?!\/)|data:image\/(png|jpeg|webp);)/i.test(url || "") ? url : "");
const safeLink = (url) => (/^\/(?!\/)/.test(url || "") ? url : "");
const ICONS = {
  why: "M12 17v.01M9.2 9.2a2.9 2.9 0 1 1 4.2 2.6c-.9.5-1.4 1.1-1.4 2.2",
  list: "M4 6h4v12H4zM10 6h4v12h-4zM16 6h4v12h-4z",
  open: "M5 12h13M13 7l5 5-5 5",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  remove: "M7 7l10 10M17 7L7 17",
  shape: "M5 8h9M18 8h1M5 16h1M10 16h9M16 6v4M8 14v4",
  choose: "M5 12.5l4.5 4.5L19 7.5",
  lock: "M7 11h10v8H7zM9 11V8.5a3 3 0 0 1 6 0V11",
  unlock: "M7 11h10v8H7zM9 11V8a3 3 0 0 1 5.8-1",
  up: "M7 11v8M7 11l4-7c1.5 0 2 1 2 2l-.5 4H18a1.5 1.5 0 0 1 1.5 1.8l-1.2 5.6A2 2 0 0 1 16.4 19H7",
  down: "M17 13V5M17 13l-4 7c-1.5 0-2-1-2-2l.5-4H6a1.5 1.5 0 0 1-1.5-1.8l1.2-5.6A2 2 0 0 1 7.6 5H17",
  plus: "M12 6v12M6 12h12",
  minus: "M6 12h12",
  swap: "M6 9h11M14 6l3 3-3 3M18 15H7M10 12l-3 3 3 3",
};
const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] || "");
  svg.append(path);
  return svg;
};
// A link that stays in this session when it is simply clicked, and is a real link for every other way of opening it.
const simple = (event) => !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);
// A picture, or in its place the initial of the house.
function picture(frame, item) {
  const url = safePicture(item.image);
  let img = frame.querySelector("img"), blank = frame.querySelector(".blank");
  if (!url) {
    img?.remove();
    if (!blank) { blank = el("span", "blank"); blank.setAttribute("aria-hidden", "true"); frame.prepend(blank); }
    blank.textContent = item.initial || "";
    return;
  }
  blank?.remove();
  if (!img) { img = el("img"); img.loading = "lazy"; img.decoding = "async"; img.draggable = false; frame.prepend(img); }
  if (img.getAttribute("src") !== url) img.src = url;
  img.alt = item.alt || "";
}
