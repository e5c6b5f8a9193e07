import { describe, expect, it } from "vitest";
import { Contract, sha256, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

const [HEAD, NEXT] = [sha256("01"), sha256("02")];

describe("anchor-vault-log", () => {
  it("refuses a count below the last one with ERR_COUNT_FELL", () => {
    const vault = chain.principal();
    contract.anchor(vault, HEAD, 5n);
    expect(contract.anchor(vault, HEAD, 4n)).toEqual({ err: "ERR_COUNT_FELL" });
    expect(contract.anchor(vault, NEXT, 0n)).toEqual({ err: "ERR_COUNT_FELL" });
  });

  it("refuses another head for the same count with ERR_HEAD_CHANGED", () => {
    const vault = chain.principal();
    contract.anchor(vault, HEAD, 5n);
    expect(contract.anchor(vault, NEXT, 5n)).toEqual({ err: "ERR_HEAD_CHANGED" });
    expect(contract.vaultLog(vault)).toMatchObject({ head: HEAD, count: 5n });
  });

  it("pins head, count and burn height of the caller's log, and prints them", () => {
    const vault = chain.principal();
    const height = chain.height();
    expect(contract.anchor(vault, HEAD, 5n)).toEqual({ ok: true });
    const anchor = { head: HEAD, count: 5n, "burn-height": height };
    expect(contract.vaultLog(vault)).toEqual(anchor);
    expect(chain.last?.events).toEqual([{ topic: "vault-log", vault, ...anchor }]);
  });

  it("moves on with a higher count, and repeats the same one", () => {
    const vault = chain.principal();
    expect(contract.anchor(vault, ZEROS, 0n)).toEqual({ ok: true });
    expect(contract.anchor(vault, HEAD, 1n)).toEqual({ ok: true });
    expect(contract.anchor(vault, HEAD, 1n)).toEqual({ ok: true });
    expect(contract.anchor(vault, HEAD, 2n)).toEqual({ ok: true });
    expect(contract.anchor(vault, NEXT, 2n ** 128n - 1n)).toEqual({ ok: true });
  });

  it("keeps each vault's log apart", () => {
    const [first, second] = [chain.principal(), chain.principal()];
    contract.anchor(first, HEAD, 5n);
    expect(contract.anchor(second, NEXT, 1n)).toEqual({ ok: true });
    expect(contract.vaultLog(first)).toMatchObject({ count: 5n });
  });
});
