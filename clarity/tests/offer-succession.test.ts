import { describe, expect, it } from "vitest";
import { Contract, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("offer-succession", () => {
  it("refuses to withdraw where nothing is offered with ERR_NO_OFFER", () => {
    const patient = chain.principal();
    expect(contract.offerSuccession(patient, patient)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.patientEntries(patient)).toEqual([]);
  });

  it("refuses the former patient with ERR_SUCCEEDED", () => {
    const { former } = contract.newSuccession();
    expect(contract.offerSuccession(former, chain.principal())).toEqual({
      err: "ERR_SUCCEEDED",
    });
  });

  it("offers, and changes nothing else", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    expect(contract.offerSuccession(patient, next)).toEqual({ ok: true });
    expect(contract.pendingSuccession(patient)).toBe(next);
    expect(contract.line(patient)).toEqual({ root: patient, patient });
    expect(contract.access(patient, id)).toHaveProperty("ok");
    expect(contract.access(next, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.grant(next, id, next)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("replaces an earlier offer: of two successors only the last one can accept", () => {
    const { patient } = contract.newRecord();
    const [first, second] = [chain.principal(), chain.principal()];
    contract.offerSuccession(patient, first);
    contract.offerSuccession(patient, second);
    expect(contract.acceptSuccession(first, patient)).toEqual({ err: "ERR_NOT_OFFERED" });
    expect(contract.acceptSuccession(second, patient)).toEqual({ ok: true });
    expect(contract.acceptSuccession(first, patient)).toEqual({ err: "ERR_NO_OFFER" });
  });

  it("withdraws by an offer to oneself", () => {
    const { patient } = contract.newRecord();
    const next = chain.principal();
    contract.offerSuccession(patient, next);
    expect(contract.offerSuccession(patient, patient)).toEqual({ ok: true });
    expect(contract.pendingSuccession(patient)).toBeNull();
    expect(contract.acceptSuccession(next, patient)).toEqual({ err: "ERR_NO_OFFER" });
  });

  it("is not for delegates: what they offer is their own", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const next = chain.principal();
    contract.offerSuccession(delegate, next);
    expect(contract.acceptSuccession(next, patient)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.acceptSuccession(next, delegate)).toEqual({ ok: true });
    expect(contract.record(id)).toMatchObject({ patient });
    expect(contract.access(next, id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("logs and prints an entry of the patient's log", () => {
    const { patient } = contract.newRecord();
    const next = chain.principal();
    const height = chain.height();
    contract.offerSuccession(patient, next);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 0n,
      action: "succession-offer",
      actor: patient,
      subject: next,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)).toEqual([entry]);
  });
});
