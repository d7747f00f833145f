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

function missingCell(reason) {
  return element("td", {class: "missing", title: reason},
    element("span", {text: "Not computed: "}), element("span", {text: reason}));
}

function reasonOf(score) {
  return score.value === null ? score.reason || "no value" : "";
}

// A score by what judged the training, a network or the metric itself, is no evidence: it is marked,
// and never the best.
const evidenceMarks = {
  yes: {sign: "†", words: "trained against this metric or its network: no evidence"},
  unknown: {sign: "?", words: "unknown whether it was trained against its network"},
};

function evidenceMark(score) {
  const mark = evidenceMarks[score.trained_against];
  if (!mark) return null;
  return element("abbr", {class: "evidence", title: mark.words},
    element("span", {text: mark.sign, "aria-hidden": "true"}),
    element("span", {class: "off-screen", text: ` ${mark.words}`}));
}

function bestEvidence(scores, higher, digits) {
  const counted = scores.map((score) => (evidenceMarks[score.trained_against]
    ? {value: null, low: null, high: null} : score));
  return clearlyBestOf(counted, higher, digits);
}

function scoreCells(metric, scores) {
  const best = bestEvidence(scores, metric.higher, metric.digits);
  const place = rowScale(metric, scores);
  return scores.map((score, i) => (score.value === null ? missingCell(reasonOf(score))
    : scoreCell(metric, score, place, i === best)));
}

function scoreCell(metric, score, place, best) {
  const shown = (value) => formatNumber(value, metric.digits);
  const interval = score.low === null || score.high === null ? ""
    : `[${shown(score.low)}, ${shown(score.high)}]`;
  return element("td", {class: best ? "best" : null},
    element("span", {class: "value", text: shown(score.value)}),
    evidenceMark(score),
    best ? element("span", {class: "off-screen", text: " best"}) : null,
    element("span", {class: "interval-text", text: interval || "\u00a0"}),
    ceilingText(metric, score),
    whisker(metric, score, place));
}

// What a score could be at best, the most telling first, as far as it is known.
const ceilings = [
  ["true_images", "true images"], ["noise_free", "without noise"],
  ["predicted", "from predicted responses"], ["repeats", "what noise leaves possible"],
  ["halves", "between halves of the trials"],
];

function ceilingsOf(metric, score) {
  return ceilings.filter(([key]) => (score.ceiling?.[key] ?? null) !== null)
    .map(([key, words]) => `${words} ${formatNumber(score.ceiling[key], metric.digits)}`);
}

function ceilingText(metric, score) {
  const [first] = ceilingsOf(metric, score);
  return first ? element("span", {class: "ceiling", text: first,
    title: ceilingsOf(metric, score).join("; ")}) : null;
}

// The same in full, for the definition of the metric.
function ceilingLines(metric, sets, scores) {
  const lines = scores.map((score, i) => [sets[i].name, ceilingsOf(metric, score), score.ceiling])
    .filter(([, known]) => known.length);
  return lines.map(([name, known, {images}]) => element("p", {class: "about",
    text: `Beside ${name} (${images} images): ${known.join("; ")}.`}));
}

// A metric's row and, below it, its definition.
function metricRows(report, metric) {
  const index = report.scores.metrics.indexOf(metric);
  const scores = report.scores.sets.map((set) => set.scores[index]);
  const id = `definition-${index}`;
  const chance = metric.chance === null ? ""
    : ` Chance: ${formatNumber(metric.chance, metric.digits)}.`;
  const definition = element("tr", {class: "definition", id, hidden: true},
    element("td", {colspan: String(scores.length + 1)},
      element("p", {}, metric.definition + chance,
        metric.source ? element("span", {class: "about", text: ` ${metric.source}`}) : null),
      ...ceilingLines(metric, report.scores.sets, scores)));
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
  const lines = [["metric", "set", "control", "value", "low", "high", "not_computed",
    "trained_against"].join(",")];
  report.scores.metrics.forEach((metric, index) => report.scores.sets.forEach((set) => {
    const score = set.scores[index];
    lines.push([quoted(metric.name), quoted(set.name), set.control, score.value ?? "",
      score.low ?? "", score.high ?? "", quoted(score.reason), score.trained_against].join(","));
  }));
  return lines.join("\n") + "\n";
}

function scoresAbout({images, sets}, metrics) {
  const chance = metrics.some((metric) => metric.chance !== null) ? ", the dotted mark is chance" : "";
  return `Over ${images} images. Brackets and whiskers are 95 % bootstrap intervals over images` +
    `${chance}. ↑ higher is better, ↓ lower is better. Bold: the best of a row, where its interval ` +
    "lies apart from those of all others, controls included." + (sets.some((set) =>
      set.scores.some((score) => score.ceiling)) ? " Below intervals: what it could be at best " +
      "(see definitions)." : "");
}

// What the marks mean, and what the comparisons say in sum.
function showEvidence({sets, summary}) {
  const shown = new Set(sets.flatMap((set) => set.scores.filter((score) => score.value !== null)
    .map((score) => score.trained_against)));
  const marks = Object.entries(evidenceMarks).filter(([kind]) => shown.has(kind));
  byId("evidence").append(element("div", {},
    ...marks.map(([, {sign, words}]) => element("p", {class: "note", text: `${sign} ${words}. ` +
      "It is never the best of a row, and no summary counts it."})),
    summary.length ? element("h3", {text: "In sum, at 5 % false discoveries"}) : null,
    element("ul", {}, ...summary.map((text) => element("li", {text})))));
  byId("evidence").hidden = marks.length + summary.length === 0;
}

// Brain correlation by area: the sets of images beside the true ones and what noise leaves possible.
function showAreas({metrics, sets}) {
  const index = metrics.findIndex((_, i) => sets.some((set) => set.scores[i].areas.length));
  if (index < 0) return;
  const {digits, label, definition} = metrics[index];
  const scored = sets.filter((set) => set.scores[index].areas.length);
  const shown = (value) => (value === null ? "" : formatNumber(value, digits));
  const columns = [...scored.map((set) => [set.name, set.control ? "control" : "decoder",
    (area, i) => set.scores[index].areas[i].value, set.scores[index]]),
  ["true images", "at best", (area) => area.ceiling.true_images, {}],
  ["noise ceiling", "at best", (area) => area.ceiling.repeats, {}]];
  const rows = scored[0].scores[index].areas.map((area, i) => element("tr", {},
    element("th", {scope: "row"}, area.area,
      element("span", {class: "kind", text: `${area.sensors} sensors`})),
    ...columns.map(([, , value, score]) =>
      element("td", {}, shown(value(area, i)), evidenceMark(score)))));
  byId("areas").append(
    element("h3", {text: `${label} by area`}), element("p", {class: "about", text: `${definition[0].toUpperCase()}${definition.slice(1)}.`}),
    element("div", {class: "wide", tabindex: "0", role: "region", "aria-label": `${label} by area`},
      element("table", {id: "area-table", class: "plain"},
      element("thead", {}, element("tr", {}, element("th", {scope: "col", text: "Area"}),
        ...columns.map(([name, kind]) => element("th", {scope: "col"}, name,
          element("span", {class: "kind", text: kind}))))),
      element("tbody", {}, ...rows))));
  byId("areas").hidden = false;
}

// The metrics that no set has, in one line: unfolded, they are listed by reason.
function showMissing(report, metrics) {
  const byReason = new Map();
  for (const metric of metrics) {
    const scores = report.scores.sets.map((set) => set.scores[report.scores.metrics.indexOf(metric)]);
    const reason = [...new Set(scores.map(reasonOf))].join("; ");
    byReason.set(reason, [...(byReason.get(reason) ?? []), metric]);
  }
  const fold = byId("not-computed");
  fold.append(
    element("summary", {text: `${metrics.length} ${metrics.length === 1 ? "metric" : "metrics"} ` +
      "not computed"}),
    element("dl", {}, ...[...byReason].flatMap(([reason, missing]) => [
      element("dt", {text: reason}),
      element("dd", {}, ...missing.map((metric) =>
        element("span", {text: metric.label, title: metric.definition})))])));
  fold.hidden = false;
  window.addEventListener("beforeprint", () => { fold.open = true; });
}

function showScores(report) {
  const {sets} = report.scores;
  const computed = (_, index) => sets.some((set) => set.scores[index].value !== null);
  const metrics = report.scores.metrics.filter(computed);
  const missing = report.scores.metrics.filter((metric, index) => !computed(metric, index));
  if (missing.length) showMissing(report, missing);
  byId("scores").hidden = false;
  if (metrics.length === 0) {
    byId("scores-about").textContent = "No score could be computed.";
    document.querySelector("#scores .toolbar").hidden = true;
    return;
  }
  const head = element("tr", {}, element("th", {scope: "col", text: "Metric"}),
    ...sets.map((set) => element("th", {scope: "col", class: set.control ? "control" : "decoder"},
      element("span", {text: set.name}),
      element("span", {class: "kind", text: set.control ? "control" : "decoder"}))));
  const rows = metrics.map((metric) => metricRows(report, metric));
  byId("score-table").append(
    element("caption", {class: "off-screen", text: "Scores of decoders and controls"}),
    element("thead", {}, head),
    element("tbody", {}, ...rows.flatMap(({row, definition}) => [row, definition])));
  byId("scores-about").textContent = scoresAbout(report.scores, metrics);
  showEvidence(report.scores);
  showAreas(report.scores);
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
}
