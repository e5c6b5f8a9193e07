// The parts of a link as a person sees them: what each file says, its documents, and how it is saved.

import { readCard } from "./card.js";
import { fileName, look } from "./content.js";
import { el, saver, sizeOf, table, theirs } from "./draw.js";
import { read } from "./fhir.js";
import { bytesOf } from "./jwe.js";
import { parsed } from "./values.js";
import { said, say } from "./words.js";

const CARD = "application/smart-health-card";
const ACCESS = "application/smart-api-access";

/** A part that did not come or does not open, and why. */
export const missing = (number, why) =>
  el("section", { class: "part" }, el("h2", {}, say("file-number", { number })), el("p", { class: "wrong" }, why));

/** A file that was opened. `count` is how many there are. */
export async function part({ content, type }, number, count) {
  const kind = (type ?? "").split(";")[0].trim().toLowerCase();
  let made;
  try {
    made = kind === CARD ? await cards(content) : kind === ACCESS ? access() : health(parsed(new TextDecoder().decode(content)));
  } catch {
    made = { title: null, body: [el("p", { class: "wrong" }, say(kind === CARD ? "card-damaged" : "file-unread"))] };
  }
  const title = made.title || say(kind === CARD ? "card-title" : "file-title");
  const ending = kind === CARD ? "smart-health-card" : "json";
  const name = fileName(title, ending, say("file-title"));
  return el("section", { class: "part" },
    el("h2", {}, theirs(title), count > 1 && el("span", { class: "hint" }, ` ${say("file-number", { number })}`)),
    made.body,
    el("details", { class: "all" },
      el("summary", {}, say("save-all")),
      el("p", { class: "hint" }, say("save-hint"), " ", sizeOf(content.length)),
      el("p", {}, saver(content, name)),
    ),
  );
}

function access() {
  return { title: say("access-title"), body: [el("p", {}, say("access-explained"))] };
}

/** What is in a file of FHIR. One that only wraps a document has its name. */
function health(file) {
  const { title, about, tables, documents } = read(file);
  const isWrapping = tables.length === 0 && documents.length === 1;
  return {
    title: title || (isWrapping ? documents[0].title : null),
    body: [
      about.length ? el("p", { class: "hint" }, theirs(about.join(" · "))) : null,
      documents.length && !isWrapping ? el("h3", {}, say("documents")) : null,
      ...documents.map((one) => document_(one, isWrapping)),
      ...tables.flatMap((one) => table(one, "h3")),
      tables.length + documents.length === 0 ? el("p", {}, say("file-unread")) : null,
    ],
  };
}

async function cards(content) {
  const { verifiableCredential: tokens } = JSON.parse(new TextDecoder().decode(content));
  const body = [];
  for (const token of tokens) {
    const { issuer, fhir } = await readCard(token);
    body.push(el("p", { class: "notice" }, say("card-issuer", { issuer })), ...(fhir ? health(fhir).body : []));
  }
  return { title: say("card-title"), body };
}

/** One document: its name, what it is, and itself where a browser shows it without running anything. */
function document_({ title, type, date, data }, isAlone) {
  const name = title || say("document-untitled");
  const head = (facts) => [
    isAlone ? null : el("h4", {}, theirs(name)),
    el("p", { class: "hint" }, theirs([date, ...facts].filter(Boolean).join(" · "))),
  ];
  if (data === null) return el("div", { class: "document" }, head([type]), el("p", { class: "wrong" }, say("document-elsewhere")));
  let bytes;
  try {
    bytes = bytesOf(data);
  } catch {
    return el("div", { class: "document" }, head([type]), el("p", { class: "wrong" }, say("document-damaged")));
  }
  const found = look(bytes, type);
  return el("div", { class: "document" },
    head([said(`kind-${found.as}`) ?? (found.type || type), sizeOf(bytes.length)]),
    found.isOther && el("p", { class: "wrong" }, say("document-other", { type })),
    found.as === "image" && el("img", { src: URL.createObjectURL(new Blob([bytes], { type: found.type })), alt: name }),
    found.as === "text" && el("pre", { tabindex: "0", role: "region", "aria-label": name }, found.text),
    found.isCut && el("p", { class: "hint" }, say("text-cut")),
    el("p", {}, found.as === "pdf" && opener(bytes, name), saver(bytes, fileName(title, found.ending, say("document-untitled")))),
  );
}

/** A PDF opens in the browser's own viewer, in a tab of its own. */
function opener(bytes, name) {
  const href = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
  const label = `${say("look")}: ${name} (${say("look-window")})`;
  return el("a", { class: "button", href, target: "_blank", rel: "noopener", "aria-label": label }, say("look"));
}
