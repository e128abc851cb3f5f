// What a map is drawn from: it is large, changes seldom, and lies here for the map itself, which changes with each click.
const MOST = 4;

export default function ({ data }) {
  const shelf = (window.vitrineMaps ||= new Map());
  shelf.delete(data.mark);
  shelf.set(data.mark, data);
  while (shelf.size > MOST) shelf.delete(shelf.keys().next().value);
  window.dispatchEvent(new CustomEvent("vitrine-map"));
}
