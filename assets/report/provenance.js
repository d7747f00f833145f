// Where each file came from: one folded record per file.
"use strict";

function recordTitle(record) {
  const words = String(record.command ?? "").split(/\s+/);
  return words.length > 1 && /^[a-z]+$/.test(words[1]) ? words[1]
    : record.program ?? (record.note ? "note" : "record");
}

function valueText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

// Pairs as a list of terms; nested objects with dotted names.
function flattened(object, prefix = "") {
  if (object !== Object(object)) return object === undefined ? [] : [["", valueText(object)]];
  return Object.entries(object).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flattened(value, `${prefix}${key}.`) : [[prefix + key, valueText(value)]]);
}

function pairList(title, pairs) {
  if (pairs.length === 0) return null;
  return element("section", {}, element("h4", {text: title}), element("dl", {},
    ...pairs.flatMap(([term, text]) => [element("dt", {text: term}), element("dd", {text})])));
}

function inputPairs(inputs) {
  return (Array.isArray(inputs) ? inputs : []).map((input) => [String(input.path ?? "input"),
    input.sha256 ?? (input.sampled_sha256 ? `${input.sampled_sha256} (sampled)` : "a folder")]);
}

function recordNode(record) {
  const {command, program, version, time, run, options: chosen, inputs, ...rest} = record;
  const facts = [["Program", [program, version].filter(Boolean).join(" ")], ["Time", time]]
    .filter(([, text]) => text);
  const copy = element("button", {type: "button", text: "Copy record", onclick: (event) =>
    copyText(JSON.stringify(record, null, 2) + "\n", event.currentTarget)});
  return element("details", {class: "record"},
    element("summary", {}, element("b", {text: recordTitle(record)}),
      element("code", {text: command ?? record.note ?? ""})),
    element("div", {class: "record-body"},
      element("div", {class: "command"},
        command ? element("pre", {tabindex: "0", text: command}) : null,
        command ? element("button", {type: "button", text: "Copy command",
          onclick: (event) => copyText(command, event.currentTarget)}) : null, copy),
      pairList("Made by", facts), pairList("Run", flattened(run)),
      pairList("Options", flattened(chosen)), pairList("Inputs (SHA-256)", inputPairs(inputs)),
      pairList("More", flattened(rest))));
}

function showProvenance(report) {
  byId("records").append(...report.provenance.map(recordNode));
  byId("provenance").hidden = false;
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.record")) details.open = true;
  });
}
