// Mutation testing: break the contract in one place, see whether a test notices.
//
// `npm run mutate` takes every place, `npm run mutate -- WORD …` those whose description has one
// of the words in it (`is-self:` for a function). A first run of the tests finds which lines each
// of them reaches, a second one runs each test against the mutants in those lines (runner.ts).
// Survivors that change nothing anyone can see are explained in equivalent.json; any other
// survivor, or an explanation without a survivor, fails.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const VITEST = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const CONFIG = fileURLToPath(new URL("./vitest.config.ts", import.meta.url));
const FOLDER = "coverage/mutation";
const SOURCE = readFileSync(
  new URL("../contracts/medical-records-management.clar", import.meta.url),
  "utf8",
);
const EQUIVALENT = JSON.parse(readFileSync(new URL("./equivalent.json", import.meta.url), "utf8"));

// ---- the source as a tree of forms

/** A form: where it starts and ends, and for a list what is in it. */
function read(source) {
  let at = 0;
  function skip() {
    for (;;) {
      while (/\s|,/.test(source[at] ?? "")) at += 1;
      if (source.startsWith(";;", at)) at = source.indexOf("\n", at);
      else return;
    }
  }
  function form() {
    skip();
    const start = at;
    if ("({".includes(source[at])) {
      at += 1;
      const items = [];
      for (skip(); !")}".includes(source[at]); skip()) items.push(form());
      at += 1;
      return { start, end: at, items };
    }
    if (source[at] === '"') at = source.indexOf('"', at + 1) + 1;
    else while (!/[\s,(){}:]/.test(source[at]) || at === start) at += 1;
    if (source[at] === ":") at += 1;
    return { start, end: at, items: null };
  }
  const forms = [];
  for (skip(); at < source.length; skip()) forms.push(form());
  return forms;
}

const text = (form) => SOURCE.slice(form.start, form.end);

// ---- what can be broken

const SWAPS = {
  "<": ["<=", ">"],
  "<=": ["<", ">"],
  ">": [">=", "<"],
  ">=": [">", "<"],
  "+": ["-"],
  and: ["or"],
  or: ["and"],
  "is-some": ["is-none"],
  "is-none": ["is-some"],
  "is-ok": ["is-err"],
};
const WRITES = ["map-set", "map-insert", "map-delete", "print"];
const CALLS = ["list-patient-record", "append-entry", "append-patient-entry"];

function* mutations(form, inside) {
  if (form.items === null) {
    yield* atomMutations(form, inside);
    return;
  }
  const [head, ...rest] = form.items;
  const name = head && head.items === null ? text(head) : "";
  if (SOURCE[form.start] === "(") {
    for (const other of SWAPS[name] ?? []) yield [head, other];
    if (name === "is-eq") yield [form, `(not ${text(form)})`];
    if (name === "not") yield [form, text(rest[0])];
    if (name === "asserts!") yield [rest[0], "true"];
    if (name === "if") yield* ["true", "false"].map((value) => [rest[0], value]);
    if (name === "try!") yield [form, `(unwrap-panic ${text(rest[0])})`];
    if (WRITES.includes(name) || CALLS.includes(name)) yield [form, "true"];
    if (name === "merge") yield [form, text(rest[0])];
  }
  for (const item of form.items) yield* mutations(item, inside);
}

function* atomMutations(atom, inside) {
  const word = text(atom);
  if (/^u\d+$/.test(word)) yield [atom, `u${BigInt(word.slice(1)) + 1n}`];
  if (/^".+"$/.test(word)) yield [atom, '"other"'];
  if (/^ERR_/.test(word) && inside !== word) {
    yield [atom, word === "ERR_NO_REASON" ? "ERR_NO_OFFER" : "ERR_NO_REASON"];
  }
  if (word === "contract-caller") yield [atom, "tx-sender"];
  if (word === "burn-block-height") yield [atom, "(+ burn-block-height u1)"];
  if (word === "ZEROS") yield [atom, `0x${"11".repeat(32)}`];
  if (/^RIGHT_/.test(word) && inside !== word) yield [atom, "u0"];
}

function line(offset) {
  return SOURCE.slice(0, offset).split("\n").length;
}

function allMutants() {
  const seen = new Map();
  const mutants = [];
  for (const definition of read(SOURCE)) {
    const [keyword, target] = definition.items;
    const kind = text(keyword);
    if (kind === "define-map" || text(target).startsWith("ERR_")) continue;
    const inside = target.items ? text(target.items[0]) : text(target);
    for (const body of definition.items.slice(2)) {
      for (const [place, replacement] of mutations(body, inside)) {
        const shown = text(place).replaceAll(/\s+/g, " ");
        const title = `${inside}: ${shown} -> ${replacement.replaceAll(/\s+/g, " ")}`;
        const times = (seen.get(title) ?? 0) + 1;
        seen.set(title, times);
        mutants.push({
          title: times === 1 ? title : `${title} (${times})`,
          // A constant has no line that a call reaches: any test may notice.
          lines: kind === "define-constant" ? null : [line(definition.start), line(definition.end)],
          source: SOURCE.slice(0, place.start) + replacement + SOURCE.slice(place.end),
        });
      }
    }
  }
  return mutants;
}

// ---- which survive

function run(mode) {
  const child = spawnSync(process.execPath, [VITEST, "run", "--config", CONFIG], {
    env: { ...process.env, MUTATION: mode, MUTATION_FOLDER: FOLDER },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (child.status !== 0) throw new Error(`the tests failed (${mode})`);
}

const words = process.argv.slice(2);
const isWanted = (title) => words.length === 0 || words.some((word) => title.includes(word));
const mutants = allMutants().filter(({ title }) => isWanted(title));
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
writeFileSync(`${FOLDER}/mutants.json`, JSON.stringify(mutants));
console.log(`${mutants.length} mutants`);
run("record");
run("kill");

const { killed, invalid, untested } = JSON.parse(readFileSync(`${FOLDER}/killed.json`, "utf8"));
const dead = new Set([...killed, ...invalid]);
const survivors = mutants.map(({ title }) => title).filter((_, number) => !dead.has(number));
const unexplained = survivors.filter((title) => !(title in EQUIVALENT));
const stale = Object.keys(EQUIVALENT).filter(
  (title) => isWanted(title) && !survivors.includes(title),
);
console.log(
  `${killed.length} killed, ${invalid.length} that don't type-check, ` +
    `${survivors.length} survivors, ${survivors.length - unexplained.length} of them explained`,
);
for (const number of untested) console.log(`no test reaches: ${mutants[number].title}`);
for (const title of unexplained) console.log(`unexplained: ${title}`);
for (const title of stale) console.log(`explained, but no survivor: ${title}`);
process.exitCode = unexplained.length + stale.length > 0 ? 1 : 0;
