// What FHIR says, as tables and documents for a person to read. It draws nothing.
//
// Source: HL7 FHIR R4. Whatever has no table of its own is listed under its kind, so that nothing is left out unseen.

import { codeOf, dayOf, nameOf, periodOf, quantityOf, wordsOf } from "./values.js";
import { filesIn } from "./attached.js";

/** How deep a bundle may lie in another one. */
const DEPTH = 8;
/** What is told where it is named, and by itself is no news. */
const BESIDE = ["Binary", "Bundle", "Composition", "DocumentReference", "Media", "OperationOutcome", "Provenance"];

const stateOf = (one) =>
  [one.clinicalStatus, one.verificationStatus, one.status].filter(Boolean).map(codeOf).filter(Boolean);
const medicineOf = (one, all) =>
  wordsOf(one.medicationCodeableConcept) || all.nameOf(one.medicationReference, one) || wordsOf(one.code);

/** The tables: which resources, and what is in each column. */
const TABLES = [
  {
    name: "patient",
    types: ["Patient"],
    columns: {
      name: (one) => nameOf(one.name),
      born: (one) => dayOf(one.birthDate),
      sex: (one) => one.gender && codeOf(one.gender),
      number: (one) => (one.identifier ?? []).map(({ value }) => value),
      reach: (one) => [
        ...(one.telecom ?? []).map(({ value }) => value),
        ...(one.address ?? []).map((at) => at.text || [at.line, at.postalCode, at.city, at.country].flat().filter(Boolean).join(", ")),
      ],
    },
  },
  {
    name: "allergies",
    types: ["AllergyIntolerance"],
    columns: {
      what: (one) => wordsOf(one.code),
      reaction: (one) =>
        (one.reaction ?? []).flatMap((it) => [...(it.manifestation ?? []).map(wordsOf), it.severity && codeOf(it.severity)]),
      risk: (one) => one.criticality && codeOf(one.criticality),
      state: stateOf,
      when: (one) => periodOf(one, "onset") || dayOf(one.recordedDate),
    },
  },
  {
    name: "conditions",
    types: ["Condition"],
    columns: {
      what: (one) => wordsOf(one.code),
      state: (one) => [one.severity && wordsOf(one.severity), ...stateOf(one)],
      when: (one) => periodOf(one, "onset") || dayOf(one.recordedDate),
      until: (one) => periodOf(one, "abatement"),
    },
  },
  {
    name: "medicines",
    types: ["MedicationStatement", "MedicationRequest", "MedicationAdministration", "MedicationDispense"],
    columns: {
      what: (one, all) => [medicineOf(one, all), one.doNotPerform === true && codeOf("do-not-perform")],
      dose: (one) =>
        [one.dosage, one.dosageInstruction].flat().filter(Boolean).map((dose) =>
          dose.text || dose.patientInstruction || quantityOf(dose.dose ?? dose.doseAndRate?.[0]?.doseQuantity)),
      state: stateOf,
      when: (one) => periodOf(one, "effective") || dayOf(one.authoredOn ?? one.whenHandedOver ?? one.dateAsserted),
    },
  },
  {
    name: "results",
    types: ["Observation"],
    columns: {
      what: (one) => wordsOf(one.code),
      value: (one) => [
        valueOf(one),
        ...(one.component ?? []).map((part) => `${wordsOf(part.code)}: ${valueOf(part)}`),
        ...(one.interpretation ?? []).map(wordsOf),
        one.status !== "final" && one.status && codeOf(one.status),
      ],
      normal: (one) => (one.referenceRange ?? []).map(rangeOf),
      when: (one) => periodOf(one, "effective") || dayOf(one.issued),
    },
  },
  {
    name: "vaccinations",
    types: ["Immunization"],
    columns: {
      what: (one) => wordsOf(one.vaccineCode),
      dose: (one) => [one.protocolApplied?.[0]?.doseNumberPositiveInt, one.lotNumber].map((value) => value && String(value)),
      state: stateOf,
      when: (one) => periodOf(one, "occurrence"),
    },
  },
  {
    name: "procedures",
    types: ["Procedure"],
    columns: { what: (one) => wordsOf(one.code), state: stateOf, when: (one) => periodOf(one, "performed") },
  },
  {
    name: "reports",
    types: ["DiagnosticReport"],
    columns: {
      what: (one) => wordsOf(one.code),
      finding: (one) => [one.conclusion, ...(one.conclusionCode ?? []).map(wordsOf)],
      state: stateOf,
      when: (one) => periodOf(one, "effective") || dayOf(one.issued),
    },
  },
  {
    name: "other",
    types: [],
    columns: {
      kind: (one) => codeOf(one.resourceType),
      what: (one, all) => all.labelOf(one),
      state: stateOf,
      when: (one) => dayOf(one.date ?? one.authoredOn ?? one.created ?? one.period?.start),
    },
  },
];

function valueOf(one) {
  if (one.dataAbsentReason) return wordsOf(one.dataAbsentReason);
  const [name, value] = Object.entries(one).find(([name]) => name.startsWith("value")) ?? [];
  switch (name) {
    case undefined:
      return "";
    case "valueQuantity":
      return quantityOf(value);
    case "valueCodeableConcept":
      return wordsOf(value);
    case "valueRange":
      return [value.low, value.high].map(quantityOf).join(" – ");
    case "valueRatio":
      return [value.numerator, value.denominator].map(quantityOf).join(" : ");
    case "valueDateTime":
      return dayOf(value);
    default:
      return typeof value === "object" ? "" : String(value);
  }
}

function rangeOf(range) {
  const [low, high] = [quantityOf(range.low), quantityOf(range.high)];
  return range.text || (low && high ? `${low} – ${high}` : low ? `≥ ${low}` : high ? `≤ ${high}` : "");
}

/** All resources of a file, and what they call each other. */
class Resources {
  constructor(file) {
    this.all = [];
    this.byName = new Map();
    this.#take(file, undefined, DEPTH);
  }

  #take(one, fullUrl, depth) {
    if (typeof one?.resourceType !== "string") return;
    this.all.push(one);
    if (fullUrl) this.byName.set(fullUrl, one);
    if (one.id) this.byName.set(`${one.resourceType}/${one.id}`, one);
    if (one.resourceType !== "Bundle" || depth === 0) return;
    for (const entry of [one.entry ?? []].flat()) this.#take(entry?.resource, entry?.fullUrl, depth - 1);
  }

  /** What a reference means, where it is in the file. */
  find(reference, from) {
    if (typeof reference !== "string") return undefined;
    if (reference.startsWith("#")) return (from?.contained ?? []).find(({ id }) => `#${id}` === reference);
    return this.byName.get(reference);
  }

  nameOf(reference, from) {
    const found = this.find(reference?.reference, from);
    return reference?.display || (found ? this.labelOf(found) : "");
  }

  labelOf(one) {
    const name = typeof one.name === "string" ? one.name : nameOf(one.name);
    const code = [one.code, one.type, one.category].flat().map(wordsOf).find(Boolean);
    return one.title || name || one.description?.text || [one.description].find((text) => typeof text === "string") || code || "";
  }
}

/** What a file of FHIR says: its title, tables and documents. */
export function read(file) {
  const all = new Resources(file);
  const taken = new Set(TABLES.flatMap(({ types }) => types).concat(BESIDE));
  const belongs = ({ types }, { resourceType }) => (types.length ? types.includes(resourceType) : !taken.has(resourceType));
  const tables = TABLES.map((table) => {
    const rows = all.all.filter((one) => belongs(table, one)).map((one) => rowOf(table, one, all));
    const used = Object.keys(table.columns).filter((column) => rows.some((row) => row[column].length));
    return { name: table.name, columns: used, rows: rows.map((row) => used.map((column) => row[column])) };
  });
  const summary = all.all.find(({ resourceType }) => resourceType === "Composition");
  return {
    title: summary?.title ?? null,
    about: summary ? [dayOf(summary.date), ...(summary.author ?? []).map((who) => all.nameOf(who, summary))].filter(Boolean) : [],
    tables: tables.filter(({ columns }) => columns.length),
    documents: filesIn(all),
  };
}

/** A row: the lines of each cell. What is not as the standard has it stays empty, and keeps no other row away. */
function rowOf({ columns }, one, all) {
  const lines = (cell) => {
    try {
      const found = [cell(one, all)].flat().filter((line) => typeof line === "string" && line.trim());
      return [...new Set(found)];
    } catch {
      return [];
    }
  };
  return Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, lines(cell)]));
}
