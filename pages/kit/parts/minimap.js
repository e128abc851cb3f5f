// A small map that stands still: fine points, some of them pointed out, circles with a number, and one place of its own.
const state = new WeakMap();
const shape = (name, given, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(given)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
};
const whole = (value) => Math.round(Number(value) || 0);
const dots = (points) => (Array.isArray(points) ? points : []).map(([x, y]) => `M${whole(x)} ${whole(y)}h0`).join("");

function draw(data) {
  const map = shape("svg", {
    class: "map", viewBox: `0 0 ${whole(data.width)} ${whole(data.height)}`, role: "img", "aria-label": data.label,
  });
  map.append(shape("path", { class: "all", d: dots(data.points) }), shape("path", { class: "near", d: dots(data.near) }));
  for (const ring of data.rings) {
    const [x, y] = [whole(ring.x), whole(ring.y)];
    map.append(shape("circle", { class: "ring", cx: x, cy: y, r: whole(ring.r) }));
    map.append(shape("text", { x, y, dy: ".34em" }, ring.label));
  }
  if (data.here) {
    const [cx, cy] = data.here.map(whole);
    map.append(shape("circle", { class: "halo", cx, cy, r: 40 }), shape("circle", { class: "here", cx, cy, r: 14 }));
  }
  return map;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".part");
  const plain = JSON.stringify(data);
  if (state.get(parentElement) !== plain) { state.set(parentElement, plain); root.replaceChildren(draw(data)); }
  return () => state.delete(parentElement);
}
