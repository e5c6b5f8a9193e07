import { describe, expect, it } from "vitest";
import { Contract, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("remove-member", () => {
  it("refuses where there is no live member with ERR_NO_SUCH_MEMBER", () => {
    const [organisation, member] = [chain.principal(), chain.principal()];
    const none = { err: "ERR_NO_SUCH_MEMBER" };
    expect(contract.removeMember(organisation, member)).toEqual(none);
    const expiry = chain.height() + 10n;
    contract.setMember(organisation, member, expiry);
    chain.mineTo(expiry);
    expect(contract.removeMember(organisation, member)).toEqual(none);
    contract.setMember(organisation, member);
    expect(contract.removeMember(organisation, member)).toEqual({ ok: true });
    expect(contract.removeMember(organisation, member)).toEqual(none);
  });

  it("refuses who was succeeded with ERR_SUCCEEDED", () => {
    const { former } = contract.newSuccession();
    expect(contract.removeMember(former, chain.principal())).toEqual({ err: "ERR_SUCCEEDED" });
  });

  it("ends the membership at this height, and logs and prints it", () => {
    const { organisation, member } = contract.newMember();
    const height = chain.height();
    contract.removeMember(organisation, member);
    expect(contract.member(organisation, member)).toEqual({ expiry: height });
    const entry = {
      topic: "patient-audit",
      patient: organisation,
      index: 1n,
      action: "member-remove",
      actor: organisation,
      subject: member,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(organisation)[1]).toEqual(entry);
  });
});
