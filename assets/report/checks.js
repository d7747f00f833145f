// What the evaluation checked before anyone believes its scores, with the images concerned.
"use strict";

const verdicts = ["fail", "look", "not checked", "pass"];  // worst first

function checkLinks(check, report, viewer) {
  if (!viewer || check.rows.length === 0) return null;
  const text = check.rows.length === 1 ? "Show the image" : `Show the ${check.rows.length} images`;
  return element("button", {type: "button", class: "rows", text,
    "aria-label": `${text} of ${check.label}, ${check.decoder}`,
    onclick: () => viewer.open(check.rows, check.rows[0])});
}

function checkFigures(check) {
  const known = check.figures.filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  return element("details", {class: "about"}, element("summary", {text: "Figures"}),
    element("dl", {}, ...known.map(([name, value]) => element("div", {},
      element("dt", {text: name}), element("dd", {text: formatNumber(value, digitsFor([value]))})))));
}

function checkRow(check, report, viewer, several) {
  return element("tr", {},
    element("td", {}, element("span", {class: "verdict", "data-verdict": check.verdict,
      text: check.verdict})),
    element("th", {scope: "row"}, element("span", {text: check.label}),
      several ? element("span", {class: "kind", text: check.decoder}) : null),
    element("td", {}, element("p", {text: `${check.found}. ${check.meaning}.`}),
      checkLinks(check, report, viewer), checkFigures(check)));
}

function countsOf(checks) {
  return verdicts.map((verdict) => [checks.filter((check) => check.verdict === verdict).length, verdict])
    .filter(([count]) => count > 0).map(([count, verdict]) => `${count} ${verdict}`).join(", ");
}

// `viewer` is null on a page without images.
function showChecks(report, viewer) {
  const {checks} = report;
  byId("checks").hidden = false;
  if (checks.length === 0) {
    byId("checks-about").textContent = "These scores were not checked: nobody looked for leaked " +
      "images, collapsed outputs, scores by the decoder’s own objective and the like. Evaluate " +
      "again without --checks none.";
    return;
  }
  const several = new Set(checks.map((check) => check.decoder)).size > 1;
  const sorted = [...checks].sort((a, b) =>
    verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
  byId("checks-about").textContent = `What may make scores too good, looked for before they are ` +
    `shown: ${countsOf(checks)}. Fail: do not believe the scores before this is mended; look: ` +
    "know this when you read them.";
  byId("check-table").append(
    element("thead", {}, element("tr", {}, ...["Verdict", "Check", "What was found"].map((text) =>
      element("th", {scope: "col", text})))),
    element("tbody", {}, ...sorted.map((check) => checkRow(check, report, viewer, several))));
}
