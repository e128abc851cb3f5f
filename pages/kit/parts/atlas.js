// The map of the catalogue: points in WebGL, and above them lines, names and pictures on a plain canvas.
// Places are 0..65535 on both axes of a square; `view` is what of that square is in the window.
const MAPS = new WeakMap();
const WHOLE = 65535, PICTURED = 150;
Object.assign(ICONS, {
  hand: "M12 4v16M4 12h16M12 4l-2 2M12 4l2 2M12 20l-2-2M12 20l2-2M4 12l2-2M4 12l2 2M20 12l-2-2M20 12l-2 2",
  lasso: "M7 15.5C4.8 14.4 3.5 12.7 3.5 10.8 3.5 7.4 7.3 4.700 12 4.700s8.500 2.700 8.500 6.100-3.800 6.100-8.500 6.100c-.8 0-1.600-.1-2.300-.2M7.200 18.400a1.900 1.900 0 1 0 0-3.800 1.900 1.900 0 0 0 0 3.800zM7 18.400c.2 1.200-.3 2-1.300 2.400",
  box: "M4.500 8V4.500H8M11 4.500h2M16 4.500h3.500V8M19.500 11v2M19.500 16v3.500H16M13 19.500h-2M8 19.500H4.500V16M4.500 13v-2",
  whole: "M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15",
});

const bytes = (text) => Uint8Array.from(atob(text || ""), (sign) => sign.charCodeAt(0));
const bit = (mask, at) => (mask[at >> 3] >> (at & 7)) & 1;
async function inflated(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function inside(polygon, x, y) {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i], [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

// -- points ----------------------------------------------------------------------------------------------------------

const VERTEX = `attribute vec2 place; attribute vec4 colour; attribute float level;
uniform vec2 scale, shift; uniform float size, wanted; varying vec4 tint; varying float sharp;
void main() {
  float mine = floor(level + .5);
  gl_Position = mine == wanted ? vec4(place * scale + shift, 0., 1.) : vec4(2., 2., 2., 1.);
  gl_PointSize = size * (wanted > 2.5 ? 1.5 : 1.);
  tint = vec4(colour.rgb, colour.a); sharp = 1.4 / gl_PointSize;
}`;
const FRAGMENT = `precision mediump float; varying vec4 tint; varying float sharp;
void main() {
  float far = length(gl_PointCoord - .5);
  float alpha = tint.a * (1. - smoothstep(.5 - sharp, .5, far));
  if (alpha < .01) discard;
  gl_FragColor = vec4(tint.rgb * alpha, alpha);
}`;

function drawer(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, alpha: true, premultipliedAlpha: true });
  if (!gl) return null;
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const buffers = {};
  const bind = (name, array, width, type) => {
    buffers[name] ||= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, width, type, name === "colour" || name === "place", 0, 0);
  };
  const put = (name, ...values) => gl[`uniform${values.length}f`](gl.getUniformLocation(program, name), ...values);
  return {
    places: (array) => bind("place", array, 2, gl.UNSIGNED_SHORT),
    colours: (array, levels) => { bind("colour", array, 4, gl.UNSIGNED_BYTE); bind("level", levels, 1, gl.UNSIGNED_BYTE); },
    draw(view, size, count, levels) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      put("scale", (2 * WHOLE) / view.w, (2 * WHOLE) / view.h);
      put("shift", -1 - (2 * view.x) / view.w, -1 - (2 * view.y) / view.h);
      put("size", size);
      for (const level of levels) { put("wanted", level); gl.drawArrays(gl.POINTS, 0, count); }
    },
    lose: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

// The same without WebGL: squares on a plain canvas.
function plainDrawer(canvas) {
  const pen = canvas.getContext("2d");
  let places, tints, ranks;
  return {
    places: (array) => { places = array; },
    colours: (array, levels) => { tints = array; ranks = levels; },
    draw(view, size, count, levels) {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      for (const level of levels) for (let at = 0; at < count; at++) {
        if (ranks[at] !== level) continue;
        const x = ((places[2 * at] - view.x) / view.w) * canvas.width;
        const y = (1 - (places[2 * at + 1] - view.y) / view.h) * canvas.height;
        if (x < 0 || y < 0 || x > canvas.width || y > canvas.height) continue;
        pen.fillStyle = `rgba(${tints[4 * at]},${tints[4 * at + 1]},${tints[4 * at + 2]},${tints[4 * at + 3] / 255})`;
        pen.fillRect(x - size / 2, y - size / 2, size, size);
      }
    },
    lose() {},
  };
}

// -- one map ---------------------------------------------------------------------------------------------------------

class Atlas {
  constructor(root) {
    this.root = root;
    this.tool = "move";
    this.off = new Set();
    this.images = new Map();
    this.fingers = new Map();
    this.build();
    this.watch = new ResizeObserver(() => this.measure());
    this.watch.observe(this.stage);
    // A canvas does not wait for a font: names are drawn again when it has come.
    const serif = getComputedStyle(root).getPropertyValue("--st-heading-font") || "serif";
    document.fonts.load(`italic 600 16px ${serif}`).then(() => this.soon(), () => {});
  }

  build() {
    this.shell = el("div", "atlas");
    this.stage = el("div", "stage");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-roledescription", "map");
    this.points = el("canvas");
    this.over = el("canvas");
    for (const canvas of [this.points, this.over]) canvas.setAttribute("aria-hidden", "true");
    this.pen = this.over.getContext("2d");
    this.gl = drawer(this.points);
    if (!this.gl) { this.points.replaceWith((this.points = el("canvas"))); this.gl = plainDrawer(this.points); }
    const tools = el("div", "tools");
    this.buttons = {};
    for (const group of [
      [["move", "hand", "Move the map"], ["lasso", "lasso", "Choose with a lasso"], ["box", "box", "Choose with a frame"]],
      [["in", "plus", "Closer"], ["out", "minus", "Further away"], ["whole", "whole", "The whole map"]],
    ]) {
      const part = el("div");
      part.setAttribute("role", "group");
      part.setAttribute("aria-label", group[0][0] === "move" ? "What the pointer does" : "How close");
      for (const [name, sign, label] of group) {
        const button = el("button");
        button.type = "button";
        button.title = label;
        button.setAttribute("aria-label", label);
        button.append(icon(sign));
        button.onclick = () => this.press(name);
        this.buttons[name] = button;
        part.append(button);
      }
      tools.append(part);
    }
    this.status = el("div", "status");
    this.hover = el("div", "hover");
    this.hover.hidden = true;
    this.stage.append(this.points, this.over, tools, this.status, this.hover);
    this.legend = el("section", "legend");
    const head = el("div", "legend-head");
    this.heading = el("h2");
    this.all = el("button", "text", "Show all");
    this.all.type = "button";
    this.all.onclick = () => { this.off.clear(); this.filtered(); };
    head.append(this.heading, this.all);
    this.list = el("ul");
    this.take = el("button", "take", "Choose what is shown");
    this.take.type = "button";
    this.take.onclick = () => this.send({ type: "shown", hidden: [...this.off] });
    this.note = el("div");
    this.signs = el("div", "signs");
    for (const [dash, label] of [["", "A true neighbour"], ["4 4", "One that the map hides"]]) {
      const line = el("span"), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      svg.setAttribute("viewBox", "0 0 26 8");
      svg.setAttribute("aria-hidden", "true");
      path.setAttribute("d", "M1 4h24");
      path.setAttribute("stroke-dasharray", dash);
      svg.append(path);
      line.append(svg, el("span", "", label));
      this.signs.append(line);
    }
    const foot = el("div", "legend-foot");
    foot.append(this.signs, this.note, this.take);
    this.legend.append(head, this.list, foot);
    this.shell.append(this.stage, this.legend);
    this.root.append(this.shell);
    this.press("move");
    this.listen(tools);
    this.stage.where = (row) => { const at = this.placeOf.get(row); return at === undefined ? null : this.screen(at); };
  }

  // What Python sent: only what changed is taken up.
  update(data, send) {
    this.send = send;
    const sheet = window.vitrineMaps?.get(data.mark);
    removeEventListener("vitrine-map", this.waiting);
    if (!sheet && data.mark !== this.mark) {
      this.waiting = () => window.vitrineMaps.has(data.mark) && this.update(data, send);
      return addEventListener("vitrine-map", this.waiting);
    }
    this.data = data;
    this.lit = data.lit ? bytes(data.lit) : null;
    this.chosen = data.chosen ? bytes(data.chosen) : null;
    this.pending = null;
    this.near = new Set(data.focus ? [data.focus.row, ...data.focus.near.map((one) => one.row)] : []);
    if (data.mark !== this.mark) {
      this.mark = data.mark;
      this.places = new Uint16Array(bytes(sheet.places).buffer);
      this.rows = new Int32Array(bytes(sheet.rows).buffer);
      this.names = sheet.names.map((one) => ({ ...one, beside: null }));
      this.most = sheet.most;
      this.count = this.rows.length;
      this.placeOf = new Map(Array.from(this.rows, (row, at) => [row, at]));
      this.gl.places(this.places);
      this.home = this.around(null);
      this.view = null;
      this.again();
      this.texts = null;
      const mark = data.mark;
      inflated(sheet.texts).then((texts) => { if (this.mark === mark) { this.texts = texts; this.soon(); } });
      this.stage.setAttribute("aria-label", data.label);
    }
    if (data.legendMark !== this.legendMark) {
      this.legendMark = data.legendMark;
      this.codes = new Uint8Array(bytes(data.codes).buffer);
      this.off = new Set(this.kept);
      this.kept = null;
      this.fillLegend();
    }
    this.signs.hidden = !data.focus;
    this.note.textContent = data.note || "";
    this.note.hidden = !data.note;
    this.measure();
    if (data.fly && data.fly.mark !== this.flown) {
      this.flown = data.fly.mark;
      this.aim = data.fly.rows;
      this.fly(this.around(data.fly.rows));
    }
    this.paint();
    if (data.say && data.say !== this.said) this.root.parentNode.querySelector(".sr").textContent = this.said = data.say;
  }

  // A page that is laid out anew makes another stage: it goes on where the last one was.
  again() {
    const last = window.vitrineMapSeen;
    if (!last || last.mark !== this.mark) return;
    window.vitrineMapSeen = null;
    this.press(last.tool);
    this.flown = last.flown;
    if (last.w !== this.stage.clientWidth) return;
    this.view = last.view;
    this.aim = last.aim;
    if (last.legendMark === this.data.legendMark) this.kept = last.off;
  }

  fillLegend() {
    this.heading.textContent = this.data.by;
    this.legend.setAttribute("aria-label", `Legend: ${this.data.by}`);
    this.list.replaceChildren(...this.data.legend.map((one, code) => {
      const li = el("li"), label = el("label"), box = el("input"), only = el("button", "text only", "only");
      box.type = "checkbox";
      box.checked = true;
      box.onchange = () => { box.checked ? this.off.delete(code) : this.off.add(code); this.filtered(); };
      only.type = "button";
      only.setAttribute("aria-label", `Show only ${one.name}`);
      only.onclick = () => { this.off = new Set(this.data.legend.keys()); this.off.delete(code); this.filtered(); };
      label.append(box, el("span", "named", one.name), el("span", "count", one.count));
      li.append(label, only);
      return li;
    }));
    this.filtered();
  }

  filtered() {
    [...this.list.children].forEach((li, code) => {
      li.classList.toggle("is-off", this.off.has(code));
      li.querySelector("input").checked = !this.off.has(code);
    });
    this.all.hidden = this.take.hidden = !this.off.size;
    this.paint();
  }

  // Colours and ranks of all points. 0 is not drawn, 1 stands back, 2 is as it is, 3 stands out.
  paint() {
    if (!this.codes || !this.count) return;
    const paper = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim() || "#ffffff";
    this.dark = /^#[0-9a-f]{6}/i.test(paper) && rgb(paper).reduce((sum, one) => sum + one, 0) < 384;
    const tints = this.data.legend.map((one) => rgb(this.dark ? one.dark : one.light));
    this.tints = tints;
    [...this.list.children].forEach((li, code) => li.style.setProperty("--dot", `rgb(${tints[code].join(",")})`));
    const colours = new Uint8Array(4 * this.count), levels = (this.levels = new Uint8Array(this.count));
    const marked = this.lit || this.chosen || this.pending || this.data.focus;
    const back = this.count > 6000 ? 26 : this.dark ? 66 : 58;  // where many lie on one another, each is paler
    for (let at = 0; at < this.count; at++) {
      const code = this.codes[at], tint = tints[code] || [128, 128, 128], row = this.rows[at];
      let level = this.off.has(code) ? 0 : 2;
      if (level && marked) {
        const mine = (this.chosen && bit(this.chosen, at)) || this.pending?.has(at);
        level = this.near.has(row) || (this.lit ? bit(this.lit, at) : mine) ? 3 : mine ? 2 : 1;
      }
      if (this.near.has(row)) level = 3;
      levels[at] = level;
      colours[4 * at] = tint[0]; colours[4 * at + 1] = tint[1]; colours[4 * at + 2] = tint[2];
      colours[4 * at + 3] = level === 1 ? back : level === 3 ? 245 : 205;
    }
    this.gl.colours(colours, levels);
    this.soon();
  }

  // -- where things are ----------------------------------------------------------------------------------------------

  measure() {
    const { clientWidth: w, clientHeight: h } = this.stage;
    if (!w || !h) return;
    if (w !== this.w || h !== this.h || !this.view) {
      const middle = this.view && [this.view.x + this.view.w / 2, this.view.y + this.view.h / 2, this.view.w];
      this.w = w; this.h = h;
      this.sharp = Math.min(2, window.devicePixelRatio || 1);
      for (const canvas of [this.points, this.over]) { canvas.width = Math.round(w * this.sharp); canvas.height = Math.round(h * this.sharp); }
      if (middle && !this.aim) this.view = { w: middle[2], h: (middle[2] * h) / w, x: middle[0] - middle[2] / 2, y: middle[1] - (middle[2] * h) / w / 2 };
      else if (this.count) this.view = this.fitted(this.around(this.aim || null));
      this.least = this.home ? this.fitted(this.home).w : WHOLE;
      this.soon();
    }
  }

  // The rectangle around some rows, or around all; a few strays do not count where there are many.
  around(rows) {
    const ats = rows ? rows.map((row) => this.placeOf.get(row)).filter((at) => at !== undefined) : null;
    const count = ats ? ats.length : this.count;
    if (!count) return { x: 0, y: 0, w: WHOLE, h: WHOLE };
    const side = (axis) => {
      const all = Float64Array.from({ length: count }, (_, i) => this.places[2 * (ats ? ats[i] : i) + axis]).sort();
      const stray = ats && count > 20 ? Math.floor(count * 0.03) : 0;
      return [all[stray], all[count - 1 - stray]];
    };
    const [left, right] = side(0), [low, high] = side(1);
    const wide = Math.max(right - left, WHOLE / 30), tall = Math.max(high - low, WHOLE / 30);
    return { x: (left + right - wide) / 2, y: (low + high - tall) / 2, w: wide, h: tall, few: ats && count <= PICTURED ? count : 0 };
  }

  fitted(box) {
    const wide = box.few ? this.pictured(box.few) : 0;  // few are shown as pictures, which need room at the edges
    const across = Math.max(72, wide + 24), down = Math.max(96, wide * 1.25 + 84);
    const scale = Math.max(box.w / Math.max(this.w - across, 40), box.h / Math.max(this.h - down, 40));
    const w = scale * this.w, h = scale * this.h;
    return { x: box.x + box.w / 2 - w / 2, y: box.y + box.h / 2 - h / 2 - 12 * scale, w, h };
  }

  screen(at) { return this.toScreen(this.places[2 * at], this.places[2 * at + 1]); }
  toScreen(x, y) { return [((x - this.view.x) / this.view.w) * this.w, (1 - (y - this.view.y) / this.view.h) * this.h]; }
  toMap(x, y) { return [this.view.x + (x / this.w) * this.view.w, this.view.y + (1 - y / this.h) * this.view.h]; }

  zoom(factor, x = this.w / 2, y = this.h / 2) {
    const w = clamp(this.view.w * factor, WHOLE / 120, this.least * 1.6), real = w / this.view.w;
    const [px, py] = this.toMap(x, y);
    this.aim = null;
    this.view = { w, h: this.view.h * real, x: px - (px - this.view.x) * real, y: py - (py - this.view.y) * real };
    this.keep();
  }

  pan(dx, dy) {
    this.aim = null;
    this.view.x -= (dx / this.w) * this.view.w;
    this.view.y += (dy / this.h) * this.view.h;
    this.keep();
  }

  // The middle of the window stays on the map.
  keep() {
    const { home, view } = this;
    view.x = clamp(view.x, home.x - view.w / 2, home.x + home.w - view.w / 2);
    view.y = clamp(view.y, home.y - view.h / 2, home.y + home.h - view.h / 2);
    this.soon();
  }

  fly(box) {
    if (!this.w) return;
    const goal = this.fitted(box), from = this.view ? { ...this.view } : goal, began = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = (now) => {
      if (this.gone) return;
      const done = still ? 1 : clamp((now - began) / 420, 0, 1), part = 1 - (1 - done) ** 3;
      for (const side of ["x", "y", "w", "h"]) this.view[side] = from[side] + (goal[side] - from[side]) * part;
      this.soon();
      if (done < 1) requestAnimationFrame(step);
    };
    this.view ||= goal;
    requestAnimationFrame(step);
  }

  // The point under a spot of the window; the near ones of a choice come before the rest.
  hit(x, y, reach = 11) {
    const [mx, my] = this.toMap(x, y), far = (reach / this.w) * this.view.w;
    let best = -1, least = far * far;
    for (const [at, box] of [...(this.shots || [])].reverse()) if (x >= box[0] && x <= box[0] + box[2] && y >= box[1] && y <= box[1] + box[3]) best = at;
    if (best >= 0) return best;
    const count = this.drawn || 0;
    for (let at = 0; at < count; at++) {
      if (!this.levels[at]) continue;
      const dx = this.places[2 * at] - mx, dy = this.places[2 * at + 1] - my;
      const apart = (dx * dx + dy * dy) * (this.levels[at] === 1 ? 1.6 : 1);
      if (apart < least) { least = apart; best = at; }
    }
    return best;
  }

  // -- drawing -------------------------------------------------------------------------------------------------------

  soon() {
    if (this.asked || this.gone) return;
    this.asked = requestAnimationFrame(() => { this.asked = 0; this.frame(); });
  }

  frame() {
    if (!this.view || !this.levels || !this.w) return;
    const { view, pen } = this, style = getComputedStyle(this.root);
    const ink = style.getPropertyValue("--st-text-color").trim(), paper = style.getPropertyValue("--st-background-color").trim();
    const accent = style.getPropertyValue("--st-primary-color").trim(), serif = style.getPropertyValue("--st-heading-font") || "serif";
    const sans = style.getPropertyValue("--st-font") || "sans-serif";
    const seen = [];
    let many = 0;
    for (let at = 0; at < this.count; at++) {
      const x = this.places[2 * at], y = this.places[2 * at + 1];
      if (!this.levels[at] || x < view.x || y < view.y || x > view.x + view.w || y > view.y + view.h) continue;
      if (++many <= PICTURED) seen.push(at);
    }
    // Above what a browser is given at once a sample is shown, and all of it once somebody has come closer.
    this.drawn = this.count > this.most && many > this.most ? this.most : this.count;
    const closer = this.least / view.w, spread = Math.sqrt((this.w * this.h) / Math.max(1, this.drawn));
    const size = clamp(spread * 0.3, 3.4, 9) * clamp(Math.sqrt(closer), 1, 2.2);
    this.size = size;
    const levels = this.levels.includes(3) || this.lit || this.chosen ? [1, 2, 3] : [2];
    const pictures = many <= PICTURED && many > 0 && this.texts;
    this.gl.draw(view, size * this.sharp, this.drawn, levels);
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.w, this.h);
    this.shots = [];
    if (pictures) this.placePictures(seen);
    this.drawPictures((at) => this.levels[at] === 1, paper, ink, accent);
    this.drawLines(ink, accent, paper, closer);
    this.drawPictures((at) => this.levels[at] > 1, paper, ink, accent);
    this.drawNames(closer, ink, paper, serif, pictures);
    this.drawSpots(ink, accent, paper, sans);
    this.drawPath(accent);
    const shown = this.drawn < this.count ? `${number(this.drawn)} of ${number(this.count)} products, more as you come closer` : many < this.count ? `${number(many)} of ${number(this.count)} products in view` : `${number(this.count)} products`;
    const hint = this.hint || (pictures ? "" : this.texts && many > PICTURED ? " · come closer to see pictures" : "");
    if (this.status.textContent !== shown + hint) this.status.textContent = shown + hint;
  }

  pictured(count) { return clamp(Math.sqrt((this.w * this.h) / count) * 0.62, 36, 112); }

  // Which pictures there is room for: the most important first, and the others stay points.
  placePictures(seen) {
    const wide = this.pictured(seen.length), tall = wide * 1.25, focus = this.data.focus;
    const rank = (at) => (focus && this.rows[at] === focus.row ? 9 : this.levels[at] + (this.near.has(this.rows[at]) ? 1 : 0));
    const order = [...seen].sort((a, b) => rank(b) - rank(a) || a - b);
    for (const at of order) {
      const [x, y] = this.screen(at), box = [x - wide / 2, y - tall / 2, wide, tall];
      if (this.shots.some(([, one]) => Math.abs(one[0] - box[0]) < wide * 0.8 && Math.abs(one[1] - box[1]) < tall * 0.8)) continue;
      const image = this.texts.k[at] && this.image(`/pictures/${this.texts.k[at]}.webp`);
      if (image) this.shots.push([at, box]);
    }
  }

  drawPictures(wanted, paper, ink, accent) {
    const { pen } = this, focus = this.data.focus;
    const hidden = new Set(focus ? focus.near.filter((one) => one.hidden).map((one) => one.row) : []);
    for (const [at, box] of [...this.shots].reverse()) {  // the most important was placed first and lies on top
      if (!wanted(at)) continue;
      const image = this.images.get(`/pictures/${this.texts.k[at]}.webp`), row = this.rows[at], [, , wide, tall] = box;
      pen.fillStyle = paper;
      pen.fillRect(...box);
      pen.globalAlpha = this.levels[at] === 1 ? 0.42 : 1;
      pen.fillStyle = this.dark ? "#DDD7CD" : "#F5F1EA";
      pen.fillRect(...box);
      const ratio = Math.max(wide / image.naturalWidth, tall / image.naturalHeight);
      const sw = wide / ratio, sh = tall / ratio;
      pen.globalCompositeOperation = "multiply";
      pen.drawImage(image, (image.naturalWidth - sw) / 2, (image.naturalHeight - sh) / 2, sw, sh, ...box);
      pen.globalCompositeOperation = "source-over";
      const near = this.near.has(row), mine = focus && row === focus.row;
      pen.lineWidth = mine ? 5 : near ? 3.5 : 2;
      pen.strokeStyle = mine ? accent : hidden.has(row) ? ink : near ? accent : `rgb(${this.tints[this.codes[at]].join(",")})`;
      pen.setLineDash(hidden.has(row) ? [6, 4] : []);
      pen.strokeRect(...box);
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }
  }

  image(url) {
    let image = this.images.get(url);
    if (!image) {
      if (this.images.size > 600) this.images.delete(this.images.keys().next().value);
      image = new Image();
      image.onload = () => { image.there = true; this.soon(); };
      image.src = url;
      this.images.set(url, image);
    }
    return image.there ? image : null;
  }

  drawLines(ink, accent, paper, closer) {
    const focus = this.data.focus, pen = this.pen;
    const from = focus && this.placeOf.get(focus.row);
    if (from === undefined || !focus) return;
    const [x, y] = this.screen(from);
    for (const one of [...focus.near].reverse()) {
      const at = this.placeOf.get(one.row);
      if (at === undefined) continue;
      const [tx, ty] = this.screen(at);
      pen.beginPath();
      pen.setLineDash(one.hidden ? [5, 5] : []);
      pen.lineWidth = one.hidden ? 1.3 : 1.6;
      pen.strokeStyle = one.hidden ? ink : accent;
      pen.globalAlpha = one.hidden ? 0.75 : 0.9;
      pen.moveTo(x, y); pen.lineTo(tx, ty); pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
      if (one.hidden || closer > 3) this.ring(tx, ty, this.size * 0.75 + 2.5, one.hidden ? ink : accent, paper, one.hidden);
    }
    this.ring(x, y, this.size * 0.75 + 4, accent, paper, false, 2.6);
  }

  ring(x, y, radius, colour, paper, dashed, width = 1.6) {
    const pen = this.pen;
    for (const [stroke, wide] of [[paper, width + 2.4], [colour, width]]) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.lineWidth = wide;
      pen.strokeStyle = stroke;
      if (dashed && stroke === colour) pen.setLineDash([3, 3]);
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  // The points closest to a spot: where the legend hides them all, what stands there has no name.
  beside(x, y, most = 12) {
    const best = [];
    for (let at = 0; at < this.count; at++) {
      const far = Math.hypot(this.places[2 * at] - x, this.places[2 * at + 1] - y);
      if (best.length === most && far >= best[most - 1][0]) continue;
      best.push([far, at]);
      best.sort((a, b) => a[0] - b[0]);
      if (best.length > most) best.pop();
    }
    return best.map(([, at]) => at);
  }

  drawNames(closer, ink, paper, serif, pictures) {
    const pen = this.pen, taken = [[0, 0, 330, 58]];
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const full = closer > 2.4;
    const px = pictures ? 15 : clamp(15 + 2 * Math.log2(Math.max(1, closer)), 15, 20);
    pen.font = `italic 600 ${px}px ${serif}`;
    pen.lineJoin = "round";
    for (const one of this.names) {
      let [x, y] = this.toScreen(one.x, one.y);
      const said = full ? one.name : one.name.split(" · ")[0];
      const half = pen.measureText(said).width / 2 + 5;
      if (one.above) y = Math.max(y - px * 0.72 - this.size, Math.min(y, px));
      const box = [x - half, y - px * 0.72, 2 * half, px * 1.44];
      if (x < 8 || y < 8 || x > this.w - 8 || y > this.h - 8) continue;
      if (this.off.size && !(one.beside ||= this.beside(one.x, one.y)).some((at) => this.levels[at])) continue;
      const cx = clamp(x, half + 4, this.w - half - 4);
      box[0] = cx - half;
      if (taken.some((t) => box[0] < t[0] + t[2] && t[0] < box[0] + box[2] && box[1] < t[1] + t[3] && t[1] < box[1] + box[3])) continue;
      taken.push(box);
      pen.strokeStyle = paper;
      pen.globalAlpha = 0.88;
      pen.lineWidth = 4.5;
      pen.strokeText(said, cx, y);
      pen.globalAlpha = 1;
      pen.fillStyle = ink;
      pen.fillText(said, cx, y);
    }
  }

  drawSpots(ink, accent, paper, sans) {
    const pen = this.pen;
    for (const spot of this.data.spots || []) {
      const [x, y] = this.toScreen(spot.x, spot.y);
      for (const row of spot.near) {
        const at = this.placeOf.get(row);
        if (at === undefined) continue;
        const [tx, ty] = this.screen(at);
        pen.beginPath();
        pen.lineWidth = 1.2;
        pen.strokeStyle = accent;
        pen.globalAlpha = 0.55;
        pen.moveTo(x, y); pen.lineTo(tx, ty); pen.stroke();
        pen.globalAlpha = 1;
      }
      pen.save();
      pen.translate(x, y);
      pen.rotate(Math.PI / 4);
      pen.fillStyle = accent;
      pen.strokeStyle = paper;
      pen.lineWidth = 3;
      pen.strokeRect(-7, -7, 14, 14);
      pen.fillRect(-7, -7, 14, 14);
      pen.restore();
      pen.font = `600 13px ${sans}`;
      pen.textBaseline = "middle";
      const half = pen.measureText(spot.label).width / 2, cx = clamp(x, half + 14, this.w - half - 14), cy = y < 70 ? y + 25 : y - 25;
      pen.textAlign = "center";
      pen.fillStyle = accent;
      pen.fillRect(cx - half - 9, cy - 12, 2 * half + 18, 24);
      pen.fillStyle = paper;
      pen.fillText(spot.label, cx, cy + 0.5);
    }
  }

  drawPath(accent) {
    if (!this.path || this.path.length < 2) return;
    const pen = this.pen;
    pen.beginPath();
    this.path.forEach(([x, y], i) => { const [sx, sy] = this.toScreen(x, y); i ? pen.lineTo(sx, sy) : pen.moveTo(sx, sy); });
    pen.closePath();
    pen.fillStyle = accent;
    pen.globalAlpha = 0.09;
    pen.fill();
    pen.globalAlpha = 1;
    pen.setLineDash([6, 4]);
    pen.lineWidth = 1.4;
    pen.strokeStyle = accent;
    pen.stroke();
    pen.setLineDash([]);
  }

  // -- hands ---------------------------------------------------------------------------------------------------------

  press(name) {
    if (name === "in" || name === "out") return this.zoom(name === "in" ? 0.6 : 1 / 0.6);
    if (name === "whole") { this.aim = null; return this.fly(this.home); }
    this.tool = name;
    for (const one of ["move", "lasso", "box"]) {
      this.buttons[one].setAttribute("aria-pressed", String(one === name));
      this.stage.classList.toggle(`is-${one}`, one === name);
    }
  }

  spot(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  listen(tools) {
    const { stage } = this;
    for (const name of ["pointerdown", "dblclick"]) tools.addEventListener(name, (event) => event.stopPropagation());
    stage.onpointerdown = (event) => {
      if (event.button || !this.view) return;
      stage.setPointerCapture(event.pointerId);
      const at = this.spot(event);
      this.fingers.set(event.pointerId, at);
      this.from = { at, moved: 0, tool: this.fingers.size > 1 ? "pinch" : event.shiftKey ? "lasso" : this.tool };
      if (this.from.tool === "lasso" || this.from.tool === "box") this.path = [this.toMap(...at)];
      this.hover.hidden = true;
    };
    stage.onpointermove = (event) => {
      const at = this.spot(event), last = this.fingers.get(event.pointerId);
      if (!last) return this.point(at, event);
      const [dx, dy] = [at[0] - last[0], at[1] - last[1]];
      this.from.moved += Math.abs(dx) + Math.abs(dy);
      if (this.fingers.size > 1) {
        const other = [...this.fingers].find(([id]) => id !== event.pointerId)[1];
        const before = Math.hypot(last[0] - other[0], last[1] - other[1]), now = Math.hypot(at[0] - other[0], at[1] - other[1]);
        this.fingers.set(event.pointerId, at);
        this.path = null;
        this.pan(dx / 2, dy / 2);
        if (before > 4 && now > 4) this.zoom(before / now, (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
        return;
      }
      this.fingers.set(event.pointerId, at);
      if (this.from.moved < 5) return;
      if (this.from.tool === "move") { stage.classList.add("is-moving"); return this.pan(dx, dy); }
      if (this.from.tool === "lasso") {
        const [px, py] = this.toScreen(...this.path[this.path.length - 1]);
        if (Math.hypot(at[0] - px, at[1] - py) > 3) this.path.push(this.toMap(...at));
      }
      if (this.from.tool === "box") {
        const [ax, ay] = this.toMap(...this.from.at), [bx, by] = this.toMap(...at);
        this.path = [[ax, ay], [bx, ay], [bx, by], [ax, by]];
      }
      this.soon();
    };
    const up = (event) => {
      const known = this.fingers.delete(event.pointerId);
      stage.classList.remove("is-moving");
      if (!known || !this.from || this.fingers.size) return;
      const { moved, tool, at } = this.from;
      this.from = null;
      if (event.type === "pointercancel") { this.path = null; return this.soon(); }
      if (moved < 5) { this.path = null; this.choose(this.hit(...at, event.pointerType === "touch" ? 20 : 11)); return this.soon(); }
      if ((tool === "lasso" || tool === "box") && this.path?.length > 2) this.enclose(event.shiftKey && this.tool !== "move");
      this.path = null;
    };
    stage.onpointerup = stage.onpointercancel = up;
    stage.onpointerleave = () => { this.hover.hidden = true; stage.classList.remove("is-over"); };
    stage.ondblclick = (event) => { event.preventDefault(); this.zoom(0.5, ...this.spot(event)); };
    stage.addEventListener("wheel", (event) => {
      const awake = event.ctrlKey || event.metaKey || stage.getRootNode().activeElement === stage;
      if (!awake) return this.tell(" · click the map, then turn the wheel to come closer");
      event.preventDefault();
      this.zoom(Math.exp(clamp(event.deltaY, -240, 240) * 0.0022), ...this.spot(event));
    }, { passive: false });
    stage.onkeydown = (event) => {
      const far = 60, keys = { ArrowLeft: [far, 0], ArrowRight: [-far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
      if (event.target !== stage) return;
      if (keys[event.key]) this.pan(...keys[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(0.6);
      else if (event.key === "-") this.zoom(1 / 0.6);
      else if (event.key === "0") this.press("whole");
      else if (event.key === "Enter" || event.key === " ") this.choose(this.hit(this.w / 2, this.h / 2, 400));
      else if (event.key === "Escape") this.send({ type: "clear" });
      else return;
      event.preventDefault();
    };
  }

  tell(words) {
    this.hint = words;
    this.soon();
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => { this.hint = ""; this.soon(); }, 1800);
  }

  choose(at) {
    if (at >= 0) this.send({ type: "point", row: this.rows[at] });
    else if (this.data.focus) this.send({ type: "leave" });
  }

  enclose(more) {
    const polygon = this.path;
    this.pending = new Set();
    for (let at = 0; at < this.count; at++) if (this.levels[at] && inside(polygon, this.places[2 * at], this.places[2 * at + 1])) this.pending.add(at);
    if (!this.pending.size) { this.pending = null; this.paint(); return this.tell(" · nothing lies in there"); }
    this.chosen = more ? this.chosen : null;
    this.paint();
    const step = Math.max(1, Math.ceil(polygon.length / 400));
    this.send({
      type: "draw", more, hidden: [...this.off],
      polygon: polygon.filter((_, i) => i % step === 0).map(([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]),
    });
  }

  point([x, y], event) {
    if (event.pointerType === "touch" || !this.view || !this.levels) return;
    const at = event.target.closest?.(".tools") ? -1 : this.hit(x, y);
    this.stage.classList.toggle("is-over", at >= 0);
    if (at < 0 || !this.texts) { this.hover.hidden = true; this.shown = -1; return; }
    if (at !== this.shown || this.hover.hidden) {
      this.shown = at;
      const { t, h, H, p, P, k } = this.texts, frame = el("span", "frame"), value = el("span", "value"), dot = el("span", "dot");
      picture(frame, { image: k[at] ? `/pictures/${k[at]}.webp` : "", initial: (H[h[at]] || t[at] || "").slice(0, 1).toUpperCase() });
      dot.style.background = `rgb(${this.tints[this.codes[at]].join(",")})`;
      value.append(dot, el("span", "", this.data.legend[this.codes[at]].name));
      this.hover.replaceChildren(frame, ...[["house", H[h[at]]], ["name", t[at]], ["price", P[p[at]]]].filter(([, said]) => said).map(([kind, said]) => el("span", kind, said)), value);
      this.hover.hidden = false;
    }
    const tall = this.hover.offsetHeight;
    this.hover.style.left = `${x + 190 > this.w ? Math.max(6, x - 186) : x + 18}px`;
    this.hover.style.top = `${clamp(y - tall / 2, 6, Math.max(6, this.h - tall - 6))}px`;
  }

  end() {
    this.gone = true;
    const { mark, legendMark, tool, flown, view, aim, off, w } = this;
    if (view) window.vitrineMapSeen = { mark, legendMark, tool, flown, view, aim, off, w };
    removeEventListener("vitrine-map", this.waiting);
    this.watch.disconnect();
    cancelAnimationFrame(this.asked);
    this.gl.lose();
  }
}

const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".part");
  let own = MAPS.get(parentElement);
  if (!own) {
    own = new Atlas(root);
    MAPS.set(parentElement, own);
  }
  own.update(data, (action) => setTriggerValue("action", action));
  return () => { own.end(); MAPS.delete(parentElement); root.replaceChildren(); };
}
