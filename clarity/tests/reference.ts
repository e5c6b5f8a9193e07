// The rules of the records contract once more, in plain TypeScript and kept in memory: what
// the model test holds the contract against. Written from the rules, not from the source:
// it derives access anew from all that happened to a record and a user.

import { BOUND_IDS, boundId, type Mark } from "./contract";

export type Expiry = bigint | null;

export interface Given {
  rights: bigint;
  expiry: Expiry;
  grantedAt: bigint;
  from: bigint;
  revokedAt: bigint | null;
  /** The index of its entry in its log, and by whose delegation it was made. */
  entry: bigint;
  by: Mark | null;
}

interface Delegation {
  powers: bigint;
  until: Expiry;
  removedAt: bigint | null;
  term: bigint;
  /** What was granted up to this term has ended. */
  ended: bigint;
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
  offeredBy: string | null;
  actions: string[];
  readers: string[];
}

const READS = 3n;
const AMENDS = 2n;
const EMERGENCY = 4n;
const HISTORY = 8n;
const DAY = 144n;
const SEE = 1n;
const SHARE = 2n;
const ADD = 4n;
const EVERYTHING = 7n;

export class Reference {
  now = 0n;
  readonly records = new Map<bigint, RecordState>();
  readonly grants = new Map<string, Given>();
  readonly standing = new Map<string, Given>();
  readonly delegations = new Map<string, Delegation>();
  readonly contacts = new Map<string, { powers: bigint; wait: bigint; readyAt: Expiry }>();
  readonly members = new Map<string, { until: Expiry; removedAt: bigint | null }>();
  /** Lines of succession by whoever is in one: all of them, in order. */
  readonly lines = new Map<string, string[]>();
  readonly successions = new Map<string, string>();
  /** Who did what only a patient or an organisation does, for themselves. */
  readonly known = new Set<string>();
  readonly openings = new Map<string, { until: bigint; under: Given }>();
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
    if (!given || this.isEnded(given)) return undefined;
    return given.expiry === null || this.now < given.expiry ? given : undefined;
  }

  /** The first and the latest of somebody's line: themselves where there was no succession. */
  first(user: string): string {
    return this.lines.get(user)?.[0] ?? user;
  }

  latest(user: string): string {
    return this.lines.get(user)?.at(-1) ?? user;
  }

  #isOver(user: string): boolean {
    return this.latest(user) !== user;
  }

  /** Records, grants and delegations name the first of a line. */
  isPatient(patient: string, user: string): boolean {
    return this.latest(patient) === user;
  }

  powers(patient: string, user: string): bigint {
    const delegation = this.delegations.get(key(this.first(patient), user));
    if (!delegation || delegation.removedAt !== null) return 0n;
    const live = delegation.until === null || this.now < delegation.until;
    return live ? delegation.powers : 0n;
  }

  isDelegate(patient: string, user: string): boolean {
    return this.powers(patient, user) !== 0n;
  }

  /** What somebody may do for a patient and by which delegation, or why nothing. */
  #authority(patient: string, caller: string): [bigint, Mark | null] | Refusal {
    const first = this.first(patient);
    if (this.isPatient(first, caller)) return [EVERYTHING, null];
    if (caller === first) return "ERR_SUCCEEDED";
    const powers = this.powers(first, caller);
    if (powers === 0n) return "ERR_NOT_PATIENT";
    const { term } = this.delegations.get(key(first, caller))!;
    return [powers, { patient: first, delegate: caller, term }];
  }

  /** Why the caller may not do what takes that power; undefined: they may. */
  #refusesPower(patient: string, caller: string, power: bigint): Refusal | undefined {
    const authority = this.#authority(patient, caller);
    if (typeof authority === "string") return authority;
    return (authority[0] & power) === 0n ? "ERR_NO_POWER" : undefined;
  }

  /** Revoked, alone or together with the delegation that it was made by. */
  isEnded(given: Given): boolean {
    if (given.revokedAt !== null) return true;
    if (given.by === null) return false;
    const { patient, delegate, term } = given.by;
    return term <= this.delegations.get(key(patient, delegate))!.ended;
  }

  /** The grant that counts, or why there is none. */
  effective(id: bigint, user: string): Given | string {
    const own = this.grants.get(key(id, user));
    if (own && this.#live(own)) return own;
    if (own && this.isEnded(own)) return "ERR_GRANT_REVOKED";
    const standing = this.standing.get(key(this.records.get(id)!.patient, user));
    if (standing && this.#live(standing)) return standing;
    if (own) return "ERR_GRANT_EXPIRED";
    if (!standing) return "ERR_NO_ACCESS";
    return this.isEnded(standing) ? "ERR_GRANT_REVOKED" : "ERR_GRANT_EXPIRED";
  }

  /** How `user` may read: plainly, in an emergency, or why not. */
  reading(id: bigint, user: string, version: bigint): "access" | "emergency-read" | Refusal {
    const { patient } = this.records.get(id)!;
    if (user === patient) return this.#isOver(user) ? "ERR_SUCCEEDED" : "access";
    const byGrant = this.#readingByGrant(id, user, version);
    const otherwise = (this.powers(patient, user) & SEE) !== 0n || this.isPatient(patient, user);
    if (byGrant.startsWith("ERR_") && otherwise) return "access";
    return byGrant as "access";
  }

  #readingByGrant(id: bigint, user: string, version: bigint): string {
    const grant = this.effective(id, user);
    if (typeof grant === "string") return grant;
    const plainly = (grant.rights & READS) !== 0n;
    const opening = this.openings.get(key(id, user));
    const open = opening && this.now < opening.until && opening.under === grant;
    if (!plainly && !open) return "ERR_NO_READ_RIGHT";
    if (version < grant.from) return "ERR_VERSION_NOT_GRANTED";
    return plainly ? "access" : "emergency-read";
  }

  // ---- what happens

  create(caller: string, id: bigint, content: string): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    return this.#begin(caller, this.first(caller), id, content, "create", null);
  }

  createFor(caller: string, patient: string, id: bigint, content: string): Expected {
    const first = this.first(patient);
    const refusal = this.#refusesPower(first, caller, ADD);
    if (refusal) return { refusal };
    return this.#begin(caller, first, id, content, "create-for", first);
  }

  #begin(
    caller: string,
    patient: string,
    id: bigint,
    content: string,
    action: string,
    subject: string | null,
  ): Expected {
    if (content === "") return { refusal: "ERR_EMPTY_CONTENT" };
    if (id >> 112n === BOUND_IDS >> 112n && id >> 48n !== boundId(caller) >> 48n) {
      return { refusal: "ERR_FOREIGN_ID" };
    }
    if (this.records.has(id)) return { refusal: "ERR_RECORD_EXISTS" };
    this.known.add(patient);
    this.records.set(id, {
      patient,
      versions: [{ author: caller, content }],
      offeredTo: null,
      offeredBy: null,
      actions: [],
      readers: [],
    });
    return this.#logged(id, action, subject, 1n);
  }

  amend(caller: string, id: bigint, version: bigint | null, content: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const next = BigInt(record.versions.length) + 1n;
    if (version !== null && version !== next) return { refusal: "ERR_VERSION_TAKEN" };
    if (content === "") return { refusal: "ERR_EMPTY_CONTENT" };
    if (caller === record.patient && this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const adds = (this.powers(record.patient, caller) & ADD) !== 0n;
    if (!adds && !this.isPatient(record.patient, caller)) {
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

  readFor(caller: string, id: bigint, version: bigint, organisation: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (!this.isMember(organisation, caller)) return { refusal: "ERR_NOT_MEMBER" };
    if (organisation === record.patient) return { refusal: "ERR_NO_ACCESS" };
    const reading = this.#readingByGrant(id, organisation, version);
    if (reading.startsWith("ERR_")) return { refusal: reading };
    if (!record.versions[Number(version) - 1]) return { refusal: "ERR_VERSION_NOT_FOUND" };
    return this.#logged(id, reading, organisation, version);
  }

  isMember(organisation: string, member: string): boolean {
    const membership = this.members.get(key(organisation, member));
    if (!membership || membership.removedAt !== null) return false;
    return membership.until === null || this.now < membership.until;
  }

  grant(caller: string, id: bigint, user: string, rights: bigint, expiry: Expiry): Expected {
    if (!valid(rights)) return { refusal: "ERR_INVALID_RIGHTS" };
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const authority = this.#authority(record.patient, caller);
    if (typeof authority === "string") return { refusal: authority };
    const [powers, by] = authority;
    if (!mayGive(powers, rights)) return { refusal: "ERR_NO_POWER" };
    if (this.first(user) === record.patient) return { refusal: "ERR_SELF_GRANT" };
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
      entry: BigInt(record.actions.length),
      by,
    });
    if (!record.readers.includes(user)) record.readers.push(user);
    return this.#logged(id, "grant", user, from, expiry);
  }

  revoke(caller: string, id: bigint, user: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    const refusal = this.#refusesPower(record.patient, caller, SHARE);
    if (refusal) return { refusal };
    const own = this.grants.get(key(id, user));
    const standing = this.standing.get(key(record.patient, user));
    const something = own ? own.revokedAt === null : this.#live(standing) !== undefined;
    if (!something) return { refusal: "ERR_NO_SUCH_GRANT" };
    this.grants.set(key(id, user), {
      ...(own ?? {
        rights: 0n,
        expiry: null,
        grantedAt: this.now,
        from: 0n,
        entry: BigInt(record.actions.length),
        by: null,
      }),
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
    const first = this.first(patient);
    const authority = this.#authority(first, caller);
    if (typeof authority === "string") return { refusal: authority };
    const [powers, by] = authority;
    if (this.first(user) === first) return { refusal: "ERR_SELF_GRANT" };
    if (!valid(rights)) return { refusal: "ERR_INVALID_RIGHTS" };
    if (!mayGive(powers, rights)) return { refusal: "ERR_NO_POWER" };
    if (this.#past(expiry)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    this.standing.set(key(first, user), {
      rights,
      expiry,
      grantedAt: this.now,
      from: 1n,
      revokedAt: null,
      entry: BigInt(this.patientActions.get(first)?.length ?? 0),
      by,
    });
    this.#join(first, user);
    return this.#patientLogged(first, "standing-grant", user, expiry);
  }

  revokeStanding(caller: string, patient: string, user: string): Expected {
    const first = this.first(patient);
    const refusal = this.#refusesPower(first, caller, SHARE);
    if (refusal) return { refusal };
    const standing = this.standing.get(key(first, user));
    if (!standing || standing.revokedAt !== null) return { refusal: "ERR_NO_SUCH_GRANT" };
    standing.revokedAt = this.now;
    return this.#patientLogged(first, "standing-revoke", user);
  }

  emergency(caller: string, id: bigint): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (caller === record.patient && this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const grant = this.effective(id, caller);
    if (typeof grant === "string") return { refusal: grant };
    if ((grant.rights & EMERGENCY) === 0n) return { refusal: "ERR_NO_EMERGENCY_RIGHT" };
    const until = this.now + DAY;
    this.openings.set(key(id, caller), { until, under: grant });
    return this.#logged(id, "emergency", null, BigInt(record.versions.length), until);
  }

  setDelegate(caller: string, delegate: string, powers: bigint, until: Expiry): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const first = this.first(caller);
    if (first === this.first(delegate)) return { refusal: "ERR_SELF_DELEGATE" };
    if (powers < 1n || powers > EVERYTHING) return { refusal: "ERR_INVALID_POWERS" };
    if (this.#past(until)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    return this.#appoint(first, delegate, powers, until, "delegate-set");
  }

  #appoint(
    patient: string,
    delegate: string,
    powers: bigint,
    until: Expiry,
    action: string,
  ): Expected {
    const before = this.delegations.get(key(patient, delegate));
    const renewed = this.isDelegate(patient, delegate);
    this.delegations.set(key(patient, delegate), {
      powers,
      until,
      removedAt: null,
      term: (before?.term ?? 0n) + (renewed ? 0n : 1n),
      ended: before?.ended ?? 0n,
    });
    this.#join(patient, delegate);
    return this.#patientLogged(patient, action, delegate, until);
  }

  removeDelegate(caller: string, delegate: string): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const first = this.first(caller);
    if (!this.isDelegate(first, delegate)) return { refusal: "ERR_NO_SUCH_DELEGATE" };
    this.delegations.get(key(first, delegate))!.removedAt = this.now;
    return this.#patientLogged(first, "delegate-remove", delegate);
  }

  endDelegation(caller: string, delegate: string): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const first = this.first(caller);
    const delegation = this.delegations.get(key(first, delegate));
    if (!delegation || delegation.ended === delegation.term) {
      return { refusal: "ERR_NO_SUCH_DELEGATE" };
    }
    delegation.removedAt = this.now;
    delegation.ended = delegation.term;
    return this.#patientLogged(first, "delegate-end", delegate);
  }

  nameContact(caller: string, contact: string, powers: bigint, wait: bigint): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const first = this.first(caller);
    if (first === this.first(contact)) return { refusal: "ERR_SELF_DELEGATE" };
    if (powers < 1n || powers > EVERYTHING) return { refusal: "ERR_INVALID_POWERS" };
    if (wait < 1n || wait > 52_560n) return { refusal: "ERR_INVALID_WAIT" };
    this.contacts.set(key(first, contact), { powers, wait, readyAt: null });
    return this.#patientLogged(first, "contact-name", contact, this.now + wait);
  }

  ask(caller: string, patient: string): Expected {
    const first = this.first(patient);
    const contact = this.contacts.get(key(first, caller));
    if (!contact) return { refusal: "ERR_NO_SUCH_CONTACT" };
    if (contact.readyAt !== null) return { refusal: "ERR_ASKED_ALREADY" };
    contact.readyAt = this.now + contact.wait;
    return this.#patientLogged(first, "contact-ask", caller, contact.readyAt);
  }

  refuse(caller: string, patient: string, contact: string): Expected {
    const first = this.first(patient);
    const refusal = this.#refusesPower(first, caller, SHARE);
    if (refusal) return { refusal };
    if (!this.contacts.delete(key(first, contact))) return { refusal: "ERR_NO_SUCH_CONTACT" };
    return this.#patientLogged(first, "contact-refuse", contact);
  }

  acceptDelegation(caller: string, patient: string): Expected {
    const first = this.first(patient);
    const contact = this.contacts.get(key(first, caller));
    if (!contact) return { refusal: "ERR_NO_SUCH_CONTACT" };
    if (contact.readyAt === null || this.now < contact.readyAt) {
      return { refusal: "ERR_TOO_EARLY" };
    }
    this.contacts.delete(key(first, caller));
    return this.#appoint(first, caller, contact.powers, null, "contact-accept");
  }

  setMember(caller: string, member: string, until: Expiry): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    if (caller === member) return { refusal: "ERR_SELF_MEMBER" };
    if (this.#past(until)) return { refusal: "ERR_EXPIRY_IN_PAST" };
    this.members.set(key(caller, member), { until, removedAt: null });
    return this.#patientLogged(this.first(caller), "member-set", member, until);
  }

  removeMember(caller: string, member: string): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    if (!this.isMember(caller, member)) return { refusal: "ERR_NO_SUCH_MEMBER" };
    this.members.get(key(caller, member))!.removedAt = this.now;
    return this.#patientLogged(this.first(caller), "member-remove", member);
  }

  offerSuccession(caller: string, successor: string): Expected {
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const first = this.first(caller);
    if (successor === caller) {
      if (!this.successions.delete(first)) return { refusal: "ERR_NO_OFFER" };
    } else {
      this.successions.set(first, successor);
    }
    return this.#patientLogged(first, "succession-offer", successor);
  }

  acceptSuccession(caller: string, patient: string): Expected {
    const first = this.first(patient);
    const successor = this.successions.get(first);
    if (successor === undefined) return { refusal: "ERR_NO_OFFER" };
    if (successor !== caller) return { refusal: "ERR_NOT_OFFERED" };
    if (this.known.has(caller) || this.lines.has(caller)) return { refusal: "ERR_NOT_NEW" };
    const former = this.latest(first);
    this.successions.delete(first);
    const standing = this.standing.get(key(first, caller));
    if (standing) standing.revokedAt = this.now;
    const delegation = this.delegations.get(key(first, caller));
    if (delegation) delegation.removedAt = this.now;
    this.contacts.delete(key(first, caller));
    const line = this.lines.get(first) ?? [first];
    line.push(caller);
    for (const one of line) this.lines.set(one, line);
    return this.#patientLogged(first, "succession-accept", former);
  }

  offer(caller: string, id: bigint, next: string): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (!this.isPatient(record.patient, caller)) return { refusal: "ERR_NOT_PATIENT" };
    if (next === caller && record.offeredTo === null) return { refusal: "ERR_NO_OFFER" };
    record.offeredTo = next === caller ? null : next;
    record.offeredBy = caller;
    return this.#logged(id, "transfer-offer", next, BigInt(record.versions.length));
  }

  accept(caller: string, id: bigint): Expected {
    const record = this.records.get(id);
    if (!record) return { refusal: "ERR_RECORD_NOT_FOUND" };
    if (record.offeredTo === null || this.#isOver(record.offeredBy!)) {
      return { refusal: "ERR_NO_OFFER" };
    }
    if (record.offeredTo !== caller) return { refusal: "ERR_NOT_OFFERED" };
    if (this.#isOver(caller)) return { refusal: "ERR_SUCCEEDED" };
    const former = record.patient;
    record.patient = this.first(caller);
    this.known.add(record.patient);
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
      this.isPatient(record.patient, user) &&
      this.first(caller) !== record.patient &&
      (!this.envelopes.has(key(id, version, user)) ||
        typeof this.effective(id, caller) !== "string");
    if (!asAuthor && this.#refusesPower(record.patient, caller, SHARE) !== undefined) {
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
    this.known.add(patient);
    const actions = this.patientActions.get(patient) ?? [];
    this.patientActions.set(patient, [...actions, action]);
    return { entry: [patient, action, subject, 0n, expiry] };
  }
}

type Refusal = `ERR_${string}`;

/** Sharing gives no more than one has: seeing for any right, adding for the one to amend. */
function mayGive(powers: bigint, rights: bigint): boolean {
  const needed = SHARE | SEE | ((rights & AMENDS) === 0n ? 0n : ADD);
  return (powers & needed) === needed;
}

function valid(rights: bigint): boolean {
  return rights >= 1n && rights <= 15n && rights !== HISTORY;
}

function key(...parts: (bigint | string)[]): string {
  return parts.join("/");
}
