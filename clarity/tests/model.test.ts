// Random lives of two records among four principals, against tests/reference.ts.
//
// The seed is printed; MODEL_SEED repeats a run, MODEL_RUNS makes it longer.

import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "./chain";
import { Contract, sha256 } from "./contract";
import type { Expected, Reference } from "./reference";
import { lead, LIFE, type World } from "./steps";

const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.MODEL_RUNS ?? 30);

// ---- what must hold after a step

function follow(
  { contract }: World,
  model: Reference,
  expected: Expected,
  outcome: Outcome,
): void {
  const { last } = contract.chain;
  if (expected.refusal !== undefined) {
    expect(outcome).toEqual({ err: expected.refusal });
    expect(last?.events).toEqual([]);
    return;
  }
  expect(outcome).toHaveProperty("ok");
  if (expected.entry === undefined) return;
  const [log, action, subject, version, expiry] = expected.entry;
  const ofRecord = typeof log === "bigint";
  const actions = ofRecord ? model.records.get(log)!.actions : model.patientActions.get(log)!;
  expect(last?.events).toMatchObject([
    {
      topic: ofRecord ? "record-audit" : "patient-audit",
      [ofRecord ? "record-id" : "patient"]: log,
      index: BigInt(actions.length - 1),
      action,
      subject,
      version,
      expiry,
      "burn-height": model.now,
    },
  ]);
}

// ---- what must hold at the end of a life

function compare(model: Reference, world: World): void {
  model.now = world.contract.chain.height();
  for (const id of world.ids) compareRecord(model, world, id);
  for (const principal of world.principals) comparePrincipal(model, world, principal);
  for (const { id, version, user, hex } of model.envelopes.values()) {
    expect(world.contract.keyEnvelope(id, version, user)).toBe(hex);
  }
}

function compareRecord(model: Reference, { contract, principals }: World, id: bigint): void {
  const record = model.records.get(id);
  if (!record) {
    expect(contract.record(id)).toBeNull();
    return;
  }
  const latest = BigInt(record.versions.length);
  expect(contract.record(id)).toMatchObject({
    patient: model.latest(record.patient),
    version: latest,
    readers: BigInt(record.readers.length),
    "audit-count": BigInt(record.actions.length),
    "audit-head": contract.rebuiltHead(id),
  });
  expect(contract.entries(id).map(({ action }) => action)).toEqual(record.actions);
  expect(contract.recordReaders(id)).toEqual(record.readers);
  const offered = record.offeredBy === null || model.latest(record.offeredBy) === record.offeredBy;
  expect(contract.pendingTransfer(id)).toBe(offered ? record.offeredTo : null);
  record.versions.forEach(({ author, content: hex }, index) => {
    expect(contract.version(id, BigInt(index + 1))).toMatchObject({
      author,
      "encrypted-content": hex,
      "content-hash": sha256(hex),
    });
  });
  for (const user of principals) {
    const reads = !model.reading(id, user, latest).startsWith("ERR_");
    expect(contract.hasAccess(id, user)).toBe(reads);
    const given = model.effective(id, user);
    expect(contract.effectiveGrant(id, user)).toEqual(
      typeof given === "string"
        ? null
        : {
            rights: given.rights,
            expiry: given.expiry,
            "granted-at": given.grantedAt,
            "from-version": given.from,
            entry: given.entry,
            by: given.by,
            standing: given === model.grants.get(`${id}/${user}`) ? null : record.patient,
          },
    );
    const own = model.grants.get(`${id}/${user}`);
    if (own) {
      expect(contract.storedGrant(id, user)).toMatchObject({
        rights: model.isEnded(own) ? 0n : own.rights,
        entry: own.entry,
        by: own.by,
      });
    }
  }
  expect(contract.hasAccess(id, model.latest(record.patient))).toBe(true);
}

function comparePrincipal(
  model: Reference,
  { contract, ids, principals }: World,
  principal: string,
): void {
  const first = model.first(principal);
  const actions = model.patientActions.get(first) ?? [];
  expect(contract.patientEntries(principal).map(({ action }) => action)).toEqual(actions);
  expect(contract.careTeam(principal)).toEqual(model.teams.get(first) ?? []);
  expect(contract.line(principal)).toEqual({ root: first, patient: model.latest(principal) });
  expect(contract.pendingSuccession(principal)).toBe(model.successions.get(first) ?? null);
  // Where there is something, and for one pair where there may be nothing: a read takes long.
  const kept = [...model.delegations.keys(), ...model.contacts.keys(), ...model.members.keys()];
  const others = principals.filter((other) =>
    [first, principal].some((of) => kept.includes(`${of}/${other}`)),
  );
  for (const other of new Set([...others, principals[0]!])) {
    const delegation = model.delegations.get(`${first}/${other}`);
    expect(contract.delegation(principal, other)).toEqual(
      delegation
        ? {
            powers: delegation.powers,
            expiry: delegation.removedAt ?? delegation.until,
            term: delegation.term,
            ended: delegation.ended,
          }
        : null,
    );
    const contact = model.contacts.get(`${first}/${other}`);
    expect(contract.contact(principal, other)).toEqual(
      contact
        ? { powers: contact.powers, wait: contact.wait, "ready-at": contact.readyAt }
        : null,
    );
    const member = model.members.get(`${principal}/${other}`);
    expect(contract.member(principal, other)).toEqual(
      member ? { expiry: member.removedAt ?? member.until } : null,
    );
  }
  const generation = model.keys.get(principal);
  expect(contract.encryptionKey(principal)).toEqual(
    generation === undefined ? null : { recipient: expect.any(String), generation },
  );
  const anchored = model.anchors.get(principal);
  if (anchored) expect(contract.vaultLog(principal)).toMatchObject(anchored);
  const shared = contract.sharedRecords(principal);
  expect(new Set(shared).size).toBe(shared.length);
  expect(new Set(shared)).toEqual(
    new Set(ids.filter((id) => model.records.get(id)?.readers.includes(principal))),
  );
}

describe("any life of two records", () => {
  it(`follows the reference (MODEL_SEED=${SEED})`, { timeout: RUNS * 20_000 }, async () => {
    console.info(`MODEL_SEED=${SEED} MODEL_RUNS=${RUNS}`);
    const contract = await Contract.shared();
    const succeeded = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(LIFE, async (steps) => {
        // Between two lives the worker answers its runner, which gives up on it otherwise.
        await setImmediate();
        const [model, world] = lead(contract, steps, (of) => (reference, done) => {
          if (done) follow(of, reference, ...done);
        });
        compare(model, world);
        for (const log of [...model.records.values()].map(({ actions }) => actions)) {
          for (const action of log) succeeded.set(action, (succeeded.get(action) ?? 0) + 1);
        }
        for (const log of model.patientActions.values()) {
          for (const action of log) succeeded.set(action, (succeeded.get(action) ?? 0) + 1);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    console.info([...succeeded].map(([action, times]) => `${action}: ${times}`).join(", "));
  });
});
