// All images at once: the true ones beside one column of the others, cell for cell.
"use strict";

class ContactSheet {
  constructor(report, sprites, column) {
    Object.assign(this, {report, sprites, column, marked: null});
    this.count = report.images.rows.length;
    this.across = Math.max(1, Math.ceil(Math.sqrt(this.count * 1.5)));
    this.down = Math.ceil(this.count / this.across);
    this.node = element("canvas", {role: "img"});
  }

  // Backing pixels follow the shown size, so that cells stay sharp on any screen.
  layout() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.node.parentNode.clientWidth * ratio));
    this.gap = Math.max(1, Math.round(2 * ratio));
    this.cell = Math.max(4, Math.floor((width + this.gap) / this.across) - this.gap);
    this.tall = Math.round(this.cell * this.sprites.height / this.sprites.width);
    this.node.width = this.across * (this.cell + this.gap) - this.gap;
    this.node.height = this.down * (this.tall + this.gap) - this.gap;
  }

  draw() {
    this.layout();
    const context = this.node.getContext("2d");
    context.imageSmoothingQuality = "high";
    for (let row = 0; row < this.count; row++) {
      const [x, y] = this.corner(row);
      this.sprites.draw(context, this.column.cells[row], x, y, this.cell, this.tall);
    }
    if (this.marked !== null) this.frame(context);
    this.node.setAttribute("aria-label",
      `${columnTitle(this.column)}: all ${this.count} images in their original order`);
  }

  frame(context) {
    const [x, y] = this.corner(this.marked);
    context.lineWidth = 2 * this.gap;
    context.strokeStyle = styleColour("--accent");
    context.strokeRect(x, y, this.cell, this.tall);
  }

  corner(row) {
    return [(row % this.across) * (this.cell + this.gap),
      Math.floor(row / this.across) * (this.tall + this.gap)];
  }

  // The row under a pointer, or null.
  rowAt(event) {
    const box = this.node.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * this.across);
    const line = Math.floor((event.clientY - box.top) / box.height * this.down);
    const row = line * this.across + column;
    const inside = column >= 0 && column < this.across && row >= 0 && row < this.count;
    return inside ? row : null;
  }
}

function choiceOf(columns, chosen, choose) {
  const buttons = columns.map((column) => element("button", {
    type: "button", "aria-pressed": String(column === chosen), text: columnTitle(column),
    class: column.kind,
    onclick: () => {
      buttons.forEach((button, i) =>
        button.setAttribute("aria-pressed", String(columns[i] === column)));
      choose(column);
    },
  }));
  return element("div", {class: "choice", role: "group", "aria-label": "What to compare"},
    ...buttons);
}

function showOverview(report, sprites, viewer) {
  const {columns, rows} = report.images;
  const truth = columns.find((column) => column.kind === "truth");
  const others = columns.filter((column) => column !== truth);
  if (others.length === 0) return;
  const right = new ContactSheet(report, sprites, others[0]);
  const sheets = truth ? [new ContactSheet(report, sprites, truth), right] : [right];
  const caption = element("p", {class: "pointed about", text: "\u00a0"});
  const redraw = () => sheets.forEach((sheet) => sheet.draw());
  const mark = (row) => {
    if (row === sheets[0].marked) return;
    for (const sheet of sheets) sheet.marked = row;
    caption.textContent = row === null ? "\u00a0" : rows[row].name;
    redraw();
  };
  const choice = choiceOf(others, others[0], (column) => { right.column = column; right.draw(); });
  const holder = document.querySelector("#overview .sheets");
  for (const sheet of sheets) {
    const title = sheet === right ? choice : element("h3", {text: "Seen"});
    holder.append(element("figure", {}, element("figcaption", {}, title), sheet.node));
    sheet.node.addEventListener("pointermove", (event) => mark(sheet.rowAt(event)));
    sheet.node.addEventListener("pointerleave", () => mark(null));
    sheet.node.addEventListener("click", (event) => {
      const row = sheet.rowAt(event);
      if (row !== null) viewer.open(rows.map((_, index) => index), row);
    });
  }
  byId("overview").append(caption);
  byId("overview").hidden = false;
  redrawn(holder, redraw);
}
