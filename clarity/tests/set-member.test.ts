import { describe, expect, it } from "vitest";
import { Contract, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("set-member", () => {
  it("refuses the organisation itself with ERR_SELF_MEMBER", () => {
    const organisation = chain.principal();
    expect(contract.setMember(organisation, organisation)).toEqual({ err: "ERR_SELF_MEMBER" });
  });

  it("refuses an expiry at the burn height with ERR_EXPIRY_IN_PAST, not one above", () => {
    const [organisation, member] = [chain.principal(), chain.principal()];
    expect(contract.setMember(organisation, member, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
    expect(contract.setMember(organisation, member, chain.height() + 1n)).toEqual({ ok: true });
  });

  it("refuses who was succeeded with ERR_SUCCEEDED, and takes the successor's own members", () => {
    const { former, patient } = contract.newSuccession();
    const member = chain.principal();
    expect(contract.setMember(former, member)).toEqual({ err: "ERR_SUCCEEDED" });
    expect(contract.setMember(patient, member)).toEqual({ ok: true });
    expect(contract.member(patient, member)).toEqual({ expiry: null });
    expect(contract.member(former, member)).toBeNull();
    expect(contract.patientEntries(patient).at(-1)).toMatchObject({
      patient: former,
      action: "member-set",
      actor: patient,
    });
  });

  it("stores the expiry; setting again replaces it", () => {
    const [organisation, member] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 500n;
    contract.setMember(organisation, member, expiry);
    expect(contract.member(organisation, member)).toEqual({ expiry });
    contract.setMember(organisation, member, null);
    expect(contract.member(organisation, member)).toEqual({ expiry: null });
    expect(contract.member(member, organisation)).toBeNull();
  });

  it("logs and prints an entry of the organisation's log", () => {
    const [organisation, member] = [chain.principal(), chain.principal()];
    const height = chain.height();
    contract.setMember(organisation, member, height + 9n);
    const entry = {
      topic: "patient-audit",
      patient: organisation,
      index: 0n,
      action: "member-set",
      actor: organisation,
      subject: member,
      version: 0n,
      expiry: height + 9n,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(organisation)).toEqual([entry]);
    expect(contract.careTeam(organisation)).toEqual([]);
  });
});
