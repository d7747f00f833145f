// Reads the page's data and starts every section that has something to show.
"use strict";

function showHeader({header, version}) {
  byId("lead").textContent = header.lead;
  byId("notes").append(...header.notes.map((note) => element("li", {class: "note", text: note})));
  byId("facts").append(...header.facts.map(([label, text]) =>
    element("div", {}, element("dt", {text: label}), element("dd", {text}))));
  byId("foot").textContent =
    `Made by Afterimage ${version}. The page holds all it shows and asks nothing of the network.`;
}

function showSections() {
  const shown = [...document.querySelectorAll("main > section[data-title]")]
    .filter((section) => !section.hidden);
  byId("sections").append(...shown.map((section) =>
    element("a", {href: `#${section.id}`, text: section.dataset.title})));
}

function showAllScores(report) {
  chooseDigits(report.scores);
  showScores(report);
  if (report.scores.comparisons.length) showComparisons(report);
}

async function showAllImages(report) {
  const sprites = new Sprites(report.images.sprites);
  await sprites.ready();
  const viewer = new Viewer(report, sprites);
  showOverview(report, sprites, viewer);
  showImages(report, sprites, viewer);
  if (imageMetrics(report).length) new Spread(report, viewer);
  return viewer;
}

// One part of the page. If it fails the others are still drawn, and the page says so.
async function draw(part, show) {
  try {
    await show();
  } catch (error) {
    reportError(error);
    byId("notes").append(element("li", {class: "note",
      text: `This page could not draw its ${part}: ${error.message}.`}));
  }
}

async function start() {
  const report = JSON.parse(byId("data").textContent);
  byId("data").remove();
  showHeader(report);
  startTheme();
  if (report.scores) await draw("scores", () => showAllScores(report));
  if (report.logs.length) await draw("training curves", () => showLosses(report));
  if (byId("fields").querySelector("svg")) byId("fields").hidden = false;
  if (byId("analyses").querySelector(".analysis")) byId("analyses").hidden = false;
  if (report.provenance.length) await draw("provenance", () => showProvenance(report));
  let viewer = null;
  if (report.images) await draw("images", async () => { viewer = await showAllImages(report); });
  if (report.checks) await draw("checks", () => showChecks(report, viewer));
  await draw("maps", () => showPointMaps(report));
  showSections();
  document.documentElement.dataset.ready = "true";
}

start();
