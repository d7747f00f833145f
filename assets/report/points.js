// Maps of points that each belong to an image: point at one, and its image appears.
"use strict";

const pointMaps = [];

// The outlines that tell groups of one colour apart.
const pointShapes = [
  (path, x, y, r) => { path.moveTo(x + r, y); path.arc(x, y, r, 0, 2 * Math.PI); },
  (path, x, y, r) => path.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r),
  (path, x, y, r) => {
    path.moveTo(x, y - 1.3 * r);
    path.lineTo(x + 1.3 * r, y);
    path.lineTo(x, y + 1.3 * r);
    path.lineTo(x - 1.3 * r, y);
    path.closePath();
  },
];
const pointColours = 8;
const pointStyles = pointColours * pointShapes.length;

function pointShape(group) {
  return Math.floor(group / pointColours) % pointShapes.length;
}

class PointMap {
  constructor(node, map, analysis, sprites) {
    Object.assign(this, {map, analysis, sprites, shown: null, by: map.colourings[0]});
    this.count = map.x.length;
    this.reach = 16;  // pixels around a pointer
    this.extent = [map.x, map.y].map((values) => values.reduce((a, b) => Math.max(a, b), 1));
    this.base = element("canvas", {"aria-hidden": "true"});
    this.top = element("canvas", {tabindex: "0", role: "application", "aria-label":
      `${map.title}: ${this.count} points. Arrow keys go from point to point, Escape closes.`});
    this.card = this.makeCard();
    this.plot = element("div", {class: "point-plot"}, this.base, this.top, this.card);
    this.legend = element("ul", {class: "legend"});
    node.append(this.tools(), this.plot, this.legend,
      element("p", {class: "about", text: this.about()}));
    this.listen();
    this.explain();
    redrawn(this.plot, () => this.draw());
    pointMaps.push(this);
  }

  makeCard() {
    const size = 128, {width, height} = this.sprites;
    const scale = size / Math.max(width, height);
    this.picture = element("canvas", {width: Math.round(2 * width * scale),
      height: Math.round(2 * height * scale), style: `width: ${Math.round(width * scale)}px`});
    this.name = element("strong");
    this.facts = element("span");
    return element("div", {class: "point-card", role: "status", hidden: true}, this.picture,
      this.name, this.facts);
  }

  tools() {
    const buttons = this.map.colourings.map((one) => element("button", {type: "button",
      "aria-pressed": String(one === this.by), text: `By ${one.name}`, onclick: () => {
        this.by = one;
        buttons.forEach((button, i) =>
          button.setAttribute("aria-pressed", String(this.map.colourings[i] === one)));
        this.explain();
        this.draw();
      }}));
    return element("div", {class: "choice", role: "group", "aria-label": "Colours"}, ...buttons);
  }

  about() {
    const {names, cells} = this.analysis;
    const kept = cells.filter((cell) => cell >= 0).length;
    return "Point at a dot, tap it, or go from dot to dot with the arrow keys to see its image; " +
      "the other dots of that image get rings." +
      (kept < names.length ? ` The page holds ${kept} of the ${names.length} images, evenly ` +
        "spaced; the dots of the others show a name." : "") +
      (this.map.left_out ? ` ${this.map.left_out} dots of such images are not drawn; all are in the ` +
        "analysis' tables." : "");
  }

  explain() {
    const {labels, group} = this.by;
    const items = labels.slice(0, pointStyles).map((label, i) => element("li",
      {class: `series-${i % pointColours} shape-${pointShape(i)}`, text: label}));
    if (labels.length > pointStyles) {
      items.push(element("li", {class: "plain",
        text: `and ${labels.length - pointStyles} more, in the same colours again`}));
    }
    if (group.some((one) => one < 0)) {
      items.push(element("li", {class: "nothing", text: "none (noise)"}));
    }
    this.legend.replaceChildren(...items);
  }

  // Where a point lies on the plot, in the page's pixels.
  place(point) {
    return [this.origin[0] + this.map.x[point] * this.scale,
      this.origin[1] + this.map.y[point] * this.scale];
  }

  layout() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(160, this.plot.clientWidth);
    const margin = 14, most = 640 - 2 * margin;
    this.scale = Math.min((width - 2 * margin) / this.extent[0],
      Math.min(width - 2 * margin, most) / this.extent[1]);
    this.size = [width, Math.round(this.extent[1] * this.scale + 2 * margin)];
    this.origin = [(width - this.extent[0] * this.scale) / 2, margin];
    this.radius = this.count <= 3000 ? 3.5 : this.count <= 20000 ? 2.5 : 1.7;
    this.plot.style.height = `${this.size[1]}px`;
    for (const canvas of [this.base, this.top]) {
      [canvas.width, canvas.height] = this.size.map((length) => Math.round(length * ratio));
      canvas.getContext("2d").scale(ratio, ratio);
    }
  }

  draw() {
    this.layout();
    const context = this.base.getContext("2d");
    const paths = new Map();  // a path for each look, faint ones for points without an image here
    for (let point = 0; point < this.count; point++) {
      const group = this.by.group[point];
      const style = group < 0 ? -1 : group % pointStyles;
      const key = `${style} ${this.cell(point) < 0 ? "faint" : ""}`;
      if (!paths.has(key)) paths.set(key, {style, faint: this.cell(point) < 0, path: new Path2D()});
      const shape = pointShapes[style < 0 ? 0 : pointShape(style)];
      shape(paths.get(key).path, ...this.place(point), style < 0 ? 0.7 * this.radius : this.radius);
    }
    for (const {style, faint, path} of paths.values()) {
      context.fillStyle = style < 0 ? styleColour("--muted") : seriesColour(style);
      context.globalAlpha = (style < 0 ? 0.5 : 0.75) * (faint ? 0.45 : 1);
      context.fill(path);
    }
    this.mark();
  }

  // Rings around the point shown and, thinner, the others of its image.
  mark() {
    const context = this.top.getContext("2d");
    context.clearRect(0, 0, ...this.size);
    if (this.shown === null) return;
    context.strokeStyle = styleColour("--ink");
    const image = this.map.image[this.shown];
    for (let point = 0; point < this.count; point++) {
      if (this.map.image[point] !== image) continue;
      context.lineWidth = point === this.shown ? 2.5 : 1;
      context.beginPath();
      context.arc(...this.place(point), this.radius + 3, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  cell(point) {
    return this.analysis.cells[this.map.image[point]];
  }

  show(point) {
    if (point === this.shown) return;
    this.shown = point;
    this.card.hidden = point === null;
    if (point !== null) this.fillCard(point);
    this.mark();
  }

  fillCard(point) {
    const cell = this.cell(point);
    this.picture.hidden = cell < 0;
    if (cell >= 0) {
      this.sprites.draw(this.picture.getContext("2d"), cell, 0, 0, this.picture.width,
        this.picture.height);
    }
    this.name.textContent = this.analysis.names[this.map.image[point]];
    this.facts.textContent = this.map.colourings.map(({name, labels, group}) =>
      group[point] < 0 ? `no ${name}` : labels[group[point]]).join(", ") +
      (cell < 0 ? " (image not on this page)" : "");
    const [x, y] = this.place(point);
    const {offsetWidth, offsetHeight} = this.card;
    const away = 14;
    const left = x + away + offsetWidth <= this.size[0] ? x + away : x - away - offsetWidth;
    this.card.style.left = `${Math.max(0, left)}px`;
    this.card.style.top = `${Math.max(0, Math.min(y - offsetHeight / 2,
      this.size[1] - offsetHeight))}px`;
  }

  // The point with the least cost, or null where all cost Infinity.
  best(cost) {
    let found = null, least = Infinity;
    for (let point = 0; point < this.count; point++) {
      const value = cost(...this.place(point), point);
      if (value < least) [found, least] = [point, value];
    }
    return found;
  }

  // The nearest point within reach of a pointer; those that have an image go before the others.
  under(event) {
    const box = this.top.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return this.best((px, py, point) => {
      const apart = Math.hypot(px - x, py - y);
      if (apart > this.reach) return Infinity;
      return this.cell(point) < 0 ? apart + this.reach : apart;
    });
  }

  // The next point that way: nearer ones first, those to the side later.
  step(key) {
    const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[key];
    const [x, y] = this.place(this.shown);
    return this.best((px, py) => {
      const along = (px - x) * way[0] + (py - y) * way[1];
      const across = Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
      return along > 1e-6 ? along + 2 * across : Infinity;
    });
  }

  middle() {
    return this.best((x, y) => Math.hypot(x - this.size[0] / 2, y - this.size[1] / 2));
  }

  listen() {
    const {top} = this;
    top.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") this.show(this.under(event));
    });
    top.addEventListener("pointerdown", (event) => this.show(this.under(event)));
    top.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.show(null);
    });
    top.addEventListener("focus", () => {
      if (top.matches(":focus-visible") && this.shown === null) this.show(this.middle());
    });
    top.addEventListener("blur", () => this.show(null));
    top.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.show(null);
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      const next = this.shown === null ? this.middle() : this.step(event.key);
      if (next !== null) this.show(next);
    });
  }
}

async function showPointMaps(report) {
  for (const [index, analysis] of report.maps.entries()) {
    if (analysis === null) continue;
    const sprites = new Sprites(analysis.sprites);
    await sprites.ready();
    analysis.maps.forEach((map, i) => new PointMap(
      document.querySelector(`.point-map[data-analysis="${index}"][data-map="${i}"]`), map,
      analysis, sprites));
  }
}
