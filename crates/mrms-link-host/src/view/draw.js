// Draws on the page. Whatever somebody else wrote goes in as text, never as markup.

import { say } from "./words.js";

/** An element with attributes and children; those that are nothing are left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== undefined && value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text of somebody else, which may run from right to left. */
export const theirs = (text) => el("bdi", {}, text);

/** How large something is. */
export function sizeOf(bytes) {
  if (bytes < 1000) return say("size-bytes", { count: bytes });
  return bytes < 1_000_000 ? say("size-kb", { count: Math.round(bytes / 1000) }) : say("size-mb", { count: Math.round(bytes / 1_000_000) });
}

/** A table; on a small screen each cell says its column. */
export function table({ name, columns, rows }, level) {
  const title = say(`table-${name}`);
  if (name === "patient") return [el(level, {}, title), rows.map((row) => facts(columns, row))].flat();
  const titles = columns.map((column) => say(`column-${column}`));
  const cell = (lines, at) =>
    el("td", { role: "cell", "data-column": titles[at] }, lines.map((line) => el("span", { class: "line" }, theirs(line))));
  const drawn = el("table", { role: "table", "aria-label": title },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, titles.map((one) => el("th", { role: "columnheader", scope: "col" }, one)))),
    el("tbody", { role: "rowgroup" }, rows.map((row) => el("tr", { role: "row" }, row.map(cell)))),
  );
  // What nobody looks for first is folded away.
  if (name === "other") return [el("details", {}, el("summary", {}, `${title} (${rows.length})`), drawn)];
  return [el(level, {}, title), drawn];
}

/** One of whom there is one: each column in a line of its own. */
function facts(columns, row) {
  const lines = columns.map((column, at) => [
    el("dt", {}, say(`column-${column}`)),
    el("dd", {}, row[at].map((line) => el("span", { class: "line" }, theirs(line)))),
  ]);
  return el("dl", {}, lines);
}

/** A link with which bytes are saved as a file. */
export function saver(bytes, name, words = say("save")) {
  // No type: a browser saves it, and never shows or runs it.
  const href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  return el("a", { class: "button second", href, download: name, "aria-label": `${words}: ${name}` }, words);
}
