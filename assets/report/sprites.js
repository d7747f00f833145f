// The images of the page: cells of a few PNG sheets, drawn on canvases.
"use strict";

class Sprites {
  constructor(data) {
    this.width = data.width;
    this.height = data.height;
    this.columns = data.columns;
    this.perSheet = data.per_sheet;
    this.sheets = data.sheets.map((uri) => Object.assign(new Image(), {src: uri}));
    data.sheets = null;
  }

  ready() {
    return Promise.all(this.sheets.map((sheet) => sheet.decode()));
  }

  // Draws a cell into a rectangle of a 2-D context.
  draw(context, cell, x = 0, y = 0, width = this.width, height = this.height) {
    const sheet = this.sheets[Math.floor(cell / this.perSheet)];
    const place = cell % this.perSheet;
    context.drawImage(sheet, (place % this.columns) * this.width,
      Math.floor(place / this.columns) * this.height, this.width, this.height,
      x, y, width, height);
  }

  // A canvas for one cell, still blank; paint() fills it.
  canvas(cell, label) {
    const canvas = element("canvas",
      {width: this.width, height: this.height, role: "img", "aria-label": label});
    canvas.cell = cell;
    return canvas;
  }

  paint(canvas) {
    if (canvas.painted) return;
    canvas.painted = true;
    this.draw(canvas.getContext("2d"), canvas.cell);
  }
}

// The score of one image in one column, or null.
function imageScore(report, column, metric, row) {
  if (metric === null || column.set === null || !report.scores) return null;
  const score = report.scores.sets[column.set].scores[metric];
  return score.per_image.length > row ? score.per_image[row] : null;
}

// Metrics that say something about single images, by their place in the list.
function imageMetrics(report) {
  if (!report.scores || !report.images) return [];
  const rows = report.images.rows.length;
  return report.scores.metrics.map((metric, index) => index).filter((index) =>
    report.images.columns.some((column) => column.set !== null &&
      report.scores.sets[column.set].scores[index].per_image.length === rows));
}

function columnTitle(column) {
  return column.kind === "truth" ? "Seen" : column.name;
}
