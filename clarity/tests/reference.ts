// The rules of the records contract once more, in plain TypeScript and kept in memory: what
// the model test holds the contract against. Written from the rules, not from the source:
// it derives access anew from all that happened to a record and a user.

import { BOUND_IDS, boundId } from "./contract";

export type Expiry = bigint | null;

export interface Given {
  rights: bigint;
  expiry: Expiry;
  grantedAt: bigint;
  from: bigint;
  revokedAt: bigint | null;
}

export interface Expected {
  refusal?: string;
  /** action, subject, version, expiry of the one entry, and whose log it is in. */
  entry?: [log: bigint | string, action: string, subject: string | null, bigint, Expiry];
}

interface Version {
  author: string;
  content: string;
}

interface RecordState {
  patient: string;
  versions: Version[];
  offeredTo: string | null;
  actions: string[];
  readers: string[];
}

const READS = 3n;
const AMENDS = 2n;
const EMERGENCY = 4n;
const HISTORY = 8n;
const DAY = 144n;

export class Reference {
  now = 0n;
  readonly records = new Map<bigint, RecordState>();
  readonly grants = new Map<string, Given>();
  readonly standing = new Map<string, Given>();
  readonly delegations = new Map<string, { until: Expiry; removedAt: bigint | null }>();
  readonly openings = new Map<string, { until: bigint; at: bigint }>();
  readonly keys = new Map<string, bigint>();
  readonly anchors = new Map<string, { head: string; count: bigint }>();
  readonly envelopes = new Map<
    string,
    { id: bigint; version: bigint; user: string; hex: string }
  >();
  readonly patientActions = new Map<string, string[]>();
  readonly teams = new Map<string, string[]>();

  // ---- who may

  /** The same grant if it is live, else undefined. */
  #live(given: Given | undefined): Given | undefined {
    if (!given || given.revokedAt !== null) return undefined;
    return given.expiry === null || this.now < given.expiry ? given : undefined;
  }

  isDelegate(patient: string, user: string): boolean {
    const delegation = this.delegations.get(key(patient, user));
    if (!delegation || delegation.removedAt !== null) return false;
    return delegation.until === null || this.now < delegation.until;
  }

  #actsFor(patient: string, caller: string): boolean {
    return caller === patient || this.isDelegate(patient, caller);
  }

  /** The grant that counts, or why there is none. */
  effective(id: bigint, user: string): Given | string {
    const own = this.grants.get(key(id, user));
    if (own && this.#live(own)) return own;
    if (own && own.revokedAt !== null) return "ERR_GRANT_REVOKED";
    const standing = this.standing.get(key(this.records.get(id)!.patient, user));
    if (standing && this.#live(standing)) return standing;
    if (own) return "ERR_GRANT_EXPIRED";
    if (!standing) return "ERR_NO_ACCESS";
    return standing.revokedAt === null ? "ERR_GRANT_EXPIRED" : "ERR_GRANT_REVOKED";
  }

  /** How `user` may read: plainly, in an emergency, or why not. */
  reading(id: bigint, user: string, version: bigint): "access" | "emergency-read" | Refusal {
    const { patient } = this.records.get(id)!;
    if (user === patient) return "access";
    const byGrant = this.#readingByGrant(id, user, version);
    if (byGrant.startsWith("ERR_") && this.isDelegate(patient, user)) return "access";
    return byGrant as "access";
  }

  #readingByGrant(id: bigint, user: string, version: bigint): string {
    const grant = this.effective(id, user);
    if (typeof grant === "string") return grant;
    const plainly = (grant.rights & READS) !== 0n;
    const opening = this.openings.get(key(id, user));
    const open = opening && this.now < opening.until && opening.at >= grant.grantedAt;
    if (!plainly && !open) return "ERR_NO_READ_RIGHT";
    if (version < grant.from) return "ERR_VERSION_NOT_GRANTED";
    return plainly ? "access" : "emergency-read";
  }

  // ---- what happens

  create(caller: string, id: bigint, content: string): Expected {
    if (content === "") return { refusal: "ERR_EMPTY_CONTENT" };
    if (id >> 112n === BOUND_IDS >> 112n && id >> 48n !== boundId(caller) >> 48n) {
      return { refusal: "ERR_FOREIGN_ID" };
    }
    if (this.records.has(id)) return { refusal: "ERR_RECORD_EXISTS" };
    this.records.set(id, {
      patient: caller,
      versions: [{ author: caller, content }],
      offeredTo: null,
      actions: [],
      readers: [],
    });
    return this.#logged(id, "create", null, 1n);
  }

  amend(caller: string, id: bigint, version: bigint | null, content: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const next = BigInt(record.versions.length) + 1n;
    if (version !== null && version !== next) return { refusal: "ERR_VERSION_TAKEN" };
    if (content === "") return { refusal: "ERR_EMPTY_CONTENT" };
    if (!this.#actsFor(record.patient, caller)) {
      const grant = this.effective(id, caller);
      if (typeof grant === "string") return { refusal: grant };
      if ((grant.rights & AMENDS) === 0n) return { refusal: "ERR_NO_AMEND_RIGHT" };
    }
    record.versions.push({ author: caller, content });
    return this.#logged(id, "amend", null, next);
  }

  read(caller: string, id: bigint, version: bigint | null): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const wanted = version ?? BigInt(record.versions.length);
    const reading = this.reading(id, caller, wanted);
    if (reading.startsWith("ERR_")) return { refusal: reading };
    if (!record.versions[Number(wanted) - 1]) return { refusal: "ERR_VERSION_NOT_FOUND" };
    return this.#logged(id, reading, null, wanted);
  }

  grant(caller: string, id: bigint, user: string, rights: bigint, expiry: Expiry): Expected {
    if (!valid(rights)) return { refusal: "ERR_INVALID_RIGHTS" };
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (!this.#actsFor(record.patient, caller)) return { refusal: "ERR_NOT_PATIENT" };
    if (user === record.patient) return { refusal: "ERR_SELF_GRANT" };
    if (this.#past(expiry)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    const before = this.grants.get(key(id, user));
    let from = this.#live(before)?.from ?? BigInt(record.versions.length);
    if ((rights & HISTORY) !== 0n) from = 1n;
    this.grants.set(key(id, user), {
      rights,
      expiry,
      grantedAt: this.now,
      from,
      revokedAt: null,
    });
    if (!record.readers.includes(user)) record.readers.push(user);
    return this.#logged(id, "grant", user, from, expiry);
  }

  revoke(caller: string, id: bigint, user: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (!this.#actsFor(record.patient, caller)) return { refusal: "ERR_NOT_PATIENT" };
    const own = this.grants.get(key(id, user));
    const standing = this.standing.get(key(record.patient, user));
    const something = own ? own.revokedAt === null : this.#live(standing) !== undefined;
    if (!something) return { refusal: "ERR_NO_SUCH_GRANT" };
    this.grants.set(key(id, user), {
      ...(own ?? { rights: 0n, expiry: null, grantedAt: this.now, from: 0n }),
      revokedAt: this.now,
    });
    return this.#logged(id, "revoke", user, BigInt(record.versions.length));
  }

  grantStanding(
    caller: string,
    patient: string,
    user: string,
    rights: bigint,
    expiry: Expiry,
  ): Expected {
    if (!this.#actsFor(patient, caller)) return { refusal: "ERR_NOT_PATIENT" };
    if (user === patient) return { refusal: "ERR_SELF_GRANT" };
    if (!valid(rights)) return { refusal: "ERR_INVALID_RIGHTS" };
    if (this.#past(expiry)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    this.standing.set(key(patient, user), {
      rights,
      expiry,
      grantedAt: this.now,
      from: 1n,
      revokedAt: null,
    });
    this.#join(patient, user);
    return this.#patientLogged(patient, "standing-grant", user, expiry);
  }

  revokeStanding(caller: string, patient: string, user: string): Expected {
    if (!this.#actsFor(patient, caller)) return { refusal: "ERR_NOT_PATIENT" };
    const standing = this.standing.get(key(patient, user));
    if (!standing || standing.revokedAt !== null) return { refusal: "ERR_NO_SUCH_GRANT" };
    standing.revokedAt = this.now;
    return this.#patientLogged(patient, "standing-revoke", user);
  }

  emergency(caller: string, id: bigint): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const grant = this.effective(id, caller);
    if (typeof grant === "string") return { refusal: grant };
    if ((grant.rights & EMERGENCY) === 0n) return { refusal: "ERR_NO_EMERGENCY_RIGHT" };
    const until = this.now + DAY;
    this.openings.set(key(id, caller), { until, at: this.now });
    return this.#logged(id, "emergency", null, BigInt(record.versions.length), until);
  }

  setDelegate(caller: string, delegate: string, until: Expiry): Expected {
    if (caller === delegate) return { refusal: "ERR_SELF_DELEGATE" };
    if (this.#past(until)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    this.delegations.set(key(caller, delegate), { until, removedAt: null });
    this.#join(caller, delegate);
    return this.#patientLogged(caller, "delegate-set", delegate, until);
  }

  removeDelegate(caller: string, delegate: string): Expected {
    if (!this.isDelegate(caller, delegate)) return { refusal: "ERR_NO_SUCH_DELEGATE" };
    this.delegations.get(key(caller, delegate))!.removedAt = this.now;
    return this.#patientLogged(caller, "delegate-remove", delegate);
  }

  offer(caller: string, id: bigint, next: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (caller !== record.patient) return { refusal: "ERR_NOT_PATIENT" };
    if (next === caller && record.offeredTo === null) return { refusal: "ERR_NO_OFFER" };
    record.offeredTo = next === caller ? null : next;
    return this.#logged(id, "transfer-offer", next, BigInt(record.versions.length));
  }

  accept(caller: string, id: bigint): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (record.offeredTo === null) return { refusal: "ERR_NO_OFFER" };
    if (record.offeredTo !== caller) return { refusal: "ERR_NOT_OFFERED" };
    const former = record.patient;
    record.patient = caller;
    record.offeredTo = null;
    return this.#logged(id, "transfer-accept", former, BigInt(record.versions.length));
  }

  publishKey(caller: string): Expected {
    this.keys.set(caller, (this.keys.get(caller) ?? 0n) + 1n);
    return {};
  }

  putEnvelope(
    caller: string,
    id: bigint,
    version: bigint,
    user: string,
    hex: string,
  ): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const content = record.versions[Number(version) - 1];
    if (!content) return { refusal: "ERR_VERSION_NOT_FOUND" };
    const asAuthor =
      content.author === caller &&
      user === record.patient &&
      (!this.envelopes.has(key(id, version, user)) ||
        typeof this.effective(id, caller) !== "string");
    if (!asAuthor && !this.#actsFor(record.patient, caller)) {
      return { refusal: "ERR_NOT_PATIENT" };
    }
    if (this.reading(id, user, version).startsWith("ERR_")) {
      return { refusal: "ERR_USER_CANNOT_READ" };
    }
    this.envelopes.set(key(id, version, user), { id, version, user, hex });
    return this.#logged(id, "envelope", user, version);
  }

  anchor(caller: string, head: string, count: bigint): Expected {
    const before = this.anchors.get(caller);
    if (before && count < before.count) return { refusal: "ERR_COUNT_FELL" };
    if (before && count === before.count && head !== before.head) {
      return { refusal: "ERR_HEAD_CHANGED" };
    }
    this.anchors.set(caller, { head, count });
    return {};
  }

  // ----

  #past(expiry: Expiry): boolean {
    return expiry !== null && expiry <= this.now;
  }

  #join(patient: string, user: string): void {
    const team = this.teams.get(patient) ?? [];
    if (!team.includes(user)) this.teams.set(patient, [...team, user]);
  }

  #logged(
    id: bigint,
    action: string,
    subject: string | null,
    version: bigint,
    expiry: Expiry = null,
  ): Expected {
    this.records.get(id)!.actions.push(action);
    return { entry: [id, action, subject, version, expiry] };
  }

  #patientLogged(
    patient: string,
    action: string,
    subject: string,
    expiry: Expiry = null,
  ): Expected {
    const actions = this.patientActions.get(patient) ?? [];
    this.patientActions.set(patient, [...actions, action]);
    return { entry: [patient, action, subject, 0n, expiry] };
  }
}

type Refusal = `ERR_${string}`;

function valid(rights: bigint): boolean {
  return rights >= 1n && rights <= 15n && rights !== HISTORY;
}

function key(...parts: (bigint | string)[]): string {
  return parts.join("/");
}
