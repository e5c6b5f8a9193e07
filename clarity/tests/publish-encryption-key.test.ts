import { describe, expect, it } from "vitest";
import { Contract, content } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("publish-encryption-key", () => {
  it("refuses an empty key with ERR_EMPTY_KEY", () => {
    const owner = chain.principal();
    expect(contract.publishKey(owner, "")).toEqual({ err: "ERR_EMPTY_KEY" });
    expect(contract.encryptionKey(owner)).toBeNull();
  });

  it("publishes for the caller, as generation u1, and prints it", () => {
    const owner = chain.principal();
    const height = chain.height();
    expect(contract.publishKey(owner, "a1")).toEqual({ ok: 1n });
    expect(contract.encryptionKey(owner)).toEqual({ recipient: "a1", generation: 1n });
    expect(chain.last?.events).toEqual([
      {
        topic: "encryption-key",
        owner,
        recipient: "a1",
        generation: 1n,
        "burn-height": height,
      },
    ]);
  });

  it("replaces the key and counts the generation up, for each owner apart", () => {
    const [owner, other] = [chain.principal(), chain.principal()];
    contract.publishKey(owner, "a1");
    contract.publishKey(other, "b1");
    expect(contract.publishKey(owner, "a2")).toEqual({ ok: 2n });
    expect(contract.encryptionKey(owner)).toEqual({ recipient: "a2", generation: 2n });
    expect(contract.encryptionKey(other)).toEqual({ recipient: "b1", generation: 1n });
  });

  it("takes 1,280 bytes and can't be called with 1,281", () => {
    const owner = chain.principal();
    expect(contract.publishKey(owner, content(1, 1_280))).toEqual({ ok: 1n });
    expect(() => contract.publishKey(owner, content(1, 1_281))).toThrow();
  });
});
