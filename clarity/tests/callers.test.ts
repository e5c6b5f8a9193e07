// Who the contract takes the caller to be: the one that calls it, never the signer behind. Here
// are contracts that somebody was lured into calling; wallets.test.ts has those that act for
// themselves.

import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import { CONTRACT, MIDDLEMAN, SOURCE, type Outcome } from "./chain";
import { AMEND, Contract, content, EMERGENCY, expectOk, REASON } from "./contract";

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
    expect(through(patient, "put-envelope", uint(id), uint(1), thief)).toEqual(refused);
    expect(through(patient, "amend", uint(id), bufferFromHex(content()))).toEqual({
      err: "ERR_NO_ACCESS",
    });
    expect(through(patient, "access", uint(id))).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.entries(id)).toHaveLength(2);
  });

  it("can't do with rights, versions and lists what it can't do without", () => {
    const { patient, id } = contract.newRecord();
    const thief = chain.principal();
    const [stranger, refused] = [{ err: "ERR_NO_ACCESS" }, { err: "ERR_NOT_PATIENT" }];
    const bytes = bufferFromHex(content());
    expect(through(patient, "amend-version", uint(id), uint(2), bytes)).toEqual(stranger);
    expect(through(patient, "access-version", uint(id), uint(1))).toEqual(stranger);
    expect(through(patient, "grant-rights", uint(id), principal(thief), uint(15))).toEqual(refused);
    expect(through(patient, "grant-many", uint(id), principal(thief))).toEqual(refused);
    expect(contract.hasAccess(id, thief)).toBe(false);
    expect(contract.entries(id)).toHaveLength(1);
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

  it("can't use what a delegate, a writer, an author or a medic may do", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const [writer, medic] = [chain.principal(), chain.principal()];
    contract.grantRights(patient, id, writer, AMEND);
    contract.grantRights(patient, id, medic, EMERGENCY);
    contract.amend(writer, id);
    contract.putEnvelope(writer, id, 2n, patient);
    const thief = principal(chain.principal());
    expect(through(delegate, "grant", uint(id), thief)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(through(writer, "amend", uint(id), bufferFromHex(content()))).toEqual({
      err: "ERR_NO_ACCESS",
    });
    expect(through(writer, "put-envelope", uint(id), uint(2), principal(patient))).toEqual({
      err: "ERR_NOT_PATIENT",
    });
    expect(through(medic, "open-emergency", uint(id))).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.emergencyOpening(id, medic)).toBeNull();
  });

  it("can't remove a delegate", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(through(patient, "remove-delegate", principal(delegate))).toEqual({
      err: "ERR_NO_SUCH_DELEGATE",
    });
    expect(contract.access(delegate, id)).toHaveProperty("ok");
  });

  it("publishes keys and names delegates only for itself", () => {
    const victim = chain.principal();
    through(victim, "publish", bufferFromHex("0a"));
    through(victim, "set-delegate", principal(chain.principal()));
    expect(contract.encryptionKey(victim)).toBeNull();
    expect(contract.patient(victim)).toMatchObject({ team: 0n, "audit-count": 0n });
    expect(contract.encryptionKey(chain.middleman)).toMatchObject({ recipient: "0a" });
  });

  it("creates records and anchors a log only as itself", () => {
    const [victim, lure, id] = [chain.principal(), chain.wallet(), chain.recordId()];
    expectOk(lure.call(victim, "create", uint(id), bufferFromHex(content())));
    expectOk(lure.call(victim, "anchor", bufferFromHex(REASON), uint(9)));
    expect(contract.record(id)).toMatchObject({ patient: lure.principal });
    expect(contract.access(victim, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.vaultLog(victim)).toBeNull();
    expect(contract.vaultLog(lure.principal)).toMatchObject({ head: REASON, count: 9n });
  });
});

describe("a contract that somebody was lured into calling", () => {
  it("can't end what a delegate granted, nor add for a patient", () => {
    const { patient, delegate } = contract.newDelegate();
    expect(through(patient, "end-delegation", principal(delegate))).toEqual({
      err: "ERR_NO_SUCH_DELEGATE",
    });
    const id = uint(chain.recordId());
    expect(
      through(delegate, "create-for", principal(patient), id, bufferFromHex(content())),
    ).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("can't open as a member, nor remove one, and names members only for itself", () => {
    const { id, organisation, member } = contract.newMember();
    expect(through(member, "access-for", uint(id), principal(organisation))).toEqual({
      err: "ERR_NOT_MEMBER",
    });
    expect(through(organisation, "remove-member", principal(member))).toEqual({
      err: "ERR_NO_SUCH_MEMBER",
    });
    const thief = chain.principal();
    through(organisation, "set-member", principal(thief));
    expect(contract.member(organisation, thief)).toBeNull();
  });

  it("can't ask, refuse or accept as a contact or patient, nor name one", () => {
    const { patient, contact } = contract.newContact();
    const none = { err: "ERR_NO_SUCH_CONTACT" };
    expect(through(contact, "ask", principal(patient))).toEqual(none);
    expect(through(patient, "refuse", principal(patient), principal(contact))).toEqual({
      err: "ERR_NOT_PATIENT",
    });
    contract.ask(contact, patient);
    chain.mine(10n);
    expect(through(contact, "accept-delegation", principal(patient))).toEqual(none);
    const thief = chain.principal();
    through(patient, "name-contact", principal(thief));
    expect(contract.contact(patient, thief)).toBeNull();
  });

  it("can't hand a patient's records over, nor take them in a successor's name", () => {
    const { patient } = contract.newRecord();
    const next = chain.principal();
    contract.offerSuccession(patient, next);
    through(patient, "offer-succession", principal(chain.principal()));
    expect(contract.pendingSuccession(patient)).toBe(next);
    expect(through(next, "accept-succession", principal(patient))).toEqual({
      err: "ERR_NOT_OFFERED",
    });
  });
});

describe("the contract in the middle", () => {
  it("calls every public function, so that none is left out here", () => {
    const names = [...SOURCE.matchAll(/^\(define-public \(([a-z-]+)/gm)].map(([, name]) => name);
    const called = [...MIDDLEMAN.matchAll(new RegExp(`\\.${CONTRACT}\\s+([a-z-]+)`, "g"))];
    expect(names).not.toHaveLength(0);
    expect(new Set(called.map(([, name]) => name))).toEqual(new Set(names));
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
