// The table of scores: metrics down, decoders and controls across, each with its interval.
"use strict";

// The stretch of numbers a row's whiskers share: every value and interval, and the chance level.
function rowScale(metric, scores) {
  const all = scores.flatMap((score) => [score.value, score.low, score.high])
    .concat(metric.chance).filter((value) => value !== null);
  const low = Math.min(...all), high = Math.max(...all);
  const pad = (high - low || 1) * 0.06;
  return (value) => 100 * (value - low + pad) / (high - low + 2 * pad);
}

// Gives every metric the decimals its values are shown with.
function chooseDigits({metrics, sets}) {
  metrics.forEach((metric, index) => {
    metric.digits = digitsFor(sets.map((set) => set.scores[index].value));
  });
}

// A dot with its interval and, faint, the chance level. Strokes keep their width when stretched.
function whisker(metric, score, place) {
  const svg = svgElement("svg", {class: "whisker", viewBox: "0 0 100 10",
    preserveAspectRatio: "none", "aria-hidden": "true"});
  const stroke = (kind, d) => svg.append(svgElement("path", {class: kind, d}));
  if (metric.chance !== null) stroke("chance", `M${place(metric.chance)} 0V10`);
  if (score.low !== null && score.high !== null) {
    stroke("interval", `M${place(score.low)} 5H${place(score.high)}`);
  }
  stroke("dot", `M${place(score.value)} 5h0`);
  return svg;
}

function missingCell(reason, columns = 1) {
  return element("td", {class: "missing", title: reason, colspan: String(columns)},
    element("span", {text: "Not computed: "}), element("span", {text: reason}));
}

// A row's cells; what no set has for the same reason is said once.
function scoreCells(metric, scores) {
  const reasons = scores.map((score) => (score.value === null ? score.reason || "no value" : ""));
  if (reasons[0] && reasons.every((reason) => reason === reasons[0])) {
    return [missingCell(reasons[0], scores.length)];
  }
  const best = bestOf(scores.map((score) => score.value), metric.higher);
  const place = rowScale(metric, scores);
  return scores.map((score, i) => (reasons[i] ? missingCell(reasons[i])
    : scoreCell(metric, score, place, best.includes(i))));
}

function scoreCell(metric, score, place, best) {
  const shown = (value) => formatNumber(value, metric.digits);
  const interval = score.low === null || score.high === null ? ""
    : `[${shown(score.low)}, ${shown(score.high)}]`;
  return element("td", {class: best ? "best" : null},
    element("span", {class: "value", text: shown(score.value)}),
    best ? element("span", {class: "off-screen", text: " best"}) : null,
    element("span", {class: "interval-text", text: interval || "\u00a0"}),
    whisker(metric, score, place));
}

// A metric's row and, below it, its definition.
function metricRows(report, index) {
  const metric = report.scores.metrics[index];
  const scores = report.scores.sets.map((set) => set.scores[index]);
  const id = `definition-${index}`;
  const chance = metric.chance === null ? ""
    : ` Chance: ${formatNumber(metric.chance, metric.digits)}.`;
  const definition = element("tr", {class: "definition", id, hidden: true},
    element("td", {colspan: String(scores.length + 1)},
      element("p", {}, metric.definition + chance,
        metric.source ? element("span", {class: "about", text: ` ${metric.source}`}) : null)));
  const button = element("button", {type: "button", class: "metric", "aria-expanded": "false",
    "aria-controls": id, title: metric.definition},
    element("span", {text: metric.label}),
    element("span", {class: "arrow", text: arrow(metric.higher), role: "img",
      "aria-label": arrowWords(metric.higher)}));
  button.addEventListener("click", () => expand(button, definition, definition.hidden));
  const row = element("tr", {}, element("th", {scope: "row"}, button),
    ...scoreCells(metric, scores));
  return {row, definition, button};
}

function expand(button, definition, open) {
  definition.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}

function csvText(report) {
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = [["metric", "set", "control", "value", "low", "high", "not_computed"].join(",")];
  report.scores.metrics.forEach((metric, index) => report.scores.sets.forEach((set) => {
    const score = set.scores[index];
    lines.push([quoted(metric.name), quoted(set.name), set.control, score.value ?? "",
      score.low ?? "", score.high ?? "", quoted(score.reason)].join(","));
  }));
  return lines.join("\n") + "\n";
}

function showScores(report) {
  const {metrics, sets, images} = report.scores;
  const head = element("tr", {}, element("th", {scope: "col", text: "Metric"}),
    ...sets.map((set) => element("th", {scope: "col", class: set.control ? "control" : "decoder"},
      element("span", {text: set.name}),
      element("span", {class: "kind", text: set.control ? "control" : "decoder"}))));
  const rows = metrics.map((_, index) => metricRows(report, index));
  byId("score-table").append(
    element("caption", {class: "off-screen", text: "Scores of decoders and controls"}),
    element("thead", {}, head),
    element("tbody", {}, ...rows.flatMap(({row, definition}) => [row, definition])));
  byId("scores-about").textContent = `Over ${images} images. Brackets and whiskers are 95 % ` +
    "bootstrap intervals over images" + (metrics.some((metric) => metric.chance !== null)
    ? ", the dotted mark is chance" : "") + ". ↑ higher is better, ↓ lower is better; the best of " +
    "a row is bold, controls included.";
  const all = byId("definitions");
  const showAll = (open) => {
    for (const {button, definition} of rows) expand(button, definition, open);
    all.setAttribute("aria-expanded", String(open));
    all.textContent = open ? "Hide definitions" : "Show definitions";
  };
  all.addEventListener("click", () => showAll(all.getAttribute("aria-expanded") !== "true"));
  window.addEventListener("beforeprint", () => showAll(true));
  byId("copy-scores").addEventListener("click",
    (event) => copyText(csvText(report), event.currentTarget));
  byId("scores").hidden = false;
}
