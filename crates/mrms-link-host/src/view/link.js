// A link as the page's address has it behind the `#`: what it asks, and whether this host answers for it.
//
// Source: SMART Health Links, "SMART Health Link payload". A link of another host is refused before its key is read.

import { bytesOf } from "./jwe.js";

const SCHEME = "shlink:/";

/** A text is no link that this page opens; `key` says why in the words of the page. */
export class NotALink extends Error {
  constructor(key, values = {}) {
    super(key);
    Object.assign(this, { key, values });
  }
}

/** The text of the link in a text: the link alone, or behind the address of a page. */
export function textIn(text) {
  const at = text.indexOf(SCHEME);
  if (at >= 0) return text.slice(at).trim();
  // Some mail programs write signs of an address in another way.
  const plain = /%3a/i.test(text) ? text.replace(/%3a/gi, ":").replace(/%2f/gi, "/") : "";
  const found = plain.indexOf(SCHEME);
  return found < 0 ? null : plain.slice(found).trim();
}

/** Where the host of this page answers for links. */
export const homeOf = (page) => new URL("l/", page).href.split("#")[0];

/** Reads a link that the host of this page answers for. Fails with `NotALink`. */
export function read(text, page) {
  const payload = payloadOf(text);
  if ((payload.v ?? 1) !== 1) throw new NotALink("version");
  mustBeOfThisHost(payload.url, page);
  const flags = String(payload.flag ?? "");
  const [wantsPasscode, isSingleFile] = [flags.includes("P"), flags.includes("U")];
  if (wantsPasscode && isSingleFile) throw new NotALink("damaged");
  const expires = Number(payload.exp);
  return {
    url: payload.url,
    key: keyOf(payload.key),
    wantsPasscode,
    isSingleFile,
    isLongTerm: flags.includes("L"),
    expires: Number.isFinite(expires) && expires > 0 ? new Date(expires * 1000) : null,
    label: typeof payload.label === "string" ? payload.label.slice(0, 320) : null,
  };
}

function payloadOf(text) {
  try {
    const payload = text.slice(SCHEME.length).replace(/=+$/, "");
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(payload)));
    if (typeof found?.url === "string") return found;
  } catch {
    // Told below.
  }
  throw new NotALink("damaged");
}

function mustBeOfThisHost(url, page) {
  const home = homeOf(page);
  let host;
  try {
    host = new URL(url);
  } catch {
    throw new NotALink("damaged");
  }
  if (host.origin !== new URL(home).origin) {
    throw new NotALink("foreign", { host: host.host, here: new URL(home).host });
  }
  if (!url.startsWith(home) || !/^[\w-]+$/.test(url.slice(home.length))) throw new NotALink("damaged");
}

function keyOf(text) {
  try {
    const key = bytesOf(text);
    if (key.length === 32) return key;
  } catch {
    // Told below.
  }
  throw new NotALink("damaged");
}
