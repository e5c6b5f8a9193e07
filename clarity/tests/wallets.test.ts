// Contracts that act for themselves: to the records contract they are the caller, whoever signs.
// callers.test.ts has those that somebody was lured into calling.

import { Cl, type ClarityValue } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import type { Outcome } from "./chain";
import {
  ALL_POWERS,
  AMEND,
  Contract,
  content,
  EMERGENCY,
  expectOk,
  REASON,
  ZEROS,
} from "./contract";

const contract = await Contract.shared();
const { chain } = contract;
const { uint, principal, bufferFromHex } = Cl;

/** A call of the middleman contract, signed by `by`. */
function through(by: string, name: string, ...args: ClarityValue[]): Outcome {
  return chain.call(by, name, args, "middleman");
}

function bytes(): ClarityValue {
  return bufferFromHex(content());
}

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
        bytes(),
      ),
    ).toHaveProperty("ok");
    expect(contract.version(owned, 1n)).toMatchObject({ author: wallet });
    expect(through(signer, "amend", uint(owned), bytes())).toHaveProperty("ok");
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
    through(signer, "create", uint(id), bytes());
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

  it("does with its records whatever a patient may, and no more", () => {
    const [signer, reader, writer] = [chain.principal(), chain.principal(), chain.principal()];
    const [id, wallet] = [chain.recordId(), chain.middleman];
    expect(through(signer, "create", uint(id), bytes())).toHaveProperty("ok");
    expect(through(signer, "amend", uint(id), bytes())).toHaveProperty("ok");
    expect(through(signer, "amend-version", uint(id), uint(3), bytes())).toHaveProperty("ok");
    expect(through(signer, "access-version", uint(id), uint(2))).toEqual({ ok: 2n });
    expect(through(signer, "put-envelope", uint(id), uint(1), principal(wallet))).toEqual({
      ok: true,
    });
    expect(through(signer, "open-emergency", uint(id))).toEqual({ err: "ERR_NO_ACCESS" });
    expect(
      through(signer, "grant-rights", uint(id), principal(writer), uint(AMEND)),
    ).toEqual({ ok: true });
    expect(contract.amend(writer, id)).toHaveProperty("ok");
    expect(through(signer, "grant-many", uint(id), principal(reader))).toEqual({ ok: true });
    expect(contract.access(reader, id)).toHaveProperty("ok");
    for (const refused of ["grant", "grant-many"]) {
      expect(through(signer, refused, uint(id), principal(wallet)), refused).toEqual({
        err: "ERR_SELF_GRANT",
      });
    }
  });

  it("lets in to all that it has, and shuts out again", () => {
    const [signer, user, id] = [chain.principal(), chain.principal(), chain.recordId()];
    const wallet = principal(chain.middleman);
    through(signer, "create", uint(id), bytes());
    expect(through(signer, "grant-standing", wallet, principal(user))).toEqual({ ok: true });
    expect(chain.last?.events).toMatchObject([{ actor: chain.middleman, subject: user }]);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(through(signer, "grant-standing", wallet, wallet)).toEqual({ err: "ERR_SELF_GRANT" });
    expect(through(signer, "revoke-standing", wallet, principal(user))).toEqual({ ok: true });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("writes as an author, and sends the patient the keys while it may write", () => {
    const { patient, id } = contract.newRecord();
    const signer = chain.principal();
    const envelope = [uint(id), uint(2), principal(patient)];
    contract.grantRights(patient, id, chain.middleman, AMEND);
    expect(through(signer, "amend", uint(id), bytes())).toHaveProperty("ok");
    expect(contract.version(id, 2n)).toMatchObject({ author: chain.middleman });
    // A stranger signs, then the patient: neither is the author, and both count for nothing.
    expect(through(signer, "put-envelope", ...envelope)).toEqual({ ok: true });
    expect(through(signer, "put-envelope", ...envelope)).toEqual({ ok: true });
    expect(through(patient, "put-envelope", ...envelope)).toEqual({ ok: true });
    expect(chain.last?.events).toMatchObject([{ actor: chain.middleman, subject: patient }]);
    contract.revoke(patient, id, chain.middleman);
    contract.grantRights(patient, id, signer, AMEND);
    for (const by of [signer, patient]) {
      expect(through(by, "put-envelope", ...envelope)).toEqual({ err: "ERR_NOT_PATIENT" });
    }
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
    through(user, "create", uint(id), bytes());
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
    const wallet = chain.wallet();
    const signer = chain.principal();
    contract.grantStanding(first, first, wallet.principal);
    contract.offerSuccession(first, wallet.principal);
    expect(wallet.call(signer, "accept-succession", principal(first))).toEqual({ ok: true });
    expect(contract.line(first)).toEqual({ root: first, patient: wallet.principal });
    expect(contract.line(signer)).toEqual({ root: signer, patient: signer });
    expect(contract.standingGrant(first, wallet.principal)).toMatchObject({ rights: 0n });
    expect(wallet.call(signer, "access", uint(id))).toEqual({ ok: 1n });
    expect(wallet.call(signer, "amend", uint(id), bytes())).toHaveProperty("ok");
    expect(wallet.call(signer, "grant", uint(id), principal(wallet.principal))).toEqual({
      err: "ERR_SELF_GRANT",
    });
    expect(wallet.call(signer, "grant", uint(id), principal(chain.principal()))).toEqual({
      ok: true,
    });
    expect(wallet.call(signer, "create", uint(chain.recordId()), bytes())).toHaveProperty("ok");
    const accomplice = chain.principal();
    expect(wallet.call(signer, "offer", uint(id), principal(accomplice))).toEqual({ ok: true });

    const next = chain.principal();
    const offer = (to: string) => wallet.call(signer, "offer-succession", principal(to));
    expect(offer(next)).toEqual({ ok: true });
    expect(offer(wallet.principal)).toEqual({ ok: true });
    expect(offer(wallet.principal)).toEqual({ err: "ERR_NO_OFFER" });
    expect(offer(next)).toEqual({ ok: true });
    expect(contract.acceptSuccession(next, wallet.principal)).toEqual({ ok: true });
    expect(wallet.call(signer, "access", uint(id))).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(wallet.call(signer, "grant", uint(id), principal(signer))).toEqual({
      err: "ERR_NOT_PATIENT",
    });
    expect(contract.accept(accomplice, id)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.access(next, id)).toHaveProperty("ok");
    // Whoever was one is not new any more; the signer is, and that counts for nothing.
    const { patient } = contract.newRecord();
    contract.offerSuccession(patient, wallet.principal);
    expect(wallet.call(signer, "accept-succession", principal(patient))).toEqual({
      err: "ERR_NOT_NEW",
    });
  });

  it("stands as the successor of those before it, as the patient does", () => {
    const { former: first, patient: second } = contract.newSuccession();
    const wallet = chain.wallet();
    contract.offerSuccession(second, wallet.principal);
    expect(
      wallet.call(chain.principal(), "accept-succession", principal(second)),
    ).toEqual({ ok: true });
    for (const one of [first, second]) {
      expect(chain.mapEntry("patients", principal(one)), one).toMatchObject({
        successor: wallet.principal,
      });
    }
    expect(chain.mapEntry("patients", principal(wallet.principal))).toMatchObject({
      root: first,
      successor: null,
    });
  });

  it("is nobody after it handed over, even where its successor signs", () => {
    const wallet = chain.wallet();
    const [signer, next, id] = [chain.principal(), chain.principal(), chain.recordId()];
    expectOk(wallet.call(signer, "create", uint(id), bytes()));
    expectOk(wallet.call(signer, "offer-succession", principal(next)));
    expectOk(contract.acceptSuccession(next, wallet.principal));
    const user = principal(chain.principal());
    for (const [name, ...args] of [
      ["access", uint(id)],
      ["amend", uint(id), bytes()],
      ["open-emergency", uint(id)],
      ["grant", uint(id), user],
      ["grant-standing", principal(wallet.principal), user],
      ["create", uint(chain.recordId()), bytes()],
      ["set-delegate", user],
      ["offer-succession", user],
    ] as const) {
      expect(wallet.call(next, name, ...args), name).toEqual({ err: "ERR_SUCCEEDED" });
    }
    expect(wallet.call(next, "offer", uint(id), user)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.entries(id)).toHaveLength(1);
    expect(contract.access(next, id)).toHaveProperty("ok");
  });

  it("keeps what it was granted as a user, even where one who was the patient signs", () => {
    const { former, id, patient } = contract.newSuccession();
    const wallet = chain.wallet();
    contract.grantRights(patient, id, wallet.principal, AMEND + EMERGENCY);
    expect(wallet.call(former, "access", uint(id))).toEqual({ ok: 1n });
    expect(wallet.call(former, "amend", uint(id), bytes())).toHaveProperty("ok");
    expect(wallet.call(former, "open-emergency", uint(id))).toHaveProperty("ok");
    expect(contract.emergencyOpening(id, wallet.principal)).not.toBeNull();
    expect(
      wallet.call(former, "put-envelope", uint(id), uint(2), principal(patient)),
    ).toEqual({ ok: true });
  });

  it("grants nothing to anyone of the line as its delegate, whoever of them signs", () => {
    const { former, id, patient } = contract.newSuccession();
    const wallet = chain.wallet();
    contract.setDelegate(patient, wallet.principal);
    for (const signer of [former, patient]) {
      for (const user of [former, patient]) {
        expect(wallet.call(signer, "grant", uint(id), principal(user))).toEqual({
          err: "ERR_SELF_GRANT",
        });
        expect(
          wallet.call(signer, "grant-standing", principal(patient), principal(user)),
        ).toEqual({ err: "ERR_SELF_GRANT" });
      }
      expect(wallet.call(signer, "grant", uint(id), principal(chain.principal()))).toEqual({
        ok: true,
      });
    }
  });
});
