import { describe, expect, it } from "vitest";
import { AMEND, Contract, EMERGENCY, HISTORY, READ, bitsDetail } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

const VALID = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 9n, 10n, 11n, 12n, 13n, 14n, 15n];

describe("grant-record-rights", () => {
  it.each([0n, HISTORY, 16n, 17n, 2n ** 128n - 1n])(
    "refuses rights u%s with ERR_INVALID_RIGHTS",
    (rights) => {
      const { patient, id } = contract.newRecord();
      expect(contract.grantRights(patient, id, chain.principal(), rights)).toEqual({
        err: "ERR_INVALID_RIGHTS",
      });
    },
  );

  it("refuses as grant-record-access does, and tells invalid rights first", () => {
    const { patient, id, user } = contract.newGrant();
    const unknown = chain.recordId();
    expect(contract.grantRights(patient, unknown, user, 0n)).toEqual({
      err: "ERR_INVALID_RIGHTS",
    });
    expect(contract.grantRights(patient, unknown, user, READ)).toEqual({
      err: "ERR_RECORD_NOT_FOUND",
    });
    expect(contract.grantRights(user, id, user, AMEND)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.grantRights(patient, id, patient, READ)).toEqual({
      err: "ERR_SELF_GRANT",
    });
    expect(contract.grantRights(patient, id, user, READ, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
  });

  it.each(VALID)("stores rights u%s as given and shows them in the log", (rights) => {
    const { id, user } = contract.newGrant(rights);
    const fromVersion = 1n;
    expect(contract.storedGrant(id, user)).toMatchObject({
      rights,
      "from-version": fromVersion,
    });
    expect(contract.entries(id)[1]).toMatchObject({
      action: "grant",
      subject: user,
      version: fromVersion,
      detail: bitsDetail(rights),
    });
  });

  it.each(VALID)("lets a user with rights u%s read and amend as they say", (rights) => {
    const { id, user } = contract.newGrant(rights);
    const reads = (rights & (READ + AMEND)) > 0n;
    const amends = (rights & AMEND) > 0n;
    const opens = (rights & EMERGENCY) > 0n;
    expect(contract.hasAccess(id, user)).toBe(reads);
    expect("ok" in contract.access(user, id)).toBe(reads);
    expect("ok" in contract.amend(user, id)).toBe(amends);
    expect("ok" in contract.emergency(user, id)).toBe(opens);
  });

  it("opens the earlier versions with the history right, from the first", () => {
    const { patient, id } = contract.newRecord();
    contract.amend(patient, id);
    const user = chain.principal();
    contract.grantRights(patient, id, user, READ + HISTORY);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 1n });
    expect(contract.entries(id)[2]).toMatchObject({ action: "grant", version: 1n });
  });

  it("gives a live grant the history right, and keeps its versions when taken back", () => {
    const { patient, id } = contract.newRecord();
    contract.amend(patient, id);
    const user = chain.principal();
    contract.grantRights(patient, id, user, READ);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 2n });
    contract.grantRights(patient, id, user, READ + HISTORY);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 1n });
    contract.grantRights(patient, id, user, READ);
    expect(contract.storedGrant(id, user)).toMatchObject({
      rights: READ,
      "from-version": 1n,
    });
  });

  it("lets a delegate grant rights", () => {
    const { id, delegate } = contract.newDelegate();
    const user = chain.principal();
    expect(contract.grantRights(delegate, id, user, AMEND)).toEqual({ ok: true });
    expect(contract.amend(user, id)).toHaveProperty("ok");
  });
});
