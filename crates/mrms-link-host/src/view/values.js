// Single values of FHIR as words: codes, names, days and quantities.

import { language, locale, said } from "./words.js";

/** What a concept says. */
export function wordsOf(concept) {
  if (typeof concept === "string") return codeOf(concept);
  const coding = [concept?.coding ?? []].flat();
  return concept?.text || coding.find((one) => one?.display)?.display || codeOf(coding[0]?.code);
}

/** A code of the standard in words, where there are some here: of a concept, or by itself. */
export function codeOf(code) {
  if (typeof code === "object") return said(`code-${code?.coding?.[0]?.code}`) ?? (code ? wordsOf(code) : "");
  return said(`code-${code}`) ?? code ?? "";
}

/** The name of somebody. */
export function nameOf(names) {
  const name = [names ?? []].flat().find((one) => one?.use !== "old");
  return name?.text || [name?.prefix, name?.given, name?.family, name?.suffix].flat().filter(Boolean).join(" ");
}

/** A day, with the time where it has one, as exactly as it was written. */
export function dayOf(text) {
  const [, year, month, day, time] = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(T.+)?)?)?$/.exec(text ?? "") ?? [];
  if (!year) return typeof text === "string" ? text : "";
  if (!month) return year;
  const at = new Date(time ? text : `${year}-${month}-${day ?? "01"}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return text;
  const parts = { year: "numeric", month: day ? "short" : "long", ...(day ? { day: "numeric" } : {}) };
  const more = time ? { hour: "2-digit", minute: "2-digit" } : { timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale, { ...parts, ...more }).format(at);
}

/** When something was: `effectiveDateTime`, `effectivePeriod` and the like. */
export function periodOf(one, name) {
  const period = one[`${name}Period`];
  if (period) return [period.start, period.end].map(dayOf).join(" – ").trim();
  const text = one[`${name}DateTime`] ?? one[`${name}Instant`];
  if (text) return dayOf(text);
  const age = one[`${name}Age`];
  return one[`${name}String`] ?? (age ? quantityOf(age) : "");
}

/** A measured value with its unit. Its digits stay as they were written, where the browser tells them. */
export function quantityOf(quantity) {
  if (quantity?.value === undefined) return "";
  const value = String(quantity.value);
  const shown = language === "en" ? value : value.replace(".", ",");
  return [quantity.comparator, shown, quantity.unit ?? quantity.code].filter(Boolean).join(" ");
}

/** JSON whose numbers keep their digits, such as 4.10, where the browser can do that. */
export function parsed(text) {
  const asWritten = (_, value, context) => (typeof value === "number" ? context?.source ?? value : value);
  return JSON.parse(text, asWritten);
}
