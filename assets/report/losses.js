// Loss curves: a chart per model, drawn by uPlot.
"use strict";

// Scores on held-out samples: few points, far apart, drawn as they are.
function isCheck(name) {
  return name.startsWith("validation.");
}

// An exponential moving average that starts unbiased (Adam's correction) and skips gaps.
function smoothed(values, weight) {
  let mean = 0, share = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return mean / share;
  });
}

class LossChart {
  constructor(log, controls) {
    Object.assign(this, {log, controls, hidden: new Set()});
    this.plot = element("div", {class: "loss-plot"});
    this.legend = log.order.map((name, i) => element("button", {type: "button",
      class: `series-${i % 8}`, "aria-pressed": "true", onclick: () => this.toggle(name)},
    element("span", {class: "swatch"}), element("span", {text: name}),
    element("output", {class: "value"})));
    const note = log.averaged > 1 ? `, each point the mean of ${log.averaged} logged lines` : "";
    const minutes = log.seconds ? `, ${durationText(log.seconds)}` : "";
    this.node = element("figure", {},
      element("figcaption", {}, element("b", {text: log.name}), element("span", {class: "about",
        text: ` ${log.step[log.step.length - 1].toLocaleString("en")} steps${minutes}${note}`})),
      this.plot, element("div", {class: "legend", role: "group", "aria-label": "Losses shown"},
        ...this.legend));
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.legend.forEach((button, i) =>
      button.setAttribute("aria-pressed", String(!this.hidden.has(this.log.order[i]))));
    this.draw();
  }

  // Raw curves stay visible, faint, behind their averages.
  series() {
    const weight = this.controls.smoothing();
    const list = [{}], data = [this.log.step];
    this.log.order.forEach((name, i) => {
      const raw = this.log.series[name].map((value) =>
        this.controls.logarithmic() && value !== null && value <= 0 ? null : value);
      const show = !this.hidden.has(name), stroke = seriesColour(i);
      if (isCheck(name)) {
        list.push({label: name, show, stroke, width: 1.75, dash: [6, 4], spanGaps: true,
          points: {show: true, size: 6, fill: stroke}});
        data.push(raw);
        return;
      }
      if (weight > 0) {
        list.push({show, stroke, width: 1, alpha: 0.22, points: {show: false}});
        data.push(raw);
      }
      list.push({label: name, show, stroke, width: 1.75, points: {show: raw.length < 40}});
      data.push(smoothed(raw, weight));
    });
    return {list, data};
  }

  draw() {
    const width = this.plot.clientWidth;
    if (width === 0) return;
    this.chart?.destroy();
    const {list, data} = this.series();
    const ink = styleColour("--muted"), line = styleColour("--line");
    const axis = {stroke: ink, grid: {stroke: line, width: 1}, ticks: {stroke: line, width: 1},
      font: "12px system-ui, sans-serif"};
    this.chart = new uPlot({
      width, height: Math.round(Math.min(320, Math.max(220, width * 0.5))),
      legend: {show: false}, series: list,
      scales: {x: {time: false}, y: {distr: this.controls.logarithmic() ? 3 : 1}},
      axes: [{...axis, label: "step", labelFont: axis.font, labelSize: 18, size: 36},
        {...axis, size: 56}],
      cursor: {y: false, drag: {x: true, y: false}},
      hooks: {setCursor: [(chart) => this.values(chart)]},
    }, data, this.plot);
    this.values(this.chart);
  }

  // The legend follows the pointer; away from the chart it shows the last values.
  values(chart) {
    const last = this.log.step.length - 1;
    const place = chart.cursor.idx ?? last;
    const shown = chart.series.map((series, i) => [series.label, i])
      .filter(([label, i]) => i > 0 && label !== undefined && this.log.series[label]);
    for (const [label, i] of shown) {
      const button = this.legend[this.log.order.indexOf(label)];
      const values = chart.data[i];
      const known = isCheck(label) ? values.findLastIndex((value, at) => at <= place &&
        value !== null) : place;
      button.querySelector("output").textContent = formatLoss(values[known]);
    }
  }
}

function formatLoss(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toPrecision(4);
}

function durationText(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function showLosses(report) {
  const logarithmic = element("input", {type: "checkbox"});
  const smoothing = element("input", {type: "range", min: "0", max: "0.99", step: "0.01",
    value: "0.9"});
  const controls = {logarithmic: () => logarithmic.checked,
    smoothing: () => Number(smoothing.value)};
  const charts = report.logs.map((log) => new LossChart(log, controls));
  const drawAll = () => charts.forEach((chart) => chart.draw());
  logarithmic.addEventListener("change", drawAll);
  smoothing.addEventListener("input", drawAll);
  byId("loss-tools").append(
    element("label", {class: "check"}, logarithmic, element("span", {text: "Log scale"})),
    labelled("Smoothing", smoothing));
  byId("losses").append(...charts.map((chart) => chart.node));
  byId("training").hidden = false;
  for (const chart of charts) redrawn(chart.plot, () => chart.draw());
}
