// Opens a health link in the browser: reads it from behind the `#` of the address, which browsers send nowhere, asks who opens
// it, asks the link's host, decrypts what comes, and shows it. Nothing is kept: no storage, no cookie, no history of it.

import { el, theirs } from "./draw.js";
import { Refused, filesOf } from "./host.js";
import { NotOpened, open } from "./jwe.js";
import { NotALink, homeOf, read, textIn } from "./link.js";
import { missing, part } from "./parts.js";
import { language, locale, say } from "./words.js";

const page = location.href.split("#")[0];
const main = document.getElementById("main");
const timeOf = (time) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(time);

/** Shows something in place of what was there, and tells it to whoever does not see it. */
function show(title, ...body) {
  document.title = title;
  const heading = el("h1", { tabindex: "-1" }, theirs(title));
  main.replaceChildren(heading, ...body.flat().filter(Boolean));
  main.append(el("p", { class: "hint foot" }, say("foot-who", { host: location.host })));
  return heading;
}

const wrong = (words) => el("p", { class: "wrong", role: "alert" }, words);

/** A field with its words. */
function field(id, more) {
  const hint = more.hint && el("p", { class: "hint", id: `${id}-hint` }, more.hint);
  const attributes = { id, spellcheck: "false", autocapitalize: "none", "aria-describedby": more.hint && `${id}-hint`, ...more.attributes };
  return [el("label", { for: id }, more.label), hint, el(more.element ?? "input", attributes)];
}

/** Asks for a link, where the address has none. */
function askForLink(why) {
  const field_ = field("link", { element: "textarea", label: say("paste-label"), attributes: { rows: "5", autocomplete: "off" } });
  const submit = (event) => {
    event.preventDefault();
    take(field_[2].value);
  };
  show(say("paste-title"), why && wrong(why), el("p", {}, say("paste-explained")),
    el("form", { submit, novalidate: true }, field_, el("button", {}, say("paste-button"))));
  if (why) field_[2].focus();
}

/** Takes a link, and asks who opens it. */
function take(given) {
  const text = textIn(given);
  if (text === null) return askForLink(say("link-none"));
  if (!globalThis.crypto?.subtle) return show(say("title"), wrong(say("refused-browser")));
  try {
    askWho(read(text, page), text, {});
  } catch (error) {
    if (!(error instanceof NotALink)) throw error;
    askForLink(say(`link-${error.key}`, error.values));
  }
  return undefined;
}

/** Asks who opens the link, and for the passcode where it needs one. */
function askWho(link, text, { why, name = "", wantsPasscode = link.wantsPasscode, at }) {
  const who = field("name", {
    label: say("name-label"),
    hint: say("name-hint"),
    attributes: { autocomplete: "organization", maxlength: "200", value: name, autocapitalize: "words" },
  });
  const code = wantsPasscode && field("passcode", {
    label: say("passcode-label"),
    hint: say("passcode-hint"),
    attributes: { autocomplete: "off", maxlength: "128" },
  });
  const status = el("p", { role: "status" });
  const again = (more) => askWho(link, text, { name: who[2].value, wantsPasscode, ...more });
  const submit = async (event) => {
    event.preventDefault();
    const [recipient, passcode] = [who[2].value.trim(), code ? code[2].value.trim() : ""];
    if (!recipient) return again({ why: say("name-missing"), at: "name" });
    if (code && !passcode) return again({ why: say("passcode-missing"), at: "passcode" });
    button.disabled = true;
    status.textContent = say("opening");
    try {
      await opened(link, text, recipient, passcode);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const isPasscode = error.key === "passcode";
      again({ why: wordsOf(error, link, passcode), wantsPasscode: wantsPasscode || isPasscode, at: isPasscode ? "passcode" : "name" });
    }
    return undefined;
  };
  const button = el("button", {}, say("open"));
  show(link.label ?? say("ask-title"),
    why && wrong(why),
    el("p", {}, say("ask-explained"), link.expires && ` ${say("ask-until", { end: timeOf(link.expires) })}`),
    el("form", { submit, novalidate: true }, who, code, button, status),
    el("details", {}, el("summary", {}, say("ask-app")), el("textarea", { readonly: true, rows: "4", "aria-label": say("paste-label") }, text)));
  if (at) document.getElementById(at)?.focus();
}

/** Why the host gives nothing, in words. */
function wordsOf({ key, values }, link, passcode) {
  if (key === "passcode") {
    if (!passcode) return say("refused-passcode-wanted");
    const { left } = values;
    return say(`refused-passcode-${left === 0 ? "none" : left === 1 ? "one" : "other"}`, { left: left ?? "?" });
  }
  if (key === "gone" && link.expires && link.expires < new Date()) return say("refused-gone-ended", { end: timeOf(link.expires) });
  return say(`refused-${key}`, values);
}

/** Asks the host, and shows what it gives. */
async function opened(link, text, name, passcode) {
  const { tokens, mayChange } = await filesOf(link, homeOf(page), name, passcode);
  const parts = [];
  for (const [at, token] of tokens.entries()) parts.push(await shown(link, token, at + 1, tokens.length));
  const again = () => askWho(link, text, { name, at: "name" });
  const heading = show(link.label ?? say("ask-title"),
    el("p", { class: "notice" }, say("opened-at", { time: timeOf(new Date()), name })),
    tokens.length ? el("p", {}, link.expires ? say("opened-until", { end: timeOf(link.expires) }) : say("opened-save")) : el("p", {}, say("opened-none")),
    ...parts,
    mayChange && el("p", {}, say("may-change"), " ", el("button", { class: "second", type: "button", click: again }, say("again"))));
  heading.focus();
}

async function shown(link, token, number, count) {
  if (token instanceof Refused) return missing(number, wordsOf(token, link, null));
  try {
    return await part(await open(link.key, token), number, count);
  } catch (error) {
    if (!(error instanceof NotOpened)) throw error;
    return missing(number, say(`refused-${error.key}`));
  }
}

/** Begins with what the address has behind its `#`, and takes it out of the address. */
function begin() {
  const given = location.hash.slice(1);
  if (!given) return askForLink(null);
  history.replaceState(null, "", page);
  return take(given);
}

document.documentElement.lang = language;
addEventListener("hashchange", () => location.hash.length > 1 && begin());
begin();
