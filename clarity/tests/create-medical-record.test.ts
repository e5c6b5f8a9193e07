import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import { BOUND_IDS, boundId, Contract, content, expectOk, sha256, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("create-medical-record", () => {
  it("refuses empty content with ERR_EMPTY_CONTENT", () => {
    const outcome = contract.create(chain.principal(), chain.recordId(), "");
    expect(outcome).toEqual({ err: "ERR_EMPTY_CONTENT" });
  });

  it("refuses an id that is taken, by its own patient too, with ERR_RECORD_EXISTS", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.create(patient, id)).toEqual({ err: "ERR_RECORD_EXISTS" });
    expect(contract.create(chain.principal(), id)).toEqual({ err: "ERR_RECORD_EXISTS" });
    expect(contract.record(id)).toMatchObject({ patient, version: 1n });
  });

  it("tells empty content before a taken id", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.create(patient, id, "")).toEqual({ err: "ERR_EMPTY_CONTENT" });
  });

  it("makes the caller the patient and returns version u1, hash, index and head", () => {
    const patient = chain.principal();
    const id = chain.recordId();
    const outcome = contract.create(patient, id, content(7));
    const record = contract.record(id);
    expect(record).toMatchObject({ patient, version: 1n, readers: 0n, "audit-count": 1n });
    expect(outcome).toEqual({
      ok: {
        version: 1n,
        "content-hash": sha256(content(7)),
        "audit-index": 0n,
        "audit-head": record["audit-head"],
      },
    });
  });

  it("stores author, content, hash and burn height of the version", () => {
    const patient = chain.principal();
    const id = chain.recordId();
    const height = chain.height();
    contract.create(patient, id, content(9));
    expect(contract.version(id, 1n)).toEqual({
      author: patient,
      "encrypted-content": content(9),
      "content-hash": sha256(content(9)),
      "burn-height": height,
    });
    expect(contract.version(id, 2n)).toBeNull();
    expect(contract.version(id, 0n)).toBeNull();
  });

  it("logs and prints a create entry", () => {
    const patient = chain.principal();
    const id = chain.recordId();
    const height = chain.height();
    contract.create(patient, id);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 0n,
      action: "create",
      actor: patient,
      subject: null,
      version: 1n,
      expiry: null,
      detail: sha256(content()),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)).toEqual([entry]);
  });

  it("lists the record among its patient's", () => {
    const patient = chain.principal();
    const ids = [chain.recordId(), chain.recordId(), chain.recordId()];
    for (const id of ids) contract.create(patient, id);
    expect(contract.patient(patient)).toEqual({
      records: 3n,
      team: 0n,
      "audit-count": 0n,
      "audit-head": ZEROS,
      root: null,
      successor: null,
    });
    expect(contract.patientRecords(patient)).toEqual(ids);
  });

  it("takes any id that is not bound: the smallest, the largest, and those beside the bound", () => {
    const patient = chain.principal();
    for (const id of [0n, 2n ** 128n - 1n, BOUND_IDS - 1n, BOUND_IDS + 2n ** 112n]) {
      expect(contract.create(patient, id)).toHaveProperty("ok");
      expect(contract.access(patient, id)).toHaveProperty("ok");
    }
  });

  it("takes the ids that are bound to the caller: the first, one between and the last", () => {
    const patient = chain.principal();
    const first = boundId(patient);
    for (const id of [first, first + 77n, first + 2n ** 48n - 1n]) {
      expect(contract.create(patient, id)).toHaveProperty("ok");
      expect(contract.access(patient, id)).toHaveProperty("ok");
    }
  });

  it("refuses ids that are bound to somebody else, or to nobody, with ERR_FOREIGN_ID", () => {
    const patient = chain.principal();
    const first = boundId(patient);
    const foreign = [
      boundId(chain.principal()),
      first - 1n,
      first + 2n ** 48n,
      BOUND_IDS,
      BOUND_IDS + 2n ** 112n - 1n,
    ];
    for (const id of foreign) {
      expect(contract.create(patient, id)).toEqual({ err: "ERR_FOREIGN_ID" });
      expect(contract.record(id)).toBeNull();
    }
  });

  it("binds an id to the immediate caller, also where that is a contract", () => {
    const signer = chain.principal();
    const create = (id: bigint) =>
      chain.call(signer, "create", [Cl.uint(id), Cl.bufferFromHex(content())], "middleman");
    expect(create(boundId(signer))).toEqual({ err: "ERR_FOREIGN_ID" });
    const own = boundId(chain.middleman) + (chain.recordId() % 2n ** 47n);
    expect(create(own)).toHaveProperty("ok");
    expect(contract.record(own)).toMatchObject({ patient: chain.middleman });
  });

  it("tells empty content before a foreign id, and a foreign id before a taken one", () => {
    const { patient, id } = { patient: chain.principal(), id: boundId(chain.principal()) };
    expect(contract.create(patient, id, "")).toEqual({ err: "ERR_EMPTY_CONTENT" });
    const owner = chain.principal();
    expectOk(contract.create(owner, boundId(owner)));
    expect(contract.create(patient, boundId(owner))).toEqual({ err: "ERR_FOREIGN_ID" });
    expect(contract.create(owner, boundId(owner))).toEqual({ err: "ERR_RECORD_EXISTS" });
  });

  it("takes content of one byte and of 65,536", () => {
    const patient = chain.principal();
    for (const length of [1, 65_536]) {
      const id = chain.recordId();
      expect(contract.create(patient, id, content(3, length))).toHaveProperty("ok");
      expect(contract.access(patient, id)).toMatchObject({
        ok: { "encrypted-content": content(3, length) },
      });
    }
  });

  it("can't be called with 65,537 bytes", () => {
    const id = chain.recordId();
    expect(() => contract.create(chain.principal(), id, content(3, 65_537))).toThrow();
    expect(contract.record(id)).toBeNull();
  });
});
