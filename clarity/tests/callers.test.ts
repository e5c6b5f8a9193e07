// Who the contract takes the caller to be: the one that calls it, never the signer behind.

import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import { SOURCE, type Outcome } from "./chain";
import { ALL_POWERS, AMEND, Contract, content, EMERGENCY, expectOk, REASON, ZEROS } from "./contract";

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

describe("a smart-contract wallet", () => {
  it("is a delegate, a contact, a member and an organisation, whoever signs", () => {
    const { patient, id } = contract.newRecord();
    const signer = chain.principal();
    const wallet = chain.middleman;
    const owned = chain.recordId();
    contract.nameContact(patient, wallet);
    expect(through(signer, "ask", principal(patient))).toHaveProperty("ok");
    expect(chain.last?.events).toMatchObject([{ actor: wallet, subject: wallet }]);
    chain.mine(10n);
    expect(through(signer, "accept-delegation", principal(patient))).toEqual({ ok: true });
    expect(chain.last?.events).toMatchObject([{ actor: wallet, subject: wallet }]);
    expect(contract.contact(patient, wallet)).toBeNull();
    expect(contract.delegation(patient, wallet)).toMatchObject({ powers: ALL_POWERS });
    const user = chain.principal();
    expect(through(signer, "grant", uint(id), principal(user))).toEqual({ ok: true });
    expect(contract.storedGrant(id, user)).toMatchObject({
      by: { patient, delegate: wallet, term: 1n },
    });
    expect(
      through(signer, "grant", uint(id), principal(patient)),
    ).toEqual({ err: "ERR_SELF_GRANT" });
    expect(
      through(
        signer,
        "create-for",
        principal(patient),
        uint(owned),
        bufferFromHex(content()),
      ),
    ).toHaveProperty("ok");
    expect(contract.version(owned, 1n)).toMatchObject({ author: wallet });
    expect(through(signer, "amend", uint(owned), bufferFromHex(content()))).toHaveProperty("ok");
    contract.nameContact(patient, user);
    expect(through(signer, "refuse", principal(patient), principal(user))).toEqual({ ok: true });
  });

  it("opens for an organisation, and has members who open for it", () => {
    const { id, organisation } = contract.newMember();
    const [signer, member] = [chain.principal(), chain.principal()];
    contract.setMember(organisation, chain.middleman);
    expect(through(signer, "access-for", uint(id), principal(organisation))).toEqual({ ok: 1n });
    expect(chain.last?.events).toMatchObject([
      { actor: chain.middleman, subject: organisation },
    ]);
    expect(through(signer, "set-member", principal(chain.middleman))).toEqual({
      err: "ERR_SELF_MEMBER",
    });
    expect(through(signer, "set-member", principal(member))).toEqual({ ok: true });
    expect(contract.member(chain.middleman, member)).toEqual({ expiry: null });
    const { patient, id: own } = contract.newRecord();
    contract.grant(patient, own, chain.middleman);
    expect(contract.accessFor(member, own, 1n, chain.middleman)).toHaveProperty("ok");
    const height = chain.height();
    expect(through(signer, "remove-member", principal(member))).toEqual({ ok: true });
    expect(contract.member(chain.middleman, member)).toEqual({ expiry: height });
  });

  it("names contacts of its own, and ends delegations", () => {
    const [signer, contact, delegate] = [
      chain.principal(),
      chain.principal(),
      chain.principal(),
    ];
    expect(through(signer, "name-contact", principal(chain.middleman))).toEqual({
      err: "ERR_SELF_DELEGATE",
    });
    expect(through(signer, "name-contact", principal(contact))).toEqual({ ok: true });
    expect(contract.contact(chain.middleman, contact)).toMatchObject({ wait: 10n });
    expect(through(signer, "set-delegate", principal(delegate))).toEqual({ ok: true });
    expect(through(signer, "end-delegation", principal(delegate))).toEqual({ ok: true });
    expect(contract.delegation(chain.middleman, delegate)).toMatchObject({ ended: 1n });
  });

  it("is the patient of what it creates, whoever signs", () => {
    const signer = chain.principal();
    const id = chain.recordId();
    const user = chain.principal();
    through(signer, "create", uint(id), bufferFromHex(content()));
    expect(contract.record(id)).toMatchObject({ patient: chain.middleman });
    expect(contract.version(id, 1n)).toMatchObject({ author: chain.middleman });
    expect(contract.patientRecords(chain.middleman)).toContain(id);
    expect(contract.patientRecords(signer)).toEqual([]);
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

  it("opens in an emergency what it was granted for one", () => {
    const { patient, id } = contract.newRecord();
    const signer = chain.principal();
    contract.grantRights(patient, id, chain.middleman, EMERGENCY);
    expect(through(signer, "open-emergency", uint(id))).toHaveProperty("ok");
    expect(contract.emergencyOpening(id, chain.middleman)).toMatchObject({
      reason: "11".repeat(32),
    });
    expect(contract.emergencyOpening(id, signer)).toBeNull();
    expect(through(signer, "access", uint(id))).toEqual({ ok: 1n });
  });

  it("names, lists and removes delegates of its own", () => {
    const signer = chain.principal();
    const delegate = chain.principal();
    const before = contract.patient(chain.middleman) as { "audit-count": bigint };
    expect(through(signer, "set-delegate", principal(chain.middleman))).toEqual({
      err: "ERR_SELF_DELEGATE",
    });
    expect(through(delegate, "set-delegate", principal(delegate))).toEqual({ ok: true });
    expect(contract.delegation(chain.middleman, delegate)).toMatchObject({ expiry: null, powers: ALL_POWERS });
    expect(contract.careTeam(chain.middleman)).toContain(delegate);
    expect(contract.careTeam(delegate)).toEqual([]);
    const height = chain.height();
    expect(through(signer, "remove-delegate", principal(delegate))).toEqual({ ok: true });
    expect(contract.delegation(chain.middleman, delegate)).toMatchObject({ expiry: height });
    expect(contract.delegation(signer, delegate)).toBeNull();
    expect(contract.patient(chain.middleman)).toMatchObject({
      "audit-count": before["audit-count"] + 2n,
    });
    expect(contract.patient(signer)).toMatchObject({ "audit-count": 0n });
  });

  it("publishes its key, counted by its own generation, and anchors its own log", () => {
    const signer = chain.principal();
    const first = expectOk(through(signer, "publish", bufferFromHex("0a"))) as bigint;
    expect(chain.last?.events).toMatchObject([{ owner: chain.middleman }]);
    contract.publishKey(signer, "0b");
    contract.publishKey(signer, "0b");
    expect(through(signer, "publish", bufferFromHex("0c"))).toEqual({ ok: first + 1n });
    contract.anchor(signer, ZEROS, 9n);
    expect(through(signer, "anchor", bufferFromHex(REASON), uint(1))).toEqual({ ok: true });
    expect(chain.last?.events).toMatchObject([{ vault: chain.middleman, count: 1n }]);
    expect(contract.vaultLog(chain.middleman)).toMatchObject({ head: REASON, count: 1n });
    expect(contract.vaultLog(signer)).toMatchObject({ head: ZEROS, count: 9n });
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

describe("a smart-contract wallet in a line of succession", () => {
  it("takes over, hands over, and is nobody then, whoever signs", () => {
    const { patient: first, id } = contract.newRecord();
    const wallet = chain.oldWallet;
    const signer = chain.principal();
    const old = (name: string, ...args: Parameters<typeof chain.call>[2]) =>
      chain.call(signer, name, args, "old-wallet");
    contract.grantStanding(first, first, wallet);
    contract.offerSuccession(first, wallet);
    expect(old("accept-succession", principal(first))).toEqual({ ok: true });
    expect(contract.line(first)).toEqual({ root: first, patient: wallet });
    expect(contract.line(signer)).toEqual({ root: signer, patient: signer });
    expect(contract.standingGrant(first, wallet)).toMatchObject({ rights: 0n });
    expect(old("access", uint(id))).toEqual({ ok: 1n });
    expect(old("amend", uint(id), bufferFromHex(content()))).toHaveProperty("ok");
    expect(old("grant", uint(id), principal(wallet))).toEqual({ err: "ERR_SELF_GRANT" });
    expect(old("grant", uint(id), principal(chain.principal()))).toEqual({ ok: true });
    expect(old("create", uint(chain.recordId()), bufferFromHex(content()))).toHaveProperty("ok");
    const accomplice = chain.principal();
    expect(old("offer", uint(id), principal(accomplice))).toEqual({ ok: true });

    const next = chain.principal();
    expect(old("offer-succession", principal(next))).toEqual({ ok: true });
    expect(old("offer-succession", principal(wallet))).toEqual({ ok: true });
    expect(old("offer-succession", principal(wallet))).toEqual({ err: "ERR_NO_OFFER" });
    expect(old("offer-succession", principal(next))).toEqual({ ok: true });
    expect(contract.acceptSuccession(next, wallet)).toEqual({ ok: true });
    expect(old("access", uint(id))).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(old("grant", uint(id), principal(signer))).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.accept(accomplice, id)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.access(next, id)).toHaveProperty("ok");
    // Whoever was one is not new any more; the signer is, and that counts for nothing.
    const { patient } = contract.newRecord();
    contract.offerSuccession(patient, wallet);
    expect(old("accept-succession", principal(patient))).toEqual({ err: "ERR_NOT_NEW" });
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
