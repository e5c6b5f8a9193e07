// One source under Clarity 2 to 6: the same calls have the same results, events and state.

import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { withoutComments } from "../scripts/deployed.mjs";
import { Chain, DEPLOYED, ERRORS, SOURCE, type Receipt } from "./chain";
import { AMEND, Contract, content, EMERGENCY } from "./contract";

const VERSIONS: [number, string][] = [
  [2, "2.5"],
  [3, "3.2"],
  [4, "3.3"],
  [5, "3.4"],
  [6, "4.0"],
];

/** Each call at a height of its own, so that mining on every call makes no difference. */
const START = 1_000n;

function life(chain: Chain): { receipts: Omit<Receipt, "costs">[]; state: unknown } {
  const contract = new Contract(chain);
  const [patient, reader, medic, next, stranger, heir] = Array.from({ length: 6 }, () =>
    chain.principal(),
  ) as [string, string, string, string, string, string];
  const id = 7n;
  const calls: (() => unknown)[] = [
    () => contract.create(patient, id, content(1, 1_000)),
    () => contract.create(stranger, id),
    () => contract.amend(patient, id, content(2, 65_536)),
    () => contract.amendVersion(patient, id, 2n),
    () => contract.access(stranger, id),
    () => contract.grant(patient, id, reader, START + 100n),
    () => contract.access(reader, id),
    () => contract.accessVersion(reader, id, 1n),
    () => contract.grantRights(patient, id, reader, AMEND, null),
    () => contract.amendVersion(reader, id, 3n, content(3)),
    () => contract.putEnvelope(reader, id, 3n, patient, content(4, 2_048)),
    () => contract.grantStanding(patient, patient, medic, EMERGENCY),
    () => contract.access(medic, id),
    () => contract.emergency(medic, id),
    () => contract.access(medic, id),
    () => contract.setDelegate(patient, next, START + 500n),
    () => contract.revoke(next, id, medic),
    () => contract.access(medic, id),
    () => contract.grantMany(next, [{ id, user: stranger, expiry: START + 25n }]),
    () => contract.access(stranger, id),
    () => contract.publishKey(reader, content(5, 1_280)),
    () => contract.anchor(medic, content(6, 32), 9n),
    () => contract.anchor(medic, content(6, 32), 8n),
    () => contract.removeDelegate(patient, next),
    () => contract.revokeStanding(patient, patient, medic),
    () => contract.transfer(patient, id, next),
    () => contract.access(stranger, id),
    () => contract.accept(next, id),
    () => contract.access(patient, id),
    () => contract.access(next, id),
    () => contract.setDelegate(next, medic, null, 3n),
    () => contract.grant(medic, id, stranger),
    () => contract.createFor(medic, next, 8n),
    () => contract.endDelegation(next, medic),
    () => contract.access(stranger, id),
    () => contract.nameContact(next, medic, 5n, 3n),
    () => contract.ask(medic, next),
    () => contract.refuse(next, next, medic),
    () => contract.acceptDelegation(medic, next),
    () => contract.setMember(reader, stranger),
    () => contract.accessFor(stranger, id, 3n, reader),
    () => contract.removeMember(reader, stranger),
    () => contract.offerSuccession(next, heir),
    () => contract.acceptSuccession(heir, next),
    () => contract.access(next, id),
    () => contract.access(heir, id),
    () => contract.grantStanding(heir, heir, medic),
    () => contract.access(medic, id),
  ];
  const receipts = calls.map((call, step) => {
    chain.mineTo(START + BigInt(step));
    call();
    const { costs: _, ...receipt } = chain.last!;
    return receipt;
  });
  chain.mineReadsTo(START + 200n);
  const state = {
    record: contract.record(id),
    entries: contract.entries(id),
    patientEntries: contract.patientEntries(patient),
    lineEntries: contract.patientEntries(heir),
    line: contract.line(next),
    readers: contract.recordReaders(id),
    team: contract.careTeam(patient),
    grants: [reader, medic, next, stranger].map((user) => contract.storedGrant(id, user)),
    effective: [reader, medic, next, stranger].map((user) => contract.effectiveGrant(id, user)),
    access: [patient, reader, medic, next, stranger].map((user) => contract.hasAccess(id, user)),
  };
  expect(contract.rebuiltHead(id)).toBe(contract.record(id)["audit-head"]);
  return { receipts, state };
}

describe("Clarity 2 to 6", () => {
  const lives: { clarity: number; life: ReturnType<typeof life>; interface: object }[] = [];

  it.each(VERSIONS)("runs the source as Clarity %i at epoch %s", async (clarity, epoch) => {
    const chain = await Chain.open(clarity, epoch, DEPLOYED);
    const { functions, maps, variables } = chain.interface();
    lives.push({ clarity, life: life(chain), interface: { functions, maps, variables } });
    expect(lives.at(-1)?.life).toEqual(lives[0]?.life);
    expect(lives.at(-1)?.interface).toEqual(lives[0]?.interface);
  });

  afterAll(() => {
    expect(lives.map(({ clarity }) => clarity)).toEqual([2, 3, 4, 5, 6]);
  });

  it("sees refusals and successes in the life that it compares", () => {
    const outcomes = lives[0]!.life.receipts.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => "err" in outcome)).toEqual([
      { err: "ERR_RECORD_EXISTS" },
      { err: "ERR_VERSION_TAKEN" },
      { err: "ERR_NO_ACCESS" },
      { err: "ERR_VERSION_NOT_GRANTED" },
      { err: "ERR_NO_READ_RIGHT" },
      { err: "ERR_GRANT_REVOKED" },
      { err: "ERR_COUNT_FELL" },
      { err: "ERR_GRANT_EXPIRED" },
      { err: "ERR_NO_ACCESS" },
      { err: "ERR_NO_POWER" },
      { err: "ERR_GRANT_REVOKED" },
      { err: "ERR_NO_SUCH_CONTACT" },
      { err: "ERR_SUCCEEDED" },
      { err: "ERR_GRANT_REVOKED" },
    ]);
  });
});

describe("the source", () => {
  it("is deployed as it is, but for comments and blank lines (npm run deployed)", () => {
    expect(DEPLOYED).toBe(withoutComments(SOURCE));
    expect(DEPLOYED).not.toMatch(/;|^$\n/m);
    // No semicolon stands in a text, so that what was left out was a comment.
    expect(SOURCE).not.toMatch(/"[^"\n]*;[^"\n]*"[^"]*$(?<!;;.*)/m);
  });

  it("names nothing whose meaning changed between versions", () => {
    const code = SOURCE.replaceAll(/;;.*$/gm, "");
    expect(code).not.toMatch(
      /[( ](block-height|stacks-block-height|at-block|get-block-info\?|as-contract)\b/,
    );
    expect(SOURCE).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it("gives each error a sentence and a code of its own, in its hundred", () => {
    const constants = [
      ...SOURCE.matchAll(/^;; (.+)\n\(define-constant (ERR_\w+) \(err u(\d+)\)\)/gm),
    ];
    expect(constants).toHaveLength(ERRORS.size);
    expect(new Set(constants.map((found) => found[3])).size).toBe(ERRORS.size);
    expect(new Set(constants.map((found) => found[1])).size).toBe(ERRORS.size);
    for (const found of constants) {
      expect(found[1]).toMatch(/^[A-Z].*\.$/);
      expect(Number(found[3])).toBeGreaterThan(100);
      expect(Number(found[3])).toBeLessThan(500);
    }
  });

  it("has a test file for every public function, and a test that sees every error", () => {
    const tests = readdirSync(new URL(".", import.meta.url)).filter(
      (name) => name.endsWith(".test.ts") && name !== "versions.test.ts",
    );
    const text = tests.map((name) => readFileSync(new URL(name, import.meta.url), "utf8"));
    for (const [, name] of SOURCE.matchAll(/^\(define-public \(([\w-]+)/gm)) {
      expect(tests).toContain(`${name}.test.ts`);
    }
    for (const name of ERRORS.values()) {
      expect(text.some((test) => test.includes(`err: "${name}"`)), name).toBe(true);
    }
  });

  it("has the error codes and sentences of the README, which others rely on", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const listed = [...readme.matchAll(/^\| `(ERR_\w+)` \| u(\d+) \| (.+) \|$/gm)];
    expect(listed.map(([, name, code]) => [BigInt(code!), name])).toEqual([...ERRORS]);
    for (const [, name, code, sentence] of listed) {
      expect(SOURCE).toContain(`;; ${sentence}\n(define-constant ${name} (err u${code}))`);
    }
    for (const [, name] of SOURCE.matchAll(/^\(define-(?:public|read-only) \(([\w-]+)/gm)) {
      expect(readme).toContain(name);
    }
  });

  it("documents every public function: caller, result, errors and event", () => {
    const names = [...SOURCE.matchAll(/^\(define-public \(([\w-]+)/gm)].map((found) => found[1]!);
    expect(names).toHaveLength(30);
    for (const name of names) {
      const before = SOURCE.slice(0, SOURCE.search(new RegExp(`^\\(define-public \\(${name}\\b`, "m")));
      const comment = before.slice(before.lastIndexOf("\n\n"));
      for (const line of ["Caller", "Returns", "Errors", "Event"]) {
        expect(comment, `${name}: ${line}`).toContain(line);
      }
    }
  });
});
