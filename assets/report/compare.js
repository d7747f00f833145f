// Many decoders in one table, sorted by any metric, and the tests behind it.
"use strict";

class DecoderTable {
  constructor(report) {
    this.report = report;
    this.metrics = report.metrics.map((metric) => ({...metric, higher: metric.higher_is_better,
      digits: digitsFor(report.rows.map((row) => row.scores[metric.name]?.value ?? null))}));
    this.body = element("tbody");
    this.lines = report.rows.map((row) => this.line(row));
    this.headers = [];
    byId("ranking-table").append(this.head(), this.body);
    this.sortBy(report.sort);
  }

  head() {
    const plain = ["Decoder", "Recording", ...(this.hasChecks() ? ["Checks"] : [])];
    this.headers = this.metrics.map((metric) => element("th",
      {scope: "col", "data-metric": metric.name, title: metric.definition},
      element("button", {type: "button", class: "metric", onclick: () => this.sortBy(metric.name)},
        element("span", {text: metric.label}),
        element("span", {class: "arrow", text: arrow(metric.higher), role: "img",
          "aria-label": arrowWords(metric.higher)}))));
    return element("thead", {}, element("tr", {},
      ...plain.map((text) => element("th", {scope: "col", text})), ...this.headers));
  }

  hasChecks() {
    return this.report.rows.some((row) => row.checks !== null);
  }

  line(row) {
    const trainings = row.trainings > 1 ? `${row.trainings} trainings` : "";
    const kind = [row.control ? "control" : "decoder", trainings].filter(Boolean).join(", ");
    return element("tr", {class: row.control ? "control" : "decoder"},
      element("th", {scope: "row"}, element("span", {text: row.name}),
        element("span", {class: "interval-text", text: kind})),
      element("td", {}, element("span", {text: row.recording}),
        element("span", {class: "interval-text",
          text: `${row.stimuli} images of ${row.image_size[1]} × ${row.image_size[0]}`})),
      this.hasChecks() ? this.checksCell(row.checks) : null,
      ...this.metrics.map((metric) => this.cell(metric, row.scores[metric.name])));
  }

  checksCell(checks) {
    if (checks === null) return element("td", {class: "missing", text: "none"});
    const words = ["pass", "look", "fail"].map((kind) => `${checks[kind]} ${kind}`).join(", ");
    return element("td", {text: words});
  }

  cell(metric, score) {
    if (!score) return element("td", {class: "missing", text: "–"});
    const shown = (value) => formatNumber(value, metric.digits);
    const mark = score.trained_against === false ? "no"
      : score.trained_against === null ? "unknown" : "yes";
    return element("td", {class: score.leads ? "best" : null},
      element("span", {class: "value", text: shown(score.value)}),
      evidenceMark({trained_against: mark}),
      score.leads ? element("span", {class: "off-screen", text: " none is clearly better"}) : null,
      element("span", {class: "interval-text",
        text: score.interval ? `[${score.interval.map(shown).join(", ")}]` : "\u00a0"}));
  }

  // Best first; rows without a value stay last.
  sortBy(name) {
    const metric = this.metrics.find((one) => one.name === name);
    const value = (index) => this.report.rows[index].scores[name]?.value ?? null;
    const order = this.report.rows.map((_, index) => index).sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return (metric.higher ? y - x : x - y) || a - b;
    });
    this.body.replaceChildren(...order.map((index) => this.lines[index]));
    for (const header of this.headers) {
      const own = header.dataset.metric === name;
      header.setAttribute("aria-sort", own ? (metric.higher ? "descending" : "ascending") : "none");
    }
    byId("ranking-about").textContent = `Sorted by ${metric.label}, best first; select another ` +
      "metric's name to sort by it. Brackets are 95 % intervals. Bold: tested on the same images, " +
      "and no other row is clearly better.";
    document.dispatchEvent(new CustomEvent("sortedby", {detail: name}));
  }
}

function testRow(pair, metric) {
  const digits = digitsFor([pair.difference, ...pair.interval]);
  const shown = (value) => formatNumber(value, digits);
  const mark = pair.trained_against === false ? "no"
    : pair.trained_against === null ? "unknown" : "yes";
  return element("tr", {},
    element("th", {scope: "row", text: `${pair.first} − ${pair.second}`}),
    element("td", {text: shown(pair.difference)}),
    element("td", {text: `[${pair.interval.map(shown).join(", ")}]`}),
    element("td", {text: probability(pair.p)}), element("td", {text: probability(pair.q)}),
    element("td", {text: verdict({...pair, trained_against: mark}, metric.higher_is_better)}));
}

function showTests(report) {
  const body = element("tbody");
  const show = (name) => {
    const metric = report.metrics.find((one) => one.name === name);
    const pairs = report.pairs.filter((pair) => pair.metric === name);
    body.replaceChildren(...pairs.map((pair) => testRow(pair, metric)));
    byId("tests-about").textContent = pairs.length ? "The same images under both. q is p adjusted " +
      "over all tests of all metrics on this page (Benjamini and Hochberg); the last column goes " +
      "by q. Rows of several trainings: interval and p over images and trainings." :
      "No two rows can be tested by this metric: it needs values of single images on the same " +
      "images.";
  };
  const choice = element("select", {onchange: (event) => show(event.target.value)},
    ...options(report.metrics.map((metric) => [metric.name, metric.label]), report.sort));
  const headings = ["Compared", "Difference", "95 % interval", "p", "q", "At 5 % false discoveries"];
  byId("test-tools").append(labelled("Score", choice));
  byId("test-table").append(element("thead", {}, element("tr", {},
    ...headings.map((text) => element("th", {scope: "col", text})))), body);
  document.addEventListener("sortedby", (event) => {
    choice.value = event.detail;
    show(event.detail);
  });
  show(report.sort);
  if (report.untested.length === 0) return;
  byId("untested").append(
    element("summary", {text: `Not tested, for want of the same images: ` +
      `${report.untested.length} ${report.untested.length === 1 ? "pair" : "pairs"}`}),
    element("ul", {}, ...report.untested.map((pair) =>
      element("li", {text: `${pair.first}, ${pair.second}: ${pair.reason}`}))));
  byId("untested").hidden = false;
}

function showMarks(report) {
  const shown = new Set(report.rows.flatMap((row) =>
    Object.values(row.scores).map((score) => score.trained_against)));
  const notes = [[true, evidenceMarks.yes], [null, evidenceMarks.unknown]]
    .filter(([kind]) => shown.has(kind));
  byId("evidence").append(...notes.map(([, {sign, words}]) =>
    element("p", {class: "note", text: `${sign} ${words}. It is never bold.`})));
}

function startComparison() {
  const report = JSON.parse(byId("data").textContent);
  byId("data").remove();
  const decoders = report.rows.filter((row) => !row.control).length;
  const recordings = new Set(report.rows.map((row) => row.recording)).size;
  const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  byId("lead").textContent = `${many(decoders, "decoder")} on ${many(recordings, "recording")}` +
    (decoders < report.rows.length ? ", beside their controls." : ".");
  startTheme();
  showTests(report);
  new DecoderTable(report);
  showMarks(report);
  if (report.provenance.length) showProvenance(report);
  byId("foot").textContent =
    `Made by Afterimage ${report.version}. The page holds all it shows and asks nothing of the network.`;
  document.documentElement.dataset.ready = "true";
}

startComparison();
