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

// The place of the best number; -1 where none is, or where several look the same as they are shown.
function bestOf(values, higher, digits) {
  const known = values.filter((value) => value !== null);
  if (higher === null || known.length < 2) return -1;
  const best = known.reduce((a, b) => ((a > b) === higher ? a : b));
  const same = known.filter((value) => value.toFixed(digits) === best.toFixed(digits));
  return same.length === 1 ? values.indexOf(best) : -1;
}

// The place of the score whose interval lies apart from all others, on the better side; else -1.
function clearlyBestOf(scores, higher, digits) {
  const place = bestOf(scores.map((score) => score.value), higher, digits);
  if (place < 0 || scores[place].low === null || scores[place].high === null) return -1;
  const best = scores[place];
  const apart = (other) => (higher ? best.low > (other.high ?? other.value)
    : best.high < (other.low ?? other.value));
  return scores.every((other) => other === best || other.value === null || apart(other))
    ? place : -1;
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
