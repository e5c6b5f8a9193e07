// The AuditEvents of `mrms audit --fhir` under the validators of fhir-rules.mjs, which we did not write.
//
// MRMS_BIN              the mrms that makes the events; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PATTERNS, RULES, findings, readDefinitions } from "./fhir-rules.mjs";
import { MrmsHome, skip } from "./mrms-home.mjs";

if (skip) console.log(`fhir-audit: skipped, ${skip}`);

describe("AuditEvents of a record's life", { skip }, () => {
  let home, clinic, events, lines, own;

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
    readDefinitions();
    home = new MrmsHome();
    writeFileSync(join(home.folder, "note.txt"), "Potassium 4.1 mmol/l");
    const ana = objects(run("ana", 0, "--json", "init"))[0].principal;
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
    run("ana", 0, "grant", "--all-records", "--to", clinic, "--for", "30d");
    run("ana", 0, "revoke", "--all-records", "--from", clinic);
    run("ana", 0, "delegate", clinic, "--may", "see", "--for", "30d");
    run("ana", 0, "contract", "call", "set-member", JSON.stringify({ member: clinic, expiry: null }));
    run("ana", 0, "contract", "call", "remove-member", JSON.stringify({ member: clinic }));
    run("clinic", 4, "contract", "call", "revoke-standing-access", JSON.stringify({ patient: ana, user: clinic }));
    own = objects(run("ana", 0, "audit", "--fhir")).filter(({ id }) => id.includes(".-log."));
  });

  after(() => home?.remove());

  it("are valid R4 and follow the pattern that each claims", () => {
    for (const event of [...events, ...own]) {
      assert.deepEqual({ id: event.id, found: findings(event) }, { id: event.id, found: [] });
    }
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
    const patternsOf = (of) => [...new Set(of.map(({ meta }) => meta.profile[0].replace(PATTERNS, "")))].sort();
    assert.deepEqual(patternsOf([...events, ...own]), Object.keys(RULES).sort(), "the life goes through every pattern");
    assert.deepEqual(patternsOf(own), ["AuthZconsent", "Create", "PatientCreate", "PatientUpdate", "Update"]);
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
    for (const event of [...events, ...own]) {
      for (const harm of damage) {
        const damaged = structuredClone(event);
        harm(damaged);
        const found = findings(damaged);
        assert.notDeepEqual(found, [], `${event.meta.profile[0]} after ${harm}`);
        for (const finding of found) finders.add(finding.split(":")[0]);
      }
    }
    for (const finder of ["schema", "Medplum", ...Object.keys(RULES)]) assert(finders.has(finder), finder);
  });
});
