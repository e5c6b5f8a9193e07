// Who the contract takes the caller to be: the one that calls it, never the signer behind.

import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import type { Outcome } from "./chain";
import { Contract, content } from "./contract";
import { SOURCE } from "./chain";

const contract = await Contract.shared();
const { chain } = contract;
const { uint, principal, bufferFromHex } = Cl;

/** A call of the middleman contract, signed by `by`. */
function through(by: string, name: string, ...args: Parameters<typeof chain.call>[2]): Outcome {
  return chain.call(by, name, args, "middleman");
}

describe("a contract that a patient was lured into calling", () => {
  it("can't grant, amend, revoke or give away their record", () => {
    const { patient, id, user } = contract.newGrant();
    const thief = principal(chain.principal());
    const refused = { err: "ERR_NOT_PATIENT" };
    expect(through(patient, "grant", uint(id), thief)).toEqual(refused);
    expect(through(patient, "grant-standing", principal(patient), thief)).toEqual(refused);
    expect(through(patient, "revoke", uint(id), principal(user))).toEqual(refused);
    expect(through(patient, "offer", uint(id), thief)).toEqual(refused);
    expect(through(patient, "put-envelope", uint(id), thief)).toEqual(refused);
    expect(through(patient, "amend", uint(id), bufferFromHex(content()))).toEqual({
      err: "ERR_NO_ACCESS",
    });
    expect(through(patient, "access", uint(id))).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.entries(id)).toHaveLength(2);
  });

  it("can't end standing access, nor accept a record in their name", () => {
    const { patient, id } = contract.newRecord();
    const [user, next] = [chain.principal(), chain.principal()];
    contract.grantStanding(patient, patient, user);
    expect(
      through(patient, "revoke-standing", principal(patient), principal(user)),
    ).toEqual({ err: "ERR_NOT_PATIENT" });
    contract.transfer(patient, id, next);
    expect(through(next, "accept", uint(id))).toEqual({ err: "ERR_NOT_OFFERED" });
  });

  it("publishes keys and names delegates only for itself", () => {
    const victim = chain.principal();
    through(victim, "publish", bufferFromHex("0a"));
    through(victim, "set-delegate", principal(chain.principal()));
    expect(contract.encryptionKey(victim)).toBeNull();
    expect(contract.patient(victim)).toMatchObject({ team: 0n, "audit-count": 0n });
    expect(contract.encryptionKey(chain.middleman)).toMatchObject({ recipient: "0a" });
  });
});

describe("a smart-contract wallet", () => {
  it("is the patient of what it creates, whoever signs", () => {
    const signer = chain.principal();
    const id = chain.recordId();
    const user = chain.principal();
    through(signer, "create", uint(id), bufferFromHex(content()));
    expect(contract.record(id)).toMatchObject({ patient: chain.middleman });
    expect(contract.access(signer, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(through(signer, "grant", uint(id), principal(user))).toEqual({ ok: true });
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(through(signer, "access", uint(id))).toEqual({ ok: 1n });
    expect(through(signer, "revoke", uint(id), principal(user))).toEqual({ ok: true });
    expect(contract.entries(id).map(({ actor }) => actor)).toEqual([
      chain.middleman,
      chain.middleman,
      user,
      chain.middleman,
      chain.middleman,
    ]);
    expect(contract.rebuiltHead(id)).toBe(contract.record(id)["audit-head"]);
  });

  it("reads what it was granted, and its signer does not", () => {
    const { patient, id } = contract.newRecord();
    const signer = chain.principal();
    contract.grant(patient, id, chain.middleman);
    expect(contract.hasAccess(id, chain.middleman)).toBe(true);
    expect(through(signer, "access", uint(id))).toEqual({ ok: 1n });
    expect(contract.access(signer, id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("takes a record over and hands it on", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    contract.transfer(patient, id, chain.middleman);
    expect(through(next, "accept", uint(id))).toEqual({ ok: true });
    expect(contract.record(id)).toMatchObject({ patient: chain.middleman });
    expect(through(next, "offer", uint(id), principal(next))).toEqual({ ok: true });
    expect(contract.accept(next, id)).toEqual({ ok: true });
  });

  it("undoes a grant, its log entry included, when its own call fails after it", () => {
    const id = chain.recordId();
    const user = chain.principal();
    through(user, "create", uint(id), bufferFromHex(content()));
    const before = contract.record(id);
    expect(through(user, "grant-then-fail", uint(id), principal(user))).toEqual({
      err: "u999",
    });
    expect(contract.record(id)).toEqual(before);
    expect(contract.storedGrant(id, user)).toBeNull();
    expect(contract.user(user)).toEqual({ records: 0n, patients: 0n });
  });
});

describe("a signer or a sponsor", () => {
  // The simulated network can't sponsor; what isn't read can't matter.
  it("is never asked for: the source names neither tx-sender nor tx-sponsor?", () => {
    const code = SOURCE.replaceAll(/;;.*$/gm, "");
    expect(code).not.toMatch(/tx-sender|tx-sponsor\?/);
    expect(code).toMatch(/contract-caller/);
  });
});
