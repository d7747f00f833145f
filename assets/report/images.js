// Every image beside its reconstructions: sorting, searching, columns shown.
"use strict";

class ImageTable {
  constructor(report, sprites, viewer) {
    Object.assign(this, {report, sprites, viewer});
    this.rows = report.images.rows;
    this.columns = report.images.columns;
    this.metrics = imageMetrics(report);
    this.metric = this.metrics.length ? this.metrics[0] : null;
    this.sort = {key: "order", ascending: true};  // "order", "name" or a column's number
    this.filter = "";
    this.table = byId("image-table");
    this.body = element("tbody", {role: "rowgroup"});
    this.lines = this.rows.map((_, row) => this.line(row));
    this.table.append(this.head(), this.body);
    this.tools();
    this.watch();
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.update();
  }

  head() {
    const cell = (key, title, kind) => element("th",
      {scope: "col", role: "columnheader", class: kind, "data-key": key},
      element("button", {type: "button", onclick: () => this.sortBy(key)},
        element("span", {text: title}),
        element("span", {class: "sort-mark", "aria-hidden": "true"})));
    this.headers = [cell("name", "Image", "name"),
      ...this.columns.map((column, i) => cell(i, columnTitle(column), column.kind))];
    return element("thead", {role: "rowgroup"}, element("tr", {role: "row"}, ...this.headers));
  }

  line(row) {
    const {name, trials} = this.rows[row];
    const open = () => this.viewer.open(this.shown, row);
    const button = element("button", {type: "button", class: "open", tabindex: "-1", title: name,
      text: name, onclick: open});
    const first = element("th", {scope: "row", role: "rowheader", class: "name"},
      element("span", {class: "number", text: String(row + 1)}), button,
      trials > 1 ? element("span", {class: "about", text: `${trials} trials`}) : null);
    const cells = this.columns.map((column) => {
      const canvas = this.sprites.canvas(column.cells[row], `${name}, ${columnTitle(column)}`);
      canvas.addEventListener("click", open);
      return element("td", {role: "cell", class: column.kind}, canvas,
        element("span", {class: "caption", "aria-hidden": "true", text: columnTitle(column)}),
        element("span", {class: "score"}));
    });
    return element("tr", {role: "row", "data-row": row}, first, ...cells);
  }

  tools() {
    const search = element("input", {type: "search", placeholder: "Find by name",
      oninput: (event) => {
        this.filter = event.target.value.trim().toLowerCase();
        this.update();
      }});
    this.count = element("output", {class: "about"});
    const tools = [labelled("Search", search)];
    if (this.metric !== null) tools.push(labelled("Score", this.metricChoice()));
    tools.push(labelled("Order", this.orderChoice()), this.columnChoice(),
      element("label", {class: "check"}, element("input", {type: "checkbox",
        onchange: (event) => this.table.classList.toggle("pixels", event.target.checked)}),
      element("span", {text: "Sharp pixels"})), this.count);
    byId("image-tools").append(...tools);
  }

  metricChoice() {
    const {metrics} = this.report.scores;
    return element("select", {onchange: (event) => {
      this.metric = Number(event.target.value);
      this.update();
    }}, ...options(this.metrics.map((index) => [String(index),
      `${metrics[index].label} ${arrow(metrics[index].higher)}`]), String(this.metric)));
  }

  orderChoice() {
    const scored = this.metric === null ? [] : this.columns.flatMap((column, i) =>
      column.set === null ? [] : [[`${i} best`, `${columnTitle(column)}, best first`],
        [`${i} worst`, `${columnTitle(column)}, worst first`]]);
    this.order = element("select", {onchange: () => {
      const [, key, way] = this.order.value.match(/^(.*?)(?: (best|worst))?$/);
      this.setSort(way ? {key: Number(key), ascending: this.ascending(way)}
        : {key, ascending: true});
    }}, ...options([["order", "As recorded"], ["name", "Name"], ...scored], "order"));
    return this.order;
  }

  columnChoice() {
    const boxes = this.columns.map((column, i) => element("label", {class: "check"},
      element("input", {type: "checkbox", checked: true, onchange: (event) => {
        for (const line of [this.headers[0].parentNode, ...this.lines]) {
          line.children[i + 1].hidden = !event.target.checked;
        }
      }}), element("span", {text: columnTitle(column)})));
    return element("details", {class: "menu"}, element("summary", {text: "Columns"}),
      element("div", {}, ...boxes));
  }

  // Whether "best first" means small numbers first.
  ascending(way) {
    const higher = this.report.scores.metrics[this.metric].higher;
    return (higher === false) === (way === "best");
  }

  // A heading: first best (or A to Z), then the other way round, then as recorded.
  sortBy(key) {
    if (key !== "name" && (this.metric === null || this.columns[key].set === null)) {
      this.setSort({key: "order", ascending: true});
      return;
    }
    const first = key === "name" ? true : this.ascending("best");
    if (this.sort.key !== key) this.setSort({key, ascending: first});
    else if (this.sort.ascending === first) this.setSort({key, ascending: !first});
    else this.setSort({key: "order", ascending: true});
  }

  setSort(sort) {
    this.sort = sort;
    this.update();
  }

  value(row) {
    const {key} = this.sort;
    if (key === "order") return row;
    if (key === "name") return this.rows[row].name;
    return imageScore(this.report, this.columns[key], this.metric, row);
  }

  sorted() {
    const sign = this.sort.ascending ? 1 : -1;
    return this.rows.map((_, row) => row).sort((a, b) => {
      const [x, y] = [this.value(a), this.value(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      const order = typeof x === "string" ? x.localeCompare(y, "en", {numeric: true}) : x - y;
      return sign * order || a - b;
    });
  }

  update() {
    this.shown = this.sorted().filter((row) =>
      this.rows[row].name.toLowerCase().includes(this.filter));
    this.body.replaceChildren(...this.shown.map((row) => this.lines[row]));
    this.count.textContent = this.filter
      ? `${this.shown.length} of ${this.rows.length} images shown`
      : `All ${this.rows.length} images`;
    this.updateScores();
    this.updateHeaders();
    this.lines.forEach((line) => { this.opener(line).tabIndex = -1; });
    if (this.shown.length) this.opener(this.lines[this.shown[0]]).tabIndex = 0;
  }

  updateScores() {
    if (this.metric === null) return;
    const {higher, digits} = this.report.scores.metrics[this.metric];
    this.lines.forEach((line, row) => {
      const values = this.columns.map((column) =>
        imageScore(this.report, column, this.metric, row));
      const best = bestOf(values, higher, digits);
      values.forEach((value, i) => {
        const score = line.children[i + 1].lastChild;
        score.textContent = value === null ? "\u00a0" : formatNumber(value, digits);
        score.classList.toggle("best", i === best);
      });
    });
  }

  updateHeaders() {
    for (const header of this.headers) {
      const own = header.dataset.key === String(this.sort.key);
      header.setAttribute("aria-sort",
        own ? (this.sort.ascending ? "ascending" : "descending") : "none");
    }
    const {key, ascending} = this.sort;
    this.order.value = typeof key === "number"
      ? `${key} ${ascending === this.ascending("best") ? "best" : "worst"}`
      : key === "name" && !ascending ? "" : key;
  }

  opener(line) {
    return line.querySelector("button.open");
  }

  // One stop of the Tab key for the whole table; arrows, Home and End move within it.
  key(event) {
    const place = this.shown.indexOf(Number(event.target.closest("tr").dataset.row));
    const last = this.shown.length - 1;
    const to = {ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: last}[event.key];
    if (to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    this.opener(this.lines[this.shown[place]]).tabIndex = -1;
    const next = this.opener(this.lines[this.shown[to]]);
    next.tabIndex = 0;
    next.focus();
  }

  // Rows are drawn when they come near the window, all of them before printing.
  watch() {
    const paint = (line) =>
      line.querySelectorAll("canvas").forEach((canvas) => this.sprites.paint(canvas));
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        paint(entry.target);
      }
    }, {rootMargin: "800px"});
    this.lines.forEach((line) => near.observe(line));
    window.addEventListener("beforeprint", () => this.lines.forEach(paint));
  }
}

function showImages(report, sprites, viewer) {
  const reduced = report.images.reduced_from;
  byId("images-about").textContent = "Each row is one image: as it was seen, as each decoder " +
    "reconstructs it, and what the controls make of the same trials. Select a row to enlarge it; " +
    "Order sorts." + (imageMetrics(report).length ? " The best score of a row is bold." : "") +
    (reduced ? ` Shown reduced from ${reduced} to ${sprites.width} pixels.` : "");
  byId("images").hidden = false;
  return new ImageTable(report, sprites, viewer);
}
