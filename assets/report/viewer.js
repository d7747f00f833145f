// One image at full size in all its columns, pixel by pixel, with its scores.
"use strict";

class Viewer {
  constructor(report, sprites) {
    Object.assign(this, {report, sprites, order: [], place: 0});
    this.node = byId("viewer");
    this.name = element("h2", {id: "viewer-name"});
    this.count = element("p", {class: "about", "aria-live": "polite"});
    this.figures = element("div", {class: "viewer-figures"});
    this.scores = element("div", {class: "wide", tabindex: "0", role: "region",
      "aria-label": "Scores of this image"});
    const step = (by, text, label) => element("button",
      {type: "button", text, "aria-label": label, onclick: () => this.step(by)});
    this.node.append(
      element("div", {class: "viewer-head"},
        element("div", {}, this.name, this.count),
        element("div", {class: "toolbar"}, step(-1, "←", "Previous image"),
          step(1, "→", "Next image"),
          element("button", {type: "button", text: "Close", onclick: () => this.node.close()}))),
      this.figures, this.scores);
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.node.addEventListener("click", (event) => {
      if (event.target === this.node) this.node.close();  // the backdrop
    });
  }

  // `order`: rows as the table shows them now, so that "next" is what the reader expects.
  open(order, row) {
    this.order = order;
    this.place = Math.max(0, order.indexOf(row));
    this.show();
    this.node.showModal();
  }

  step(by) {
    this.place = (this.place + by + this.order.length) % this.order.length;
    this.show();
  }

  key(event) {
    const by = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1}[event.key];
    if (by === undefined || this.scores.contains(event.target)) return;
    event.preventDefault();
    this.step(by);
  }

  show() {
    const row = this.order[this.place];
    const {rows, columns} = this.report.images;
    this.name.textContent = rows[row].name;
    this.count.textContent = `${this.place + 1} of ${this.order.length}` +
      (rows[row].trials > 1 ? `, mean of ${rows[row].trials} trials` : "");
    this.figures.replaceChildren(...columns.map((column) => this.figure(column, row)));
    this.scores.replaceChildren(...this.table(row));
  }

  figure(column, row) {
    const canvas = this.sprites.canvas(column.cells[row],
      `${this.report.images.rows[row].name}, ${columnTitle(column)}, enlarged`);
    this.sprites.paint(canvas);
    return element("figure", {class: column.kind}, canvas,
      element("figcaption", {text: columnTitle(column)}));
  }

  table(row) {
    const metrics = imageMetrics(this.report);
    const columns = this.report.images.columns.filter((column) => column.set !== null);
    if (metrics.length === 0 || columns.length === 0) return [];
    const head = element("tr", {}, element("th", {scope: "col", text: "Score of this image"}),
      ...columns.map((column) => element("th", {scope: "col", text: columnTitle(column)})));
    const lines = metrics.map((index) => {
      const metric = this.report.scores.metrics[index];
      const values = columns.map((column) => imageScore(this.report, column, index, row));
      const best = bestOf(values, metric.higher, metric.digits);
      return element("tr", {},
        element("th", {scope: "row", text: `${metric.label} ${arrow(metric.higher)}`,
          title: metric.definition}),
        ...values.map((value, i) => element("td",
          {text: formatNumber(value, metric.digits), class: i === best ? "best" : null})));
    });
    return [element("table", {class: "plain"}, element("thead", {}, head),
      element("tbody", {}, ...lines))];
  }
}
