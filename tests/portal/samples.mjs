// Documents of every kind that has a viewer, made here: nobody's data.

import { deflateRawSync } from "node:zlib";

const entry = (resource) => ({ resource });
const haemoglobin = (date, value) =>
  entry({
    resourceType: "Observation",
    status: "final",
    code: { text: "Haemoglobin" },
    effectiveDateTime: date,
    valueQuantity: { value, unit: "g/dL" },
    referenceRange: [{ low: { value: 12 }, high: { value: 16 } }],
  });

/** A patient summary; `text` stands in every place that takes one. */
export const summary = (text = "Asthma") =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "document",
    entry: [
      entry({ resourceType: "Composition", title: "Patient Summary", date: "2026-05-04", author: [{ display: "Dr Ada Quist" }] }),
      entry({ resourceType: "Patient", name: [{ given: ["Ana"], family: "Muster" }], birthDate: "1970-01-02" }),
      entry({ resourceType: "Condition", code: { text }, clinicalStatus: { coding: [{ code: "active" }] }, onsetDateTime: "2010-03" }),
      entry({ resourceType: "AllergyIntolerance", code: { text: "Penicillin" } }),
      entry({ resourceType: "MedicationStatement", status: "active", medicationCodeableConcept: { text: "Salbutamol" } }),
      entry({ resourceType: "Immunization", status: "completed", vaccineCode: { text: "Tetanus" }, occurrenceDateTime: "2020-02-03" }),
      haemoglobin("2025-05-04", 11.5),
      haemoglobin("2026-05-04", 13.2),
    ],
  });

/** One result with its code of LOINC, of a laboratory that writes its unit so. */
export const lab = (date, value, { unit = "g/dL", author = "Lab North", person = "Ana Muster", code = "718-7", name = "Haemoglobin" } = {}) =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "collection",
    entry: [
      entry({ resourceType: "Composition", title: "Blood test", date, author: [{ display: author }] }),
      entry({ resourceType: "Patient", name: [{ text: person }], birthDate: "1970-01-02" }),
      entry({
        resourceType: "Observation",
        status: "final",
        code: { text: name, coding: [{ system: "http://loinc.org", code }] },
        effectiveDateTime: date,
        valueQuantity: { value, unit, system: "http://unitsofmeasure.org", code: "g/dL" },
        referenceRange: [{ low: { value: 12 }, high: { value: 16 } }],
      }),
    ],
  });

/** The same in C-CDA. */
export const report = (day, value) =>
  `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><title>Laboratory report</title><effectiveTime value="${day}"/>
<recordTarget><patientRole><patient><name><given>Ana</given><family>Muster</family></name><birthTime value="19700102"/></patient></patientRole></recordTarget>
<component><structuredBody><component><section><title>Results</title><text>See the entries.</text><entry><organizer classCode="BATTERY" moodCode="EVN">
<templateId root="2.16.840.1.113883.10.20.22.4.1"/><code code="58410-2" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
<component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code code="718-7" codeSystem="2.16.840.1.113883.6.1" displayName="Hgb"/>
<statusCode code="completed"/><effectiveTime value="${day}"/><value xsi:type="PQ" value="${value}" unit="g/dL"/></observation></component>
</organizer></entry></section></component></structuredBody></component></ClinicalDocument>`;

export const ecg = JSON.stringify({
  resourceType: "Observation",
  code: { text: "ECG" },
  component: ["Lead I", "Lead II"].map((text) => ({
    code: { text },
    valueSampledData: { origin: { value: 0, unit: "mV" }, period: 10, dimensions: 1, data: Array.from({ length: 200 }, (_, at) => Math.round(Math.sin(at) * 50)).join(" ") },
  })),
});

/** A letter in C-CDA with this narrative. */
export const letter = (narrative = "<table><thead><tr><th>To</th></tr></thead><tbody><tr><td>Penicillin</td></tr></tbody></table>", doctype = "") =>
  `<?xml version="1.0"?>${doctype}<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge letter</title><effectiveTime value="20260504"/>
<component><structuredBody><component><section><title>Allergies</title><text>${narrative}</text></section></component></structuredBody></component></ClinicalDocument>`;

export const message = [
  "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260504113000||ORU^R01|1|P|2.5",
  "PID|1||123||Muster^Ana||19700102|F",
  "OBR|1|||718-7^Blood count^LN|||20260503080000",
  "OBX|1|NM|718-7^Haemoglobin^LN||13.2|g/dL|12-16|N|||F|||20260503080000",
].join("\r");

/** A PDF with one line on each page. */
export function pdf(lines) {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${lines.map((_, page) => `${4 + 2 * page} 0 R`).join(" ")}] /Count ${lines.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  lines.forEach((line, page) => {
    const content = `BT /F1 24 Tf 72 700 Td (${line}) Tj ET`;
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${5 + 2 * page} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`);
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  });
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  return `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}

/** A scan: these frames of 16 bits, each of `size` by `size` pixels. */
export function scan(size, frames) {
  const element = (group, number, kind, value) => {
    const even = value.length % 2 ? Buffer.concat([value, Buffer.from(" ")]) : value;
    const head = Buffer.alloc(kind === "OW" ? 12 : 8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.write(kind, 4);
    if (kind === "OW") head.writeUInt32LE(even.length, 8);
    else head.writeUInt16LE(even.length, 6);
    return Buffer.concat([head, even]);
  };
  const text = (group, number, kind, value) => element(group, number, kind, Buffer.from(value));
  const short = (group, number, value) => element(group, number, "US", Buffer.from([value & 255, value >> 8]));
  const pixels = Buffer.alloc(size * size * frames * 2);
  for (let at = 0; at < size * size * frames; at += 1) pixels.writeUInt16LE((at * 7) % 2000, at * 2);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    text(2, 0x10, "UI", "1.2.840.10008.1.2.1\0"),
    text(8, 0x60, "CS", "CT"),
    text(8, 0x1030, "LO", "Head"),
    text(0x10, 0x10, "PN", "Muster^Ana"),
    short(0x28, 2, 1),
    text(0x28, 4, "CS", "MONOCHROME2 "),
    text(0x28, 8, "IS", `${frames}`),
    short(0x28, 0x10, size),
    short(0x28, 0x11, size),
    short(0x28, 0x100, 16),
    short(0x28, 0x101, 16),
    element(0x7fe0, 0x10, "OW", pixels),
  ]);
}

/** A health card of this bundle, as a token. Nobody's key signed it. */
export function card(bundle) {
  const part = (bytes) => Buffer.from(bytes).toString("base64url");
  const payload = JSON.stringify({ iss: "https://issuer.example", nbf: 1620992383, vc: { credentialSubject: { fhirBundle: bundle } } });
  return [part('{"zip":"DEF","alg":"ES256"}'), part(deflateRawSync(payload)), part(Buffer.alloc(64, 7))].join(".");
}
