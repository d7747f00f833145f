// Starts the page of small multiples, whose images are in its HTML.
"use strict";

function startMultiples() {
  const report = JSON.parse(byId("data").textContent);
  byId("data").remove();
  startTheme();
  if (report.provenance.length) showProvenance(report);
  byId("foot").textContent =
    `Made by Afterimage ${report.version}. The page holds all it shows and asks nothing of the network.`;
  document.documentElement.dataset.ready = "true";
}

startMultiples();
