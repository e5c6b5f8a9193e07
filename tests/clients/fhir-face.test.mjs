// FHIR clients that we did not write, unmodified, against `mrms fhir`; and everything that it answers under the validators of
// fhir-rules.mjs.
//
// MRMS_BIN              the mrms that serves; without it nothing is tested
// MRMS_FHIR_PYTHON      a Python with the packages of requirements.txt; without it Python's clients are skipped
// MRMS_REQUIRE_CLIENTS  when set, what is missing is a failure rather than skipped

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { MedplumClient } from "@medplum/core";
import { Client as FhirKitClient } from "fhir-kit-client";

import { findings, readDefinitions } from "./fhir-rules.mjs";
import { MrmsHome, skip } from "./mrms-home.mjs";

const require = createRequire(import.meta.url);
const { default: SmartClient } = require("fhirclient/lib/Client");

const python = process.env.MRMS_FHIR_PYTHON;
if (!python && process.env.MRMS_REQUIRE_CLIENTS) assert.fail("MRMS_FHIR_PYTHON is required");
if (skip) console.log(`fhir-face: skipped, ${skip}`);

const NOTE = "Potassium 4.1 mmol/l";
const BUNDLE = `{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","name":[{"text":"Sample"}]}},
 {"fullUrl":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000002","resource":{"resourceType":"Observation","status":"final",
  "code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},
  "subject":{"reference":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000001"},
  "effectiveDateTime":"2026-05-04","valueQuantity":{"value":4.10,"unit":"mmol/l"}}},
 {"fullUrl":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000003","resource":{"resourceType":"Condition",
  "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
  "code":{"text":"Hypokalaemia"},"subject":{"reference":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000001"}}}]}`;

describe("clients of the FHIR face", { skip }, () => {
  let home, ana, clinic, theirs, own;
  const children = [];

  function run(name, ...line) {
    const ran = spawnSync(process.env.MRMS_BIN, ["--profile", name, "--yes", "--json", ...line], {
      cwd: home.folder,
      encoding: "utf8",
      env: home.environment,
    });
    assert.equal(ran.status, 0, `${line.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout.trim().split("\n").map((text) => JSON.parse(text));
  }

  async function serve(name, ...more) {
    const line = ["--profile", name, "--json", "fhir", "--listen", "127.0.0.1:0", "--log-level", "warn", ...more];
    const child = spawn(process.env.MRMS_BIN, line, { cwd: home.folder, env: home.environment, stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const told = await new Promise((resolve, reject) => {
      child.stdout.once("data", (data) => resolve(JSON.parse(data)));
      child.once("exit", (code) => reject(new Error(`mrms fhir ended with ${code}`)));
    });
    return { ...told, headers: { authorization: `Bearer ${told.token}` } };
  }

  async function get(face, path) {
    const ask = () => fetch(`${face.url}/${path}`, { headers: face.headers });
    // The server closes connections that were idle for half a minute, and validators may take longer on a busy machine.
    const answer = await ask().catch(ask);
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text}`);
    return JSON.parse(text);
  }

  const openings = () => run("ana", "audit", "124").filter(({ action }) => action === "access").length;
  const consent = (end) => ({
    resourceType: "Consent",
    status: "active",
    scope: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/consentscope", code: "patient-privacy" }] },
    category: [{ coding: [{ system: "http://loinc.org", code: "59284-0" }] }],
    patient: { reference: `Patient/${ana}` },
    policy: [{ uri: "urn:mrms:policy:grant" }],
    provision: {
      type: "permit",
      period: { end },
      actor: [{
        role: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code: "IRCP" }] },
        reference: { identifier: { system: "urn:ietf:rfc:3986", value: clinic } },
      }],
      data: [{ meaning: "instance", reference: { reference: "DocumentReference/125" } }],
    },
  });

  before(async () => {
    readDefinitions();
    home = new MrmsHome();
    writeFileSync(join(home.folder, "note.txt"), NOTE);
    writeFileSync(join(home.folder, "bundle.json"), BUNDLE);
    ana = run("ana", "init")[0].principal;
    clinic = run("clinic", "init")[0].principal;
    run("ana", "create", "note.txt", "--id", "123");
    run("ana", "create", "bundle.json", "--id", "124");
    run("ana", "create", "note.txt", "--id", "125");
    run("ana", "grant", "123", clinic, "--for", "30d", "--amend");
    run("ana", "grant", "124", clinic, "--forever");
    const [daughter, neighbour] = ["daughter", "neighbour"].map((name) => run(name, "init")[0].principal);
    run("ana", "grant", "--all-records", "--to", daughter, "--for", "90d");
    run("ana", "delegate", daughter, "--may", "see,share", "--for", "90d");
    run("ana", "contact", neighbour, "--may", "see", "--wait", "1d");
    run("neighbour", "contact", "ask", ana);
    run("daughter", "contract", "call", "refuse-delegation", JSON.stringify({ patient: ana, contact: neighbour }));
    run("clinic", "contract", "call", "set-member", JSON.stringify({ member: daughter, expiry: null }));
    run("clinic", "contract", "call", "remove-member", JSON.stringify({ member: daughter }));
    theirs = await serve("clinic", "--purpose", "treatment");
    own = await serve("ana", "--grants", "allow");
  });

  after(async () => {
    for (const child of children.filter(({ exitCode }) => exitCode === null)) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      assert.equal(await ended, 0, "it stops when it is asked to");
    }
    home?.remove();
  });

  it("npm fhirclient reads, searches and pages", async () => {
    const client = new SmartClient({}, { serverUrl: theirs.url, tokenResponse: { access_token: theirs.token, patient: ana } });
    assert.equal((await client.patient.read()).resourceType, "Patient");
    const all = await client.request("DocumentReference?_count=1", { pageLimit: 0, flat: true });
    assert.deepEqual(all.map(({ id }) => id).sort(), ["123", "124"]);
    await assert.rejects(client.request("DocumentReference/125"), /DocumentReference "125"|404/);
  });

  it("npm fhir-kit-client searches by GET and POST, and reads versions and histories", async () => {
    const client = new FhirKitClient({ baseUrl: theirs.url, bearerToken: theirs.token });
    assert.equal((await client.capabilityStatement()).fhirVersion, "4.0.1");
    const by = { resourceType: "DocumentReference", searchParams: { patient: ana, status: "current" } };
    assert.equal((await client.resourceSearch(by)).total, 2);
    assert.equal((await client.resourceSearch({ ...by, options: { postSearch: true } })).total, 2);
    const version = await client.vread({ resourceType: "DocumentReference", id: "123", version: "1" });
    assert.equal(version.meta.versionId, "1");
    const history = await client.resourceHistory({ resourceType: "DocumentReference", id: "123" });
    assert.equal(history.type, "history");
    const first = await client.resourceSearch({ ...by, searchParams: { _count: 1 } });
    const second = await client.nextPage({ bundle: first });
    assert.notEqual(first.entry[0].resource.id, second.entry[0].resource.id);
    await assert.rejects(client.read({ resourceType: "Patient", id: "nobody" }), (error) => {
      assert.equal(error.response.data.resourceType, "OperationOutcome");
      return error.response.status === 404;
    });
  });

  it("@medplum/core opens a document, and finds what is in it then", async () => {
    const client = new MedplumClient({ baseUrl: theirs.url.replace(/fhir$/, ""), fhirUrlPath: "fhir", accessToken: theirs.token, fetch });
    assert.equal((await client.searchResources("Observation", { patient: ana })).length, 0);
    assert.equal(openings(), 0, "a search opens nothing");
    const document = await client.readResource("DocumentReference", "124");
    const blob = await client.download(`${theirs.url}/${document.content[0].attachment.url}`);
    assert.equal(await blob.text(), BUNDLE);
    assert.equal(openings(), 1, "the entry stands in the log");
    client.invalidateAll();
    const [observation] = await client.searchResources("Observation", { patient: ana, code: "http://loinc.org|2823-3" });
    assert.equal(observation.subject.reference, `Patient/${ana}`);
    assert.equal((await client.readReference(observation.subject)).id, ana);
    assert.equal(openings(), 1);
    const events = await client.searchResources("AuditEvent", { patient: ana, action: "R" });
    assert.equal(events.length, 1);
    const entity = events[0].entity.find(({ what }) => what.reference?.startsWith("DocumentReference/"));
    assert.equal(entity.what.reference, "DocumentReference/124/_history/1");
  });

  it("@medplum/core and fhir-kit-client grant, narrow and end by Consent", async () => {
    const medplum = new MedplumClient({ baseUrl: own.url.replace(/fhir$/, ""), fhirUrlPath: "fhir", accessToken: own.token, fetch });
    const made = await medplum.createResource(consent("2090-01-01T00:00:00Z"));
    assert.equal(made.status, "active");
    const kit = new FhirKitClient({ baseUrl: own.url, bearerToken: own.token });
    const sooner = { ...made, provision: { ...made.provision, period: { end: "2089-01-01T00:00:00Z" } } };
    const options = { headers: { "If-Match": `W/"${made.meta.versionId}"` } };
    const narrowed = await kit.update({ resourceType: "Consent", id: made.id, body: sooner, options });
    // Grants end in steps of ten minutes, never sooner than was asked.
    assert(narrowed.provision.period.end >= "2089-01-01T00:00:00Z" && narrowed.provision.period.end < "2089-01-01T00:11");
    await assert.rejects(kit.update({ resourceType: "Consent", id: made.id, body: sooner, options }), (error) => error.response.status === 412);
    const ended = await medplum.updateResource({ ...narrowed, status: "inactive" });
    assert.equal(ended.status, "inactive");
    await assert.rejects(medplum.createResource(consent(undefined)), (error) => error.outcome.issue[0].details.text.includes("until when"));
  });

  it("PyPI fhirclient, fhirpy and fhir-pyrate read and search, and pyrofile-validator finds R4's REST", { skip: python ? false : "MRMS_FHIR_PYTHON is not there" }, () => {
    const script = new URL("./fhir_clients.py", import.meta.url).pathname;
    const env = { ...process.env, FHIR_URL: theirs.url, FHIR_TOKEN: theirs.token, FHIR_PATIENT: ana };
    const ran = spawnSync(python, [script], { encoding: "utf8", env });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  });

  it("everything that is answered is valid R4, and Consents and AuditEvents are as IHE wants them", async () => {
    await fetch(`${theirs.url}/Binary/124.1`, { headers: theirs.headers }).then((answer) => answer.text());
    const kinds = ["Patient", "DocumentReference", "Consent", "AuditEvent", "Provenance", "Observation", "Condition"];
    const answers = [];
    for (const [name, face] of [["clinic", theirs], ["ana", own]]) {
      for (const kind of kinds) {
        const bundle = await get(face, `${kind}?_count=1000`);
        assert(bundle.total > 0, `${name} has a ${kind}`);
        answers.push({ ...bundle, entry: bundle.entry.slice(0, 1) }, ...bundle.entry.map(({ resource }) => resource));
      }
      answers.push(await get(face, "metadata"), await get(face, "DocumentReference/124/_history"));
    }
    const profiles = answers.flatMap(({ meta }) => meta?.profile ?? []);
    const whole = answers.filter(({ resourceType, id }) => resourceType === "AuditEvent" && id.includes(".-log."));
    assert.equal(whole.length, 7, "what is about no single record is there as well: five of the patient, two of the clinic");
    for (const pattern of ["Create", "Update", "PatientCreate", "PatientUpdate", "PatientRead"]) {
      assert(profiles.some((profile) => profile.endsWith(`IHE.BasicAudit.${pattern}`)), `one is a ${pattern}`);
    }
    const refused = await fetch(`${theirs.url}/Patient/nobody`, { headers: theirs.headers });
    answers.push(await refused.json());
    const binary = await fetch(`${own.url}/Binary/123.1`, { headers: { ...own.headers, accept: "application/fhir+json" } });
    const resource = await binary.json();
    answers.push(resource);
    assert.equal(Buffer.from(resource.data, "base64").toString(), NOTE);
    for (const answer of answers) {
      const { resourceType, id } = answer;
      assert.deepEqual({ resourceType, id, found: findings(answer) }, { resourceType, id, found: [] });
    }
  });

  it("a Consent would be refused with any part missing or wrong", async () => {
    const { entry } = await get(own, "Consent?status=active");
    const damage = [
      (one) => delete one.status,
      (one) => delete one.scope,
      (one) => delete one.category,
      (one) => delete one.patient,
      (one) => delete one.dateTime,
      (one) => delete one.performer,
      (one) => delete one.organization,
      (one) => delete one.sourceReference,
      (one) => delete one.policy,
      (one) => delete one.provision.type,
      (one) => delete one.provision.actor[0].role,
      (one) => delete one.provision.data[0].meaning,
      (one) => (one.provision.action = [{ text: "access" }]),
      (one) => (one.provision.period.end = "soon"),
      (one) => (one.status = "on"),
      (one) => (one.reason = "none"),
    ];
    const ofRecords = entry.filter(({ resource }) => resource.provision.data);
    assert(ofRecords.length > 0 && ofRecords.length < entry.length, "one is to all records");
    for (const { resource } of ofRecords) {
      for (const harm of damage) {
        const damaged = structuredClone(resource);
        harm(damaged);
        assert.notDeepEqual(findings(damaged), [], `${harm}`);
      }
    }
  });
});
