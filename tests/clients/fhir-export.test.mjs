// What leaves as FHIR, under the validators of fhir-rules.mjs: exports, patient summaries, and the accounting of disclosures.
//
// MRMS_BIN              the mrms that writes; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped
// MRMS_CORPUS           a folder with documents of others; of its folder ccda each is converted

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { findings, readDefinitions } from "./fhir-rules.mjs";
import { MrmsHome, skip } from "./mrms-home.mjs";

const clinical = (name) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${name}`, code: "active" }] });
const patient = { reference: "urn:uuid:5a1f0c5e-0000-4000-8000-000000000001" };
const DOCUMENT = {
  resourceType: "Bundle",
  type: "collection",
  entry: [
    { fullUrl: patient.reference, resource: { resourceType: "Patient", name: [{ family: "Sample", given: ["Ana"] }], birthDate: "1980-02-01" } },
    ...[
      { resourceType: "AllergyIntolerance", clinicalStatus: clinical("allergyintolerance-clinical"), code: { text: "Penicillin <i>&" }, patient },
      { resourceType: "MedicationStatement", status: "active", medicationCodeableConcept: { text: "Metformin" }, subject: patient, dosage: [{ text: "500 mg" }] },
      { resourceType: "Condition", clinicalStatus: clinical("condition-clinical"), code: { text: "Diabetes" }, subject: patient },
      { resourceType: "Immunization", status: "completed", vaccineCode: { text: "Tetanus" }, patient, occurrenceDateTime: "2020-01-01" },
      { resourceType: "Observation", status: "final", code: { text: "Potassium" }, subject: patient, effectiveDateTime: "2026-05-04", valueQuantity: { value: 4.1, unit: "mmol/l" } },
    ].map((resource, number) => ({ fullUrl: `urn:uuid:5a1f0c5e-0000-4000-8000-00000000001${number}`, resource })),
  ],
};

describe("what leaves as FHIR", { skip }, () => {
  let home;

  function run(name, ...line) {
    const ran = spawnSync(process.env.MRMS_BIN, ["--profile", name, "--yes", "--json", ...line], {
      cwd: home.folder,
      encoding: "utf8",
      env: home.environment,
    });
    assert.equal(ran.status, 0, `${line.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout.trim().split("\n").map((text) => JSON.parse(text));
  }

  // A bundle that a command wrote: itself, with its first entry, and each resource of it.
  function written(name, ...line) {
    run(name, ...line, "-o", "out.json", "--force");
    const bundle = JSON.parse(readFileSync(join(home.folder, "out.json"), "utf8"));
    const urls = bundle.entry.map(({ fullUrl }) => fullUrl);
    assert.equal(new Set(urls).size, urls.length, "each entry has an address of its own");
    for (const part of [{ ...bundle, entry: bundle.entry.slice(0, 1) }, ...bundle.entry.map(({ resource }) => resource)]) {
      const { resourceType, id } = part;
      assert.deepEqual({ resourceType, id, found: findings(part) }, { resourceType, id, found: [] });
    }
    return bundle;
  }

  const kinds = ({ entry }) => entry.map(({ resource }) => resource.resourceType).sort();

  before(() => {
    readDefinitions();
    home = new MrmsHome();
    writeFileSync(join(home.folder, "note.txt"), "Potassium 4.1 mmol/l");
    writeFileSync(join(home.folder, "document.json"), JSON.stringify(DOCUMENT));
    run("ana", "init");
    const clinic = run("clinic", "init")[0].principal;
    run("ana", "create", "note.txt", "--id", "123");
    run("ana", "create", "document.json", "--id", "124");
    run("ana", "amend", "124", "document.json");
    run("ana", "grant", "124", clinic, "--forever");
    run("clinic", "access", "124", "--purpose", "treatment", "-o", "opened.json");
  });

  after(() => home?.remove());

  it("an export of everything, with each version", () => {
    const bundle = written("ana", "export", "--all", "--all-versions", "--format", "fhir");
    assert.equal(bundle.type, "collection");
    assert.equal(kinds(bundle).filter((kind) => kind === "Binary").length, 3);
    assert.equal(kinds(bundle).filter((kind) => kind === "Observation").length, 2);
  });

  it("a summary, also of somebody else's record", () => {
    for (const line of [["ana", "export", "--all"], ["clinic", "export", "124"]]) {
      const bundle = written(...line, "--format", "ips");
      assert.equal(bundle.type, "document");
      const { section } = bundle.entry[0].resource;
      assert.deepEqual(section.map(({ code }) => code.coding[0].code), ["48765-2", "10160-0", "11450-4", "11369-6", "30954-2"]);
      assert(section.every(({ entry, text }) => entry.length === 1 && text.status === "generated"));
      assert(section[0].text.div.includes("Penicillin &lt;i&gt;&amp;"), section[0].text.div);
    }
  });

  it("a summary of a record without health data", () => {
    const bundle = written("ana", "export", "123", "--format", "ips");
    assert.deepEqual(kinds(bundle), ["AllergyIntolerance", "Composition", "Condition", "Device", "MedicationStatement", "Patient"]);
  });

  it("C-CDA documents as FHIR, and as a summary", () => {
    const own = new URL("../../crates/mrms-app/src/records/health_data/ccda-sample.xml", import.meta.url);
    const corpus = process.env.MRMS_CORPUS ? join(process.env.MRMS_CORPUS, "ccda") : undefined;
    const others = corpus ? readdirSync(corpus).map((name) => join(corpus, name)) : [];
    run("cda", "init");
    for (const [number, path] of [own, ...others].entries()) {
      const id = `${200 + number}`;
      writeFileSync(join(home.folder, "document.xml"), readFileSync(path));
      run("cda", "create", "document.xml", "--id", id);
      const bundle = written("cda", "export", id, "--format", "fhir");
      const summary = written("cda", "export", id, "--format", "ips");
      assert.equal(bundle.entry.filter(({ resource }) => resource.resourceType === "Composition").length, 1, `${path}`);
      if (path !== own) continue;
      for (const kind of ["AllergyIntolerance", "Condition", "DiagnosticReport", "Immunization", "MedicationRequest", "MedicationStatement", "Observation", "Procedure"]) {
        assert(kinds(bundle).includes(kind), kind);
        assert(kinds(summary).includes(kind), `${kind} in the summary`);
      }
    }
  });

  it("a bundle with any part wrong would be found out", () => {
    const { entry } = written("ana", "export", "--all", "--format", "ips");
    const [composition] = entry;
    for (const harm of [
      (one) => delete one.section[0].text.div,
      (one) => delete one.title,
      (one) => delete one.author,
      (one) => (one.status = 1),
      (one) => (one.section[0].colour = "red"),
    ]) {
      const damaged = structuredClone(composition.resource);
      harm(damaged);
      assert.notDeepEqual(findings(damaged), [], `${harm}`);
    }
  });

  it("the accounting of disclosures", () => {
    for (const extent of ["--statutory", "--full"]) {
      const bundle = written("ana", "report", "disclosures", extent);
      const [list, ...events] = bundle.entry.map(({ resource }) => resource);
      assert.equal(list.entry.length, events.length);
      assert(events.some(({ purposeOfEvent }) => purposeOfEvent?.[0].coding[0].code === "TREAT"), extent);
    }
    const nothing = written("clinic", "report", "disclosures");
    assert.deepEqual(kinds(nothing), ["List"]);
  });
});
