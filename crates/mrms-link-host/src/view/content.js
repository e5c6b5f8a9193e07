// What the bytes of a document are, by themselves: what it says that it is decides nothing. Only what no browser runs is
// looked at here; anything else can be saved.

const SIGNS = [
  ["application/pdf", "pdf", (bytes) => startsWith(bytes, "%PDF-")],
  ["image/png", "png", (bytes) => startsWith(bytes, "\x89PNG\r\n")],
  ["image/jpeg", "jpg", (bytes) => startsWith(bytes, "\xff\xd8\xff")],
  ["image/gif", "gif", (bytes) => startsWith(bytes, "GIF8")],
  ["image/webp", "webp", (bytes) => startsWith(bytes, "RIFF") && startsWith(bytes.subarray(8), "WEBP")],
  ["application/dicom", "dcm", (bytes) => startsWith(bytes.subarray(128), "DICM")],
  ["application/zip", "zip", (bytes) => startsWith(bytes, "PK\x03\x04")],
];
/** The endings of what has no sign of its own. */
const ENDINGS = {
  "text/plain": "txt",
  "text/csv": "csv",
  "text/html": "html",
  "text/xml": "xml",
  "application/xml": "xml",
  "application/json": "json",
  "application/fhir+json": "json",
  "application/smart-health-card": "smart-health-card",
  "application/rtf": "rtf",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "image/svg+xml": "svg",
  "image/tiff": "tif",
  "image/heic": "heic",
};
/** The longest text that is shown, in characters. */
const MOST_TEXT = 200_000;

const startsWith = (bytes, sign) => [...sign].every((letter, at) => bytes[at] === letter.charCodeAt(0));

/** How a document is shown and saved: `as` is `pdf`, `image`, `text` or `nothing`. */
export function look(bytes, claimed) {
  const said = claimed.split(";")[0].trim().toLowerCase();
  const own = Object.hasOwn(ENDINGS, said) ? ENDINGS[said] : null;
  const [type, ending] = SIGNS.find(([, , fits]) => fits(bytes)) ?? [null, own ?? "bin"];
  if (type === "application/pdf") return { as: "pdf", type, ending };
  if (type?.startsWith("image/")) return { as: "image", type, ending };
  // What says that it is something that has a sign, and has not this sign, is told.
  const isOther = type === null && SIGNS.some(([kind]) => kind === said);
  const text = type === null && said === "text/plain" ? textOf(bytes) : null;
  const isCut = text !== null && text.length > MOST_TEXT;
  const shown = isCut ? text.slice(0, MOST_TEXT) : text;
  // A file of an office program is an archive, too.
  return { as: text === null ? "nothing" : "text", type: own ? said : type ?? said, ending: own ?? ending, text: shown, isCut, isOther };
}

function textOf(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  return text.includes("\0") ? null : text;
}

/** A name for a file: letters and digits of its title, and the ending of what it is. */
export function fileName(title, ending, otherwise) {
  const plain = title.normalize("NFC").replace(/[^\p{L}\p{N} _-]+/gu, " ").replace(/\s+/g, " ").trim();
  return `${plain.slice(0, 60).trim() || otherwise}.${ending}`;
}
