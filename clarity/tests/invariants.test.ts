// The invariants in the contract's header, one by one, over random lives of two records.
//
// What holds is read from the chain's own state after each step, by nothing but the sentence
// in the header: the reference of the model test only picks who calls. The seed is printed;
// INVARIANT_SEED repeats a run, INVARIANT_RUNS makes it longer.

import { setImmediate } from "node:timers/promises";
import { Cl, serializeCV, type ClarityValue } from "@stacks/transactions";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi, type MockInstance } from "vitest";
import type { Chain, Outcome } from "./chain";
import {
  AMEND,
  Contract,
  EMERGENCY,
  HISTORY,
  READ,
  SEE,
  SHARE,
  ZEROS,
  content,
  expectOk,
  sha256,
  type Entry,
  type Grant,
  type Record,
} from "./contract";
import { plain, type Plain } from "./plain";
import { lead, LIFE, type World } from "./steps";

const SEED = Number(process.env.INVARIANT_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.INVARIANT_RUNS ?? 3);
const TIMEOUT = { timeout: 60_000 + RUNS * 30_000 };
const { uint, principal, tuple } = Cl;

/** A call as it reached the chain. */
interface Call {
  by: string;
  name: string;
  args: Plain[];
  outcome: Outcome;
}

interface Watch {
  /** After each step; null: burn blocks passed and nothing else. */
  step: (call: Call | null) => void;
  /** When the life is over. */
  end?: () => void;
}

let contract: Contract;
let calls: MockInstance<Chain["call"]>;

beforeAll(async () => {
  console.info(`INVARIANT_SEED=${SEED} INVARIANT_RUNS=${RUNS}`);
  contract = await Contract.shared();
  calls = vi.spyOn(contract.chain, "call");
});

afterAll(() => calls.mockRestore());

/** Watch random lives; a new watch for each. */
async function watchLives(watch: (world: World) => Watch): Promise<void> {
  await check(
    fc.asyncProperty(LIFE, async (steps) => {
      await setImmediate();
      const watches: Watch[] = [];
      lead(contract, steps, (world) => {
        const watching = watch(world);
        watches.push(watching);
        return (_, done) => watching.step(done && lastCall(done[1]));
      });
      for (const { end } of watches) end?.();
    }),
  );
}

function check<T>(property: fc.IAsyncProperty<T> | fc.IProperty<T>, runs = RUNS): Promise<void> {
  return fc.assert(property as fc.IAsyncProperty<T>, {
    seed: SEED,
    numRuns: runs,
    includeErrorInReport: true,
  });
}

function lastCall(outcome: Outcome): Call {
  const [by, name, args] = calls.mock.lastCall!;
  calls.mockClear();
  return { by, name, args: args.map(plain), outcome };
}

const succeeded = ({ outcome }: Call) => "ok" in outcome;

// ---- the chain's state, from its maps

/** A map's entry; null: there is none, which the network says by throwing. */
function stored(map: string, key: ClarityValue): Plain {
  try {
    return contract.chain.mapEntry(map, key);
  } catch (reason) {
    if (reason === "value not found") return null;
    throw reason;
  }
}

const state = {
  record: (id: bigint) => stored("records", uint(id)) as unknown as Record | null,
  version: (id: bigint, version: bigint) =>
    stored(
      "record-versions",
      tuple({ "record-id": uint(id), version: uint(version) }),
    ),
  grant: (id: bigint, user: string) =>
    stored(
      "access-grants",
      tuple({ "record-id": uint(id), user: principal(user) }),
    ) as Grant | null,
  standing: (patient: string, user: string) => {
    const key = tuple({ patient: principal(patient), user: principal(user) });
    const grant = stored("standing-grants", key) as Grant | null;
    return grant && { ...grant, "from-version": 1n, standing: patient };
  },
  /** Powers of a live delegate, or 0. */
  powers: (patient: string, user: string) => {
    const key = tuple({ patient: principal(patient), delegate: principal(user) });
    const delegation = stored("delegates", key) as { powers: bigint; expiry: bigint } | null;
    return delegation !== null && isAhead(delegation.expiry) ? delegation.powers : 0n;
  },
  isDelegate: (patient: string, user: string) => state.powers(patient, user) > 0n,
  /** The first and the latest of somebody's line. */
  first: (user: string) => {
    const own = stored("patients", principal(user)) as { root: string | null } | null;
    return own?.root ?? user;
  },
  latest: (user: string) => {
    const first = state.first(user);
    const own = stored("patients", principal(first)) as { successor: string | null } | null;
    return own?.successor ?? first;
  },
  offer: (id: bigint) =>
    stored("pending-transfers", uint(id)) as { to: string; by: string } | null,
  offeredTo: (id: bigint) => state.offer(id)?.to ?? null,
  patient: (patient: string) =>
    stored("patients", principal(patient)) as unknown as Record | null,
};

/** A record's log or, by principal, a patient's. */
type Log = bigint | string;

function logHead(log: Log): { count: bigint; head: string } {
  const holder = typeof log === "bigint" ? state.record(log) : state.patient(log);
  return { count: holder?.["audit-count"] ?? 0n, head: holder?.["audit-head"] ?? ZEROS };
}

function logEntry(log: Log, index: bigint): Entry | null {
  return typeof log === "bigint"
    ? (stored(
        "audit-log",
        tuple({ "record-id": uint(log), index: uint(index) }),
      ) as Entry | null)
    : (stored(
        "patient-audit-log",
        tuple({ patient: principal(log), index: uint(index) }),
      ) as Entry | null);
}

function logsOf({ ids, principals }: World): Log[] {
  return [...ids, ...principals];
}

function isAhead(expiry: bigint | null): boolean {
  return expiry === null || contract.chain.height() < expiry;
}

const isLive = (grant: Grant | null) =>
  grant !== null && grant.rights > 0n && isAhead(grant.expiry);

// ----

describe("invariant 1: a version, once written, never changes and never goes away", () => {
  it("every version seen before reads the same after any step", TIMEOUT, async () => {
    await watchLives(({ ids }) => {
      const seen = new Map<bigint, Plain[]>(ids.map((id) => [id, []]));
      return {
        step: () => {
          for (const [id, versions] of seen) {
            versions.forEach((version, index) => {
              expect(state.version(id, BigInt(index + 1))).toEqual(version);
            });
            const latest = state.record(id)?.version ?? 0n;
            expect(latest).toBeGreaterThanOrEqual(BigInt(versions.length));
            while (BigInt(versions.length) < latest) {
              const version = state.version(id, BigInt(versions.length + 1));
              expect(version).not.toBeNull();
              versions.push(version);
            }
          }
        },
      };
    });
  });
});

describe("invariant 2: only the patient or a live delegate widens access to a record", () => {
  const BY_NAME = ["grant-record-access", "grant-record-rights", "grant-many"];

  function isWider(before: Grant | null, after: Grant | null): boolean {
    if (after === null) return false;
    if (before === null) return true;
    return (
      (after.rights & ~before.rights) !== 0n ||
      after["from-version"] < before["from-version"] ||
      (before.expiry !== null && (after.expiry === null || after.expiry > before.expiry))
    );
  }

  /** All that says who may open what, at this height. */
  function look({ ids, principals }: World) {
    const pairs = principals.flatMap((of) =>
      principals.map((user) => ({ of, user, pair: `${of}/${user}` })),
    );
    return {
      height: contract.chain.height(),
      standing: new Map(
        pairs.map(({ of, user, pair }) => {
          const grant = state.standing(of, user);
          return [pair, isLive(grant) ? grant : null];
        }),
      ),
      delegates: new Map(
        pairs
          .filter(({ of, user }) => state.isDelegate(of, user))
          .map(({ of, user, pair }) => [pair, state.powers(of, user)]),
      ),
      lines: new Map(
        principals.map((one) => [one, { first: state.first(one), latest: state.latest(one) }]),
      ),
      records: new Map(
        ids.map((id) => [
          id,
          {
            patient: state.record(id)?.patient ?? "",
            offeredTo: state.offeredTo(id),
            grants: new Map(principals.map((user) => [user, contract.effectiveGrant(id, user)])),
          },
        ]),
      ),
    };
  }

  type Sight = ReturnType<typeof look>;

  /** Patients are named by the first of their line. */
  function mayActFor(sight: Sight, patient: string, call: Call): boolean {
    const powers = sight.delegates.get(`${patient}/${call.by}`) ?? 0n;
    const latest = sight.lines.get(patient)?.latest ?? patient;
    return call.by === latest || (powers & (SEE | SHARE)) === (SEE | SHARE);
  }

  function first(sight: Sight, one: Plain): string {
    return sight.lines.get(one as string)?.first ?? (one as string);
  }

  /** May this step have widened the user's grant on the record to `after`? */
  function isAllowed(
    call: Call | null,
    before: Sight,
    after: Sight,
    id: bigint,
    user: string,
  ): boolean {
    const { patient, offeredTo, grants } = before.records.get(id)!;
    if (call && mayActFor(before, patient, call)) {
      if (BY_NAME.includes(call.name)) return true;
      const named = first(before, call.args[0]!);
      if (call.name === "grant-standing-access" && named === patient) return true;
    }
    // What was granted before comes to light: the standing grant behind a record's own that
    // lapsed, or, where the patient changed, those of the patient who was offered the record.
    const was = grants.get(user)!;
    const lapsed = call === null && was?.expiry != null && was.expiry <= after.height;
    const accepted =
      call?.name === "accept-patient" && call.args[0] === id && call.by === offeredTo;
    if (!lapsed && !accepted) return false;
    const now = after.records.get(id)!;
    const whose = accepted ? first(before, call.by) : patient;
    const standing = before.standing.get(`${whose}/${user}`);
    expect(now.grants.get(user)).toEqual(standing);
    return true;
  }

  it("no grant appears or gets wider but by what one of them grants", TIMEOUT, async () => {
    await watchLives((world) => {
      let before = look(world);
      return {
        step: (call) => {
          // The chain rolls back what a refused call wrote.
          if (call && !succeeded(call)) return;
          const after = look(world);
          for (const id of world.ids) {
            for (const [user, grant] of after.records.get(id)!.grants) {
              const was = before.records.get(id)!.grants.get(user)!;
              if (!isWider(was, grant)) continue;
              const widening = `${call?.name ?? "time"} by ${call?.by}, of ${user} on ${id}`;
              expect(isAllowed(call, before, after, id, user), widening).toBe(true);
            }
          }
          for (const [pair, grant] of after.standing) {
            if (!isWider(before.standing.get(pair)!, grant)) continue;
            const [patient = ""] = pair.split("/");
            expect(call).toMatchObject({ name: "grant-standing-access" });
            expect(mayActFor(before, patient, call!), `standing: ${pair}`).toBe(true);
          }
          before = after;
        },
      };
    });
  });

  it("nobody but the patient makes a delegate or gives the record away", TIMEOUT, async () => {
    await watchLives((world) => {
      let before = look(world);
      return {
        step: (call) => {
          if (call && !succeeded(call)) return;
          const after = look({ ...world, ids: [] });
          for (const [pair, powers] of after.delegates) {
            if ((powers & ~(before.delegates.get(pair) ?? 0n)) === 0n) continue;
            const [patient = "", user] = pair.split("/");
            if (call?.name === "accept-delegation") {
              expect([first(before, call.args[0]!), call.by]).toEqual([patient, user]);
              continue;
            }
            expect(call).toMatchObject({ name: "set-delegate" });
            expect(call!.by).toBe(before.lines.get(patient)!.latest);
          }
          for (const [one, { latest }] of after.lines) {
            if (before.lines.get(one)!.latest === latest) continue;
            expect(call).toMatchObject({ name: "accept-succession", by: latest });
          }
          const records = new Map(
            world.ids.map((id) => {
              const { patient, offeredTo } = before.records.get(id)!;
              const now = {
                patient: state.record(id)?.patient ?? "",
                offeredTo: state.offeredTo(id),
                grants: new Map(),
              };
              if (now.offeredTo !== offeredTo && now.offeredTo !== null) {
                const { latest } = before.lines.get(patient)!;
                expect(call).toMatchObject({ name: "transfer-patient", by: latest });
              }
              if (now.patient !== patient && patient !== "") {
                expect(call).toMatchObject({ name: "accept-patient", by: offeredTo });
                expect(now.patient).toBe(first(before, offeredTo));
              }
              return [id, now];
            }),
          );
          before = { ...after, records };
        },
      };
    });
  });

  const pick = <T>(from: T[], turn: number): T => from[turn % from.length]!;

  type Attempt = (by: string, id: bigint, patient: string) => Outcome;

  const ATTEMPTS: Attempt[] = [
    (by, id) => contract.grant(by, id, by),
    (by, id) => contract.grantRights(by, id, by, READ | AMEND | HISTORY),
    (by, id) => contract.grantMany(by, [{ id, user: by, expiry: null }]),
    (by, _, patient) => contract.grantStanding(by, patient, by),
    (by, id, patient) => contract.transfer(by, id, patient),
    (by, id, patient) => {
      if (state.offeredTo(id) !== null) return contract.accept(by, id);
      expectOk(contract.transfer(patient, id, contract.chain.principal()));
      const outcome = contract.accept(by, id);
      if ("err" in outcome) expectOk(contract.transfer(patient, id, patient));
      return outcome;
    },
    (by, _, patient) => {
      const offered = contract.pendingSuccession(patient);
      if (offered === by) return { err: "is offered" };
      return contract.acceptSuccession(by, patient);
    },
  ];

  it("whoever else tries is refused, former patients and delegates too", TIMEOUT, async () => {
    await watchLives(({ ids, principals }) => {
      let turn = 0;
      return {
        step: () => {
          const id = pick(ids, turn);
          const by = pick(principals, Math.floor(turn / 2));
          const attempt = pick(ATTEMPTS, Math.floor(turn / 3));
          turn += 1;
          const root = state.record(id)?.patient;
          if (root === undefined || state.isDelegate(root, by)) return;
          const patient = state.latest(root);
          if (by === patient || by === state.offeredTo(id)) return;
          expect(attempt(by, id, patient), `${attempt}`).toHaveProperty("err");
        },
      };
    });
  });
});

describe("invariant 3: a successful call appends exactly one entry to its log", () => {
  /** The logs that a successful call belongs in, once for each entry. */
  function logsFor({ by, name, args }: Call): Log[] {
    if (["publish-encryption-key", "anchor-vault-log"].includes(name)) return [];
    if (name === "create-record-for") return [args[1] as bigint];
    if (OWN.includes(name)) return [state.first(by)];
    if (name === "grant-many") {
      return (args[0] as { "record-id": bigint }[]).map((grant) => grant["record-id"]);
    }
    const [of] = args;
    return [typeof of === "string" ? state.first(of) : (of as bigint)];
  }

  /** Calls about the caller as a patient, or as an organisation. */
  const OWN = [
    "set-delegate",
    "remove-delegate",
    "end-delegation",
    "name-contact",
    "set-member",
    "remove-member",
    "offer-succession",
  ];

  const AUDITS = ["record-audit", "patient-audit"];

  /** That each log grew by exactly its entries of this step, the last ones by the caller. */
  function expectGrowth(before: Map<Log, bigint>, call: Call | null): void {
    const grown = call && succeeded(call) ? logsFor(call) : [];
    if (call) {
      const printed = contract.chain.last!.events as Entry[];
      if (!succeeded(call)) expect(printed).toEqual([]);
      const audits = printed.filter(({ topic }) => AUDITS.includes(topic));
      expect(audits).toHaveLength(grown.length);
    }
    for (const [log, length] of before) {
      const { count } = logHead(log);
      const entries = grown.filter((other) => other === log).length;
      expect(count - length, `${call?.name} in ${log}`).toBe(BigInt(entries));
      for (let index = length; index < count; index += 1n) {
        const entry = logEntry(log, index);
        expect(entry).toMatchObject({
          actor: call!.by,
          "burn-height": contract.chain.height(),
        });
        expect(contract.chain.last!.events).toContainEqual(
          expect.objectContaining({ ...entry, index }),
        );
      }
      expect(logEntry(log, count)).toBeNull();
      before.set(log, count);
    }
  }

  it("one to the record's or the patient's, none when it is refused", TIMEOUT, async () => {
    await watchLives((world) => {
      const lengths = new Map(logsOf(world).map((log) => [log, 0n]));
      return { step: (call) => expectGrowth(lengths, call) };
    });
  });

  it("grant-many: one for each grant, or none at all", TIMEOUT, async () => {
    const grant = fc.record({
      record: fc.nat(1),
      user: fc.oneof(
        { weight: 15, arbitrary: fc.nat(3) },
        { weight: 1, arbitrary: fc.constant(-1) },
      ),
      blocks: fc.option(fc.bigInt({ min: 1n, max: 9n }), { nil: null }),
    });
    await check(
      fc.property(fc.noBias(fc.array(grant, { maxLength: 20, size: "max" })), (grants) => {
        const { patient, id } = contract.newRecord();
        const ids = [id, contract.chain.recordId()];
        expectOk(contract.create(patient, ids[1]!));
        const users = Array.from({ length: 4 }, () => contract.chain.principal());
        const outcome = contract.grantMany(
          patient,
          grants.map(({ record, user, blocks }) => ({
            id: ids[record]!,
            // A patient can't grant to themselves: that refuses all of them.
            user: users[user] ?? patient,
            expiry: blocks && contract.chain.height() + blocks,
          })),
        );
        expect("ok" in outcome).toBe(grants.every(({ user }) => user >= 0));
        const lengths = new Map<Log, bigint>(ids.map((log) => [log, 1n]));
        expectGrowth(lengths.set(patient, 0n), lastCall(outcome));
      }),
      RUNS * 10,
    );
  });
});

describe("invariant 4: a log's head commits to all its entries and their order", () => {
  /** An entry as it was printed. */
  function printed(log: Log, index: bigint): ClarityValue {
    const entry = logEntry(log, index);
    if (!entry) throw new Error(`entry ${index} of ${log} is missing`);
    return tuple({
      ...(typeof log === "bigint"
        ? { topic: Cl.stringAscii("record-audit"), "record-id": uint(log) }
        : { topic: Cl.stringAscii("patient-audit"), patient: principal(log) }),
      index: uint(index),
      action: Cl.stringAscii(entry.action),
      actor: principal(entry.actor),
      subject: entry.subject === null ? Cl.none() : Cl.some(principal(entry.subject)),
      version: uint(entry.version),
      expiry: entry.expiry === null ? Cl.none() : Cl.some(uint(entry.expiry)),
      detail: Cl.bufferFromHex(entry.detail),
      "burn-height": uint(entry["burn-height"]),
    });
  }

  it("it is the fold over them, from 32 zeros, after any step", TIMEOUT, async () => {
    await watchLives((world) => ({
      step: () => {
        for (const log of logsOf(world)) {
          const { count, head } = logHead(log);
          let fold = ZEROS;
          for (let index = 0n; index < count; index += 1n) {
            fold = sha256(fold, sha256(serializeCV(printed(log, index))));
          }
          expect(head).toBe(fold);
        }
      },
    }));
  });
});

describe("invariant 5: an expiry is exclusive, open while burn-block-height < expiry", () => {
  it("a record's own grant counts up to the block before its expiry", TIMEOUT, async () => {
    await watchLives(({ ids, principals }) => {
      const expectExact = () => {
        for (const id of ids) {
          for (const user of principals) {
            const grant = contract.storedGrant(id, user);
            if (!grant?.expiry) continue;
            const effective = contract.effectiveGrant(id, user);
            if (isLive(grant)) expect(effective).toEqual({ ...grant, standing: null });
            else expect(effective?.expiry).not.toBe(grant.expiry);
          }
        }
      };
      return {
        step: (call) => {
          if (call === null) expectExact();
        },
        end: () => {
          const expiries = ids
            .flatMap((id) => principals.map((user) => state.grant(id, user)))
            .filter((grant) => isLive(grant))
            .flatMap((grant) => grant?.expiry ?? []);
          for (const expiry of [...new Set(expiries)].sort((a, b) => Number(a - b))) {
            for (const height of [expiry - 1n, expiry]) {
              if (contract.chain.height() < height) contract.chain.mineTo(height);
              expectExact();
            }
          }
        },
      };
    });
  });

  type Opening = (blocks: bigint) => { id: bigint; user: string; until: bigint; refusal: string };

  const after = (blocks: bigint) => contract.chain.height() + blocks;

  const OPENINGS: { [kind: string]: Opening } = {
    grant: (blocks) => {
      const until = after(blocks);
      return { ...contract.newGrant(READ, until), until, refusal: "ERR_GRANT_EXPIRED" };
    },
    "standing grant": (blocks) => {
      const { patient, id } = contract.newRecord();
      const user = contract.chain.principal();
      const until = after(blocks);
      expectOk(contract.grantStanding(patient, patient, user, AMEND | HISTORY, until));
      return { id, user, until, refusal: "ERR_GRANT_EXPIRED" };
    },
    delegate: (blocks) => {
      const until = after(blocks);
      const { id, delegate } = contract.newDelegate(until);
      return { id, user: delegate, until, refusal: "ERR_NO_ACCESS" };
    },
    emergency: () => {
      const { id, user } = contract.newGrant(EMERGENCY);
      const { until } = expectOk(contract.emergency(user, id)) as { until: bigint };
      return { id, user, until, refusal: "ERR_NO_READ_RIGHT" };
    },
  };

  it("a user opens the record at expiry - 1 and not at expiry", TIMEOUT, async () => {
    const kinds = fc.constantFrom(...Object.keys(OPENINGS));
    await check(
      fc.property(kinds, fc.bigInt({ min: 1n, max: 200n }), (kind, blocks) => {
        const { id, user, until, refusal } = OPENINGS[kind]!(blocks);
        contract.chain.mineTo(until - 1n);
        expect(contract.hasAccess(id, user)).toBe(true);
        expect(contract.access(user, id)).toHaveProperty("ok");
        contract.chain.mineTo(until);
        expect(contract.hasAccess(id, user)).toBe(false);
        expect(contract.access(user, id)).toEqual({ err: refusal });
      }),
      RUNS * 10,
    );
  });
});

describe("invariant 6: a revoke ends a user's access until the record is granted again", () => {
  const NEEDS_GRANT = [
    "access-medical-record",
    "access-record-version",
    "amend-medical-record",
    "amend-record-version",
    "emergency-access",
  ];

  /** The grants that a call names: on which record, to whom. */
  function named({ name, args }: Call): [Plain, Plain][] {
    if (name === "grant-many") {
      return (args[0] as { "record-id": bigint; user: string }[]).map((grant) => [
        grant["record-id"],
        grant.user,
      ]);
    }
    return name.startsWith("grant-record-") ? [[args[0]!, args[1]!]] : [];
  }

  it("whoever was revoked stays shut out, standing access included", TIMEOUT, async () => {
    await watchLives(({ ids, principals }) => {
      const shut = new Map<string, { id: bigint; user: string }>();
      const mayStill = (id: bigint, user: string) => {
        const { patient } = state.record(id)!;
        return user === state.latest(patient) || (state.powers(patient, user) & SEE) > 0n;
      };
      const expectShut = () => {
        for (const { id, user } of shut.values()) {
          expect(contract.effectiveGrant(id, user)).toBeNull();
          expect(contract.hasAccess(id, user)).toBe(mayStill(id, user));
        }
      };
      return {
        step: (call) => {
          if (call && NEEDS_GRANT.includes(call.name)) {
            const [id, user] = [call.args[0] as bigint, call.by];
            const patient = state.record(id)?.patient ?? "";
            if (
              shut.has(`${id}/${user}`) &&
              !mayStill(id, user) &&
              !state.isDelegate(patient, user)
            ) {
              expect(call.outcome, `${call.name} by ${user}`).toHaveProperty("err");
            }
          }
          if (call && succeeded(call)) {
            for (const [id, user] of named(call)) shut.delete(`${id}/${user}`);
            if (call.name === "revoke-record-access") {
              const [id, user] = call.args as [bigint, string];
              shut.set(`${id}/${user}`, { id, user });
            }
          }
          expectShut();
        },
        // All who are left are revoked, and get standing access later: it opens nothing.
        end: () => {
          for (const id of ids) {
            const patient = state.latest(state.record(id)!.patient);
            for (const user of principals) {
              const outcome = contract.revoke(patient, id, user);
              if ("ok" in outcome) shut.set(`${id}/${user}`, { id, user });
            }
          }
          contract.chain.mine(1n);
          for (const { id, user } of shut.values()) {
            const { patient: first } = state.record(id)!;
            const patient = state.latest(first);
            if (state.first(user) !== first) {
              expectOk(contract.grantStanding(patient, patient, user));
            }
          }
          expectShut();
        },
      };
    });
  });
});

describe("invariant 7: the patient can't be locked out of a record", () => {
  it("the patient opens the latest version after any step, in the end all", TIMEOUT, async () => {
    await watchLives(({ ids, principals }) => ({
      step: (call) => {
        if (call && !succeeded(call)) return;
        for (const id of ids) {
          const record = state.record(id);
          if (!record) continue;
          expect(contract.access(state.latest(record.patient), id)).toMatchObject({
            ok: { version: record.version },
          });
        }
      },
      end: () => {
        for (const id of ids) {
          const { patient: first, version } = state.record(id)!;
          const patient = state.latest(first);
          for (let number = 1n; number <= version; number += 1n) {
            expect(contract.accessVersion(patient, id, number)).toHaveProperty("ok");
          }
          // Nor can a patient who was revoked before they became one.
          const next =
            principals.find(
              (other) => state.first(other) !== first && state.latest(other) === other,
            ) ?? contract.chain.principal();
          expectOk(contract.grant(patient, id, next));
          expectOk(contract.revoke(patient, id, next));
          expectOk(contract.transfer(patient, id, next));
          expectOk(contract.accept(next, id));
          expect(contract.access(next, id)).toHaveProperty("ok");
        }
      },
    }));
  });
});

// costs.test.ts holds the same at the hundred-thousandth entry, and every figure itself.
describe("invariant 8: no call costs more because of what was stored before", () => {
  const CALLS: { [name: string]: (patient: string, id: bigint) => Outcome } = {
    amend: (patient, id) => contract.amend(patient, id, content()),
    access: (patient, id) => contract.access(patient, id),
    grant: (patient, id) => contract.grant(patient, id, contract.chain.principal(), null),
    standing: (patient) => contract.grantStanding(patient, patient, contract.chain.principal()),
    delegate: (patient) => contract.setDelegate(patient, contract.chain.principal()),
    offer: (patient, id) => contract.transfer(patient, id, contract.chain.principal()),
  };

  /** What each call costs, one after the other. */
  function costs(patient: string, id: bigint): object {
    return Object.fromEntries(
      Object.entries(CALLS).map(([name, call]) => {
        expectOk(call(patient, id));
        return [name, contract.chain.last!.costs];
      }),
    );
  }

  it("the same calls cost the same on a new record and after any life", TIMEOUT, async () => {
    const { patient, id } = contract.newRecord();
    const first = costs(patient, id);
    expect(first).toHaveProperty("access.readCount");
    // One who succeeded somebody pays for some reads more, and for no more the longer the line.
    const { patient: successor, id: taken } = contract.newSuccession();
    const later = costs(successor, taken);
    await watchLives(({ ids }) => ({
      step: () => {},
      end: () => {
        for (const aged of ids) {
          const { patient: root } = state.record(aged)!;
          const latest = state.latest(root);
          expect(costs(latest, aged)).toEqual(latest === root ? first : later);
        }
      },
    }));
  });

  it("the same access costs the same at any length of the log", TIMEOUT, async () => {
    await check(
      fc.property(fc.integer({ min: 1, max: 40 }), (between) => {
        const { patient, id } = contract.newRecord();
        const cost = () => {
          expectOk(contract.access(patient, id));
          return contract.chain.last!.costs;
        };
        const first = cost();
        for (let entry = 0; entry < between; entry += 1) expectOk(contract.access(patient, id));
        expect(logHead(id).count).toBe(BigInt(between) + 2n);
        expect(cost()).toEqual(first);
      }),
    );
  });
});

describe("invariant 9: of a line of succession, the latest alone is the patient", () => {
  it("whoever was one can do nothing of what patients do", TIMEOUT, async () => {
    await watchLives(({ ids, principals }) => ({
      step: (call) => {
        if (call && !succeeded(call)) return;
        for (const id of ids) {
          const root = state.record(id)?.patient;
          if (root === undefined) continue;
          const latest = state.latest(root);
          for (const former of principals) {
            if (former === latest || state.first(former) !== root) continue;
            expect(contract.grant(former, id, contract.chain.principal())).toHaveProperty("err");
            expect(contract.grantStanding(former, latest, former)).toHaveProperty("err");
            expect(contract.transfer(former, id, former)).toEqual({ err: "ERR_NOT_PATIENT" });
            expect(contract.create(former, contract.chain.recordId())).toEqual({
              err: "ERR_SUCCEEDED",
            });
            // What is left to those between is what somebody granted them by name.
            const granted = former === root ? null : contract.effectiveGrant(id, former);
            if (granted === null) {
              expect(contract.access(former, id)).toHaveProperty("err");
              expect(contract.amend(former, id)).toHaveProperty("err");
              expect(contract.hasAccess(id, former)).toBe(false);
            }
          }
        }
      },
    }));
  });
});
