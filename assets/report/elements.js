// Small helpers every other script uses. Text from the data only ever becomes text nodes and
// attributes, never markup.
"use strict";

const svgSpace = "http://www.w3.org/2000/svg";

// element("td", {class: "x", onclick: f, text: "..."}, child, ...): null children are left out.
function element(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

function svgElement(tag, properties = {}, ...children) {
  return filled(document.createElementNS(svgSpace, tag), properties, children);
}

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

// Decimals that show three figures of the largest of these numbers.
function digitsFor(values) {
  const most = Math.max(...values.map((value) => Math.abs(value ?? 0)));
  if (!(most > 0)) return 3;
  return Math.min(8, Math.max(0, most >= 0.1 ? 3 - Math.max(0, Math.floor(Math.log10(most)))
    : 2 - Math.floor(Math.log10(most))));
}

function formatNumber(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  return value.toFixed(digits).replace("-", "−");
}

function arrow(higher) {
  return higher === null ? "" : higher ? "↑" : "↓";
}

function arrowWords(higher) {
  return higher === null ? "" : higher ? "higher is better" : "lower is better";
}

// The place of the best number: the first list index of every tie, nulls aside.
function bestOf(values, higher) {
  const known = values.filter((value) => value !== null);
  if (higher === null || known.length < 2) return [];
  const best = higher ? Math.max(...known) : Math.min(...known);
  return values.flatMap((value, index) => (value === best ? [index] : []));
}

// Colours of the style sheet as the canvas wants them.
function styleColour(name) {
  const probe = element("span", {hidden: true});
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function seriesColour(index) {
  return styleColour(`--series-${index % 8}`);
}

// Copies text; pages opened from a disk may not have the clipboard interface.
async function copyText(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", {text, class: "off-screen"});
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}

function labelled(text, control) {
  return element("label", {}, element("span", {text}), control);
}

function options(pairs, chosen) {
  return pairs.map(([value, text]) => element("option", {value, text, selected: value === chosen}));
}

// Calls `draw` now and whenever the node's width or the colours change.
function redrawn(node, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(node.clientWidth - width) < 1) return;
    width = node.clientWidth;
    draw();
  }).observe(node);
  document.addEventListener("themechange", draw);
}
