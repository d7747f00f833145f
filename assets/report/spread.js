// How one score spreads over the images: a dot per image, quartiles and median per set.
"use strict";

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// Round marks over a stretch, about five.
function roundMarks(low, high) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 5));
  const part = (high - low) / 5 / power;
  const step = power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
  const marks = [];
  for (let mark = Math.ceil(low / step); mark * step <= high; mark++) marks.push(mark * step);
  return marks;
}

class Spread {
  constructor(report, viewer) {
    Object.assign(this, {report, viewer});
    this.metrics = imageMetrics(report);
    this.metric = this.metrics[0];
    this.columns = report.images.columns.filter((column) => column.set !== null);
    const choice = element("select", {onchange: (event) => {
      this.metric = Number(event.target.value);
      this.draw();
    }}, ...options(this.metrics.map((index) => {
      const metric = report.scores.metrics[index];
      return [String(index), `${metric.label} ${arrow(metric.higher)}`];
    }), String(this.metric)));
    this.plot = element("div", {class: "spread-plot"});
    byId("spread").append(
      element("figcaption", {}, element("h3", {text: "Spread over images"}),
        labelled("Score", choice), element("span", {class: "about",
          text: "A dot is an image, the box holds the middle half, the bar is the median."})),
      this.plot);
    byId("spread").hidden = false;
    redrawn(this.plot, () => this.draw());
  }

  draw() {
    const metric = this.report.scores.metrics[this.metric];
    const values = this.columns.map((column) =>
      this.report.scores.sets[column.set].scores[this.metric].per_image);
    const all = values.flat().concat(metric.chance).filter((value) => value !== null);
    const low = all.reduce((a, b) => Math.min(a, b), Infinity);
    const high = all.reduce((a, b) => Math.max(a, b), -Infinity);
    const pad = (high - low || 1) * 0.04;
    const width = Math.max(120, this.plot.clientWidth - (this.plot.clientWidth > 560 ? 190 : 0));
    const scale = (value) => width * (value - low + pad) / (high - low + 2 * pad);
    this.plot.replaceChildren(
      ...this.columns.flatMap((column, i) => [
        element("span", {class: `strip-name ${column.kind}`, text: column.name}),
        this.strip(values[i], i, metric, scale, width)]),
      element("span"), this.axis(low - pad, high + pad, scale, width));
  }

  // Decoders have colours, controls are grey.
  strip(values, index, metric, scale, width) {
    const series = this.columns[index].kind === "control" ? "series-7" : `series-${index % 7}`;
    const height = 34, middle = height / 2;
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    const svg = svgElement("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      class: series,
      "aria-label": known.length === 0 ? "no values"
        : `median ${formatNumber(quantile(known, 0.5), metric.digits)}, quartiles ` +
          `${formatNumber(quantile(known, 0.25), metric.digits)} to ` +
          formatNumber(quantile(known, 0.75), metric.digits)});
    if (metric.chance !== null) {
      svg.append(svgElement("path", {class: "chance", d: `M${scale(metric.chance)} 0V${height}`}));
    }
    if (known.length === 0) return svg;
    const [left, right] = [0.25, 0.75].map((share) => scale(quantile(known, share)));
    svg.append(svgElement("rect", {class: "box", x: left, width: Math.max(1, right - left),
      y: middle - 11, height: 22, rx: 3}));
    values.forEach((value, row) => {
      if (value !== null) svg.append(this.dot(row, value, scale(value), middle, metric.digits));
    });
    svg.append(svgElement("path", {class: "median",
      d: `M${scale(quantile(known, 0.5))} ${middle - 13}v26`}));
    return svg;
  }

  // Dots are spread up and down by a fixed low-discrepancy sequence, so that few hide each other.
  dot(row, value, x, middle, digits) {
    const y = middle + 16 * ((row * 0.618034) % 1 - 0.5);
    const {name} = this.report.images.rows[row];
    return svgElement("circle", {cx: x, cy: y, r: 2.6, onclick: () =>
      this.viewer.open(this.report.images.rows.map((_, index) => index), row)},
    svgElement("title", {text: `${name}: ${formatNumber(value, digits)}`}));
  }

  axis(low, high, scale, width) {
    const marks = roundMarks(low, high);
    const step = marks.length > 1 ? marks[1] - marks[0] : 0.01;
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return svgElement("svg", {width, height: 24, viewBox: `0 0 ${width} 24`, class: "strip-axis",
      "aria-hidden": "true"},
      svgElement("path", {d: `M0 .5H${width}`}),
      ...marks.flatMap((mark) => [svgElement("path", {d: `M${scale(mark)} 0v5`}),
        svgElement("text", {x: scale(mark), y: 19, "text-anchor": "middle",
          text: mark.toFixed(digits).replace("-", "−")})]));
  }
}
