// Paired comparisons of decoders with controls and with each other, one metric at a time.
"use strict";

// What the numbers say at a false discovery rate of 5 %.
function verdict(comparison, higher) {
  if (comparison.trained_against === "yes") return "no evidence: trained against";
  if (comparison.trained_against === "unknown") return "unknown whether trained against";
  if (!(comparison.q < 0.05) || higher === null) return "no clear difference";
  const better = (comparison.difference > 0) === higher ? comparison.first : comparison.second;
  return `${better} is better`;
}

function probability(value) {
  return value === null ? "–" : value < 0.001 ? "< 0.001" : value.toFixed(3);
}

function comparisonRow(comparison, metric) {
  const {first, second, difference, low, high, p, q} = comparison;
  const digits = digitsFor([difference, low, high]);
  return element("tr", {},
    element("th", {scope: "row", text: `${first} − ${second}`}),
    element("td", {text: formatNumber(difference, digits)}),
    element("td", {text: `[${formatNumber(low, digits)}, ${formatNumber(high, digits)}]`}),
    element("td", {text: probability(p)}), element("td", {text: probability(q)}),
    element("td", {text: verdict(comparison, metric.higher)}));
}

function comparisonsAbout(images) {
  // Of all exchanges of n images, two are always as far from zero: the actual one and its mirror.
  const least = images <= 10 ? ` With ${images} images no p can be below ` +
    `${probability(Math.min(1, 2 / 2 ** images))}.` : "";
  return "The interval says how large the difference is (bootstrap over images). p answers another " +
    "question: how often would it be as large, either way, if each image's two results were " +
    "exchanged by the toss of a coin? Where images are few, or a few of them make the difference, " +
    `the interval can exclude 0 beside a p above .05: then the difference is not clear.${least} ` +
    "q is p adjusted over all comparisons of all metrics (Benjamini and Hochberg).";
}

function showComparisons(report) {
  const {metrics, comparisons} = report.scores;
  const compared = metrics.filter((metric) =>
    comparisons.some((comparison) => comparison.metric === metric.name));
  const body = element("tbody");
  const show = (name) => body.replaceChildren(...comparisons
    .filter((comparison) => comparison.metric === name)
    .map((comparison) => comparisonRow(comparison, compared.find((it) => it.name === name))));
  const choice = element("select", {onchange: (event) => show(event.target.value)},
    ...options(compared.map((metric) => [metric.name, `${metric.label} ${arrow(metric.higher)}`])));
  const headings = ["Compared", "Difference", "95 % interval", "p", "q", "At 5 % false discoveries"];
  byId("comparisons").append(
    element("div", {class: "toolbar"}, element("h3", {text: "Paired comparisons"}),
      labelled("Score", choice)),
    element("p", {class: "about", text: "The same images under both. The last column goes by q."}),
    element("details", {class: "about"}, element("summary", {text: "What the interval, p and q say"}),
      element("p", {text: comparisonsAbout(report.scores.images)})),
    element("div", {class: "wide", tabindex: "0", role: "region",
      "aria-label": "Table of paired comparisons"},
    element("table", {class: "plain"}, element("thead", {}, element("tr", {},
      ...headings.map((text) => element("th", {scope: "col", text})))), body)));
  window.addEventListener("beforeprint", () => {
    document.querySelector("#comparisons details").open = true;
  });
  byId("comparisons").hidden = false;
  show(compared[0].name);
}
