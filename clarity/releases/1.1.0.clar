;; medical-records-management: who may open a medical record, until when, and who did.
;;
;; A record is an append-only row of encrypted versions. Its patient lets others in, for
;; a time or until further notice, and shuts them out. Whatever is done to a record leaves
;; an entry in the record's own log, and one 32-byte head commits to the whole log.
;;
;; Roles
;;   patient    whoever created the record or accepted its transfer
;;   delegate   acts for a patient on all their records; can neither name delegates nor
;;              give a record away
;;   user       anyone with a grant: on one record, or standing (all records of a patient)
;;   vault      keeps larger content and keys, and pins the head of its own log here
;;
;; Invariants
;;   1. A version, once written, never changes and never goes away.
;;   2. Only the patient or a live delegate widens access to a record.
;;   3. Every successful call on a record appends exactly one entry to its log (grant-many:
;;      one for each grant); on a patient as a whole, one entry to the patient's log.
;;   4. A log's head commits to all its entries and their order:
;;      head' = sha256(head || sha256(consensus bytes of the printed entry)), from 32 zeros.
;;   5. An expiry is a burn block height and exclusive: open while burn-block-height < expiry.
;;   6. A revoke ends a user's access to the record, standing access included, until the
;;      record is granted again. (A delegate is ended by remove-delegate.)
;;   7. The patient can't be locked out of a record.
;;   8. No call costs more because of what was stored before.
;;
;; Trust
;;   Authority is contract-caller, never tx-sender: a contract that a patient was lured into
;;   calling has no power over their records, and a smart-contract wallet can be a patient.
;;   Burn block heights come from the chain (about ten minutes a block).
;;   A delegate can grant to anyone, themselves included; such grants outlive the delegate.
;;
;; What is not protected
;;   Chain state is public: any node serves every map entry to anybody, and a read-only call
;;   leaves no trace. Encryption keeps strangers out, and keys that are released only
;;   against a log entry make every opening leave one. Who deals with whom, and when, can
;;   be seen as pseudonyms. Nobody can take back what was read. Refused calls leave no
;;   entry here; they are failed transactions of the chain. A record id that is not bound to
;;   its maker is the first caller's.

;; ---------------------------------------------------------------------------------------
;; Constants
;; ---------------------------------------------------------------------------------------

;; Rights add up: 1 read, 2 amend (implies read), 4 emergency, 8 history (the versions from
;; before the grant, too; means nothing alone). A revoked grant has rights u0.
(define-constant RIGHTS_TO_READ u3)
(define-constant RIGHT_READ u1)
(define-constant RIGHT_AMEND u2)
(define-constant RIGHT_EMERGENCY u4)
(define-constant RIGHT_HISTORY u8)
(define-constant ALL_RIGHTS u15)

;; How long an emergency opening lasts, in burn blocks: about a day.
(define-constant EMERGENCY_BLOCKS u144)

;; The head of an empty log, and the detail of an entry that has none.
(define-constant ZEROS 0x0000000000000000000000000000000000000000000000000000000000000000)

;; Ids that begin with these 16 bits ("MR") are bound to their maker, so that nobody can take one
;; that they saw on its way: 64 bits of the sha256 of who creates the record follow, then 48 bits
;; of free choice.
(define-constant BOUND_MARK u19794)
(define-constant AFTER_MARK u5192296858534827628530496329220096)
(define-constant BOUND_PREFIX u365134852195006864687104)
(define-constant AFTER_PREFIX u281474976710656)

;; A grant's rights as an entry's detail: 31 zero bytes, then the byte at that place.
(define-constant RIGHTS_PREFIX 0x00000000000000000000000000000000000000000000000000000000000000)
(define-constant RIGHTS_BYTES 0x000102030405060708090a0b0c0d0e0f)

;; ---------------------------------------------------------------------------------------
;; Errors: u1xx the caller, u2xx the record, u3xx the grant, u4xx keys and vault logs
;; ---------------------------------------------------------------------------------------

;; The caller is neither the patient nor, where delegates are allowed, a live delegate.
(define-constant ERR_NOT_PATIENT (err u101))
;; The caller was never granted anything that covers this record.
(define-constant ERR_NO_ACCESS (err u102))
;; The caller's grant closed at its expiry.
(define-constant ERR_GRANT_EXPIRED (err u103))
;; The caller's grant was revoked.
(define-constant ERR_GRANT_REVOKED (err u104))
;; The caller's grant opens the record only in an emergency, and none is open.
(define-constant ERR_NO_READ_RIGHT (err u105))
;; The caller's grant doesn't let them add versions.
(define-constant ERR_NO_AMEND_RIGHT (err u106))
;; The caller's grant doesn't let them open the record in an emergency.
(define-constant ERR_NO_EMERGENCY_RIGHT (err u107))
;; The version is older than those that the grant opens.
(define-constant ERR_VERSION_NOT_GRANTED (err u108))
;; The record was not offered to the caller.
(define-constant ERR_NOT_OFFERED (err u109))

;; No record has this id.
(define-constant ERR_RECORD_NOT_FOUND (err u201))
;; The id is taken.
(define-constant ERR_RECORD_EXISTS (err u202))
;; A version can't be empty.
(define-constant ERR_EMPTY_CONTENT (err u203))
;; The record has no version of this number.
(define-constant ERR_VERSION_NOT_FOUND (err u204))
;; The record is offered to nobody.
(define-constant ERR_NO_OFFER (err u205))
;; The version is not the one after the latest: somebody else added one meanwhile.
(define-constant ERR_VERSION_TAKEN (err u206))
;; The id is one of those that are bound to their maker, and it is bound to somebody else.
(define-constant ERR_FOREIGN_ID (err u207))

;; The expiry is not above the current burn block height.
(define-constant ERR_EXPIRY_IN_PAST (err u301))
;; There is nothing to revoke.
(define-constant ERR_NO_SUCH_GRANT (err u302))
;; A patient needs no grant from themselves.
(define-constant ERR_SELF_GRANT (err u303))
;; Rights are u1 to u15, and not u8 alone.
(define-constant ERR_INVALID_RIGHTS (err u304))
;; There is no live delegate to remove.
(define-constant ERR_NO_SUCH_DELEGATE (err u305))
;; A patient can't be their own delegate.
(define-constant ERR_SELF_DELEGATE (err u306))
;; An emergency needs a reason: a hash of 32 bytes, not all zero.
(define-constant ERR_NO_REASON (err u307))

;; An encryption key can't be empty.
(define-constant ERR_EMPTY_KEY (err u401))
;; A key envelope can't be empty.
(define-constant ERR_EMPTY_ENVELOPE (err u402))
;; The envelope's user could not read that version now.
(define-constant ERR_USER_CANNOT_READ (err u403))
;; A vault log never gets shorter.
(define-constant ERR_COUNT_FELL (err u404))
;; A vault log of the same length has the same head.
(define-constant ERR_HEAD_CHANGED (err u405))

;; ---------------------------------------------------------------------------------------
;; Maps
;; ---------------------------------------------------------------------------------------

;; A record: its patient, the number of its latest version, how many entries record-readers
;; and audit-log have for it, and the head of that log. Missing: there is no such record.
(define-map records
  uint
  {
    patient: principal,
    version: uint,
    readers: uint,
    audit-count: uint,
    audit-head: (buff 32)
  }
)

;; The versions of a record, from u1. content-hash is the sha256 of encrypted-content.
;; Missing: that version was never written. Never overwritten, never deleted.
(define-map record-versions
  { record-id: uint, version: uint }
  {
    author: principal,
    encrypted-content: (buff 65536),
    content-hash: (buff 32),
    burn-height: uint
  }
)

;; What a user may do with one record, from which version on, and until when; granted-at is
;; the burn height of the latest granting. Missing: this record was never granted to them.
;; Revoked: rights are u0 and expiry is the burn height of the revoke. from-version is u0
;; where a revoke shut out a user who had only standing access.
(define-map access-grants
  { record-id: uint, user: principal }
  { expiry: (optional uint), rights: uint, granted-at: uint, from-version: uint }
)

;; The same for all of a patient's records, later ones and all versions included.
;; Missing: no standing access was ever granted. Revoked: as above.
(define-map standing-grants
  { patient: principal, user: principal }
  { expiry: (optional uint), rights: uint, granted-at: uint }
)

;; Who may act for a patient, and until when. Missing: was never a delegate. Removed: the
;; expiry is the burn height of the removal.
(define-map delegates
  { patient: principal, delegate: principal }
  { expiry: (optional uint) }
)

;; The latest emergency opening of a record by a user: open while burn-block-height < until
;; and the grant is live, was not made in a later burn block, and has the right.
;; Missing: never opened.
(define-map emergency-openings
  { record-id: uint, user: principal }
  { until: uint, opened-at: uint, reason: (buff 32) }
)

;; To whom a record is offered. Missing: to nobody.
(define-map pending-transfers uint principal)

;; The log of a record, from u0. Missing: past the end.
(define-map audit-log
  { record-id: uint, index: uint }
  {
    action: (string-ascii 32),
    actor: principal,
    subject: (optional principal),
    version: uint,
    expiry: (optional uint),
    detail: (buff 32),
    burn-height: uint
  }
)

;; The log of what concerns a patient as a whole, from u0; version is u0. Missing: past the end.
(define-map patient-audit-log
  { patient: principal, index: uint }
  {
    action: (string-ascii 32),
    actor: principal,
    subject: (optional principal),
    version: uint,
    expiry: (optional uint),
    detail: (buff 32),
    burn-height: uint
  }
)

;; How many entries patient-records, care-team and patient-audit-log have for a patient,
;; and the head of that log. Missing: none, and 32 zero bytes.
(define-map patients
  principal
  { records: uint, team: uint, audit-count: uint, audit-head: (buff 32) }
)

;; How many entries shared-records and care-patients have for a user. Missing: none.
(define-map users
  principal
  { records: uint, patients: uint }
)

;; Lists for clients, each from index u0 and only ever appended to; the maps above say what
;; still holds. Missing: past the end.
;;
;; Records that a patient created or accepted (again, if they came back).
(define-map patient-records { patient: principal, index: uint } uint)
;; Records that were ever granted to a user, once each.
(define-map shared-records { user: principal, index: uint } uint)
;; Users that a record was ever granted to, once each.
(define-map record-readers { record-id: uint, index: uint } principal)
;; Users who ever had standing access or were delegates of a patient, once each.
(define-map care-team { patient: principal, index: uint } principal)
;; The same seen from the user: those patients.
(define-map care-patients { user: principal, index: uint } principal)

;; The key to encrypt to for a principal, published by themselves; generation counts from
;; u1. Missing: they published none.
(define-map encryption-keys
  principal
  { recipient: (buff 1280), generation: uint }
)

;; A version's key, encrypted to one user. Missing: not shared on chain.
(define-map key-envelopes
  { record-id: uint, version: uint, user: principal }
  (buff 2048)
)

;; Where a vault's own log stood when it last said so. Missing: it never did.
(define-map vault-logs
  principal
  { head: (buff 32), count: uint, burn-height: uint }
)

;; ---------------------------------------------------------------------------------------
;; Read-only
;; ---------------------------------------------------------------------------------------

;; Which interface this is; `interface` changes when a signature or a shape does.
(define-read-only (get-contract-version)
  { interface: u1, release: "1.1.0" }
)

(define-read-only (get-record (record-id uint))
  (map-get? records record-id)
)

(define-read-only (get-record-version (record-id uint) (version uint))
  (map-get? record-versions { record-id: record-id, version: version })
)

;; The record's own grant as it is stored, lapsed or revoked ones included.
(define-read-only (get-grant (record-id uint) (user principal))
  (map-get? access-grants { record-id: record-id, user: user })
)

(define-read-only (get-standing-grant (patient principal) (user principal))
  (map-get? standing-grants { patient: patient, user: user })
)

;; The grant that counts for `user` now, the record's own or the standing one, if any is live.
(define-read-only (get-effective-grant (record-id uint) (user principal))
  (match (map-get? records record-id)
    record (match (effective-grant record-id (get patient record) user burn-block-height)
      grant (some grant)
      code none
    )
    none
  )
)

;; Could `user` open the latest version now?
(define-read-only (has-access (record-id uint) (user principal))
  (match (map-get? records record-id)
    record (is-ok
      (check-read record-id (get patient record) user (get version record) burn-block-height)
    )
    false
  )
)

(define-read-only (get-delegate (patient principal) (delegate principal))
  (map-get? delegates { patient: patient, delegate: delegate })
)

(define-read-only (get-emergency-opening (record-id uint) (user principal))
  (map-get? emergency-openings { record-id: record-id, user: user })
)

(define-read-only (get-pending-transfer (record-id uint))
  (map-get? pending-transfers record-id)
)

;; The entry as it was printed and hashed: sha256 of its consensus bytes goes into the head.
(define-read-only (get-audit-entry (record-id uint) (index uint))
  (match (map-get? audit-log { record-id: record-id, index: index })
    entry (some (merge entry { topic: "record-audit", record-id: record-id, index: index }))
    none
  )
)

(define-read-only (get-audit-head (record-id uint))
  (match (map-get? records record-id)
    record (some { head: (get audit-head record), count: (get audit-count record) })
    none
  )
)

(define-read-only (get-patient-audit-entry (patient principal) (index uint))
  (match (map-get? patient-audit-log { patient: patient, index: index })
    entry (some (merge entry { topic: "patient-audit", patient: patient, index: index }))
    none
  )
)

(define-read-only (get-patient-audit-head (patient principal))
  (let ((state (get-patient patient)))
    { head: (get audit-head state), count: (get audit-count state) }
  )
)

;; The lengths of a patient's lists, and their log's head.
(define-read-only (get-patient (patient principal))
  (default-to { records: u0, team: u0, audit-count: u0, audit-head: ZEROS }
    (map-get? patients patient)
  )
)

;; The lengths of a user's lists.
(define-read-only (get-user (user principal))
  (default-to { records: u0, patients: u0 } (map-get? users user))
)

(define-read-only (get-patient-record (patient principal) (index uint))
  (map-get? patient-records { patient: patient, index: index })
)

(define-read-only (get-shared-record (user principal) (index uint))
  (map-get? shared-records { user: user, index: index })
)

(define-read-only (get-record-reader (record-id uint) (index uint))
  (map-get? record-readers { record-id: record-id, index: index })
)

(define-read-only (get-care-team-member (patient principal) (index uint))
  (map-get? care-team { patient: patient, index: index })
)

(define-read-only (get-care-patient (user principal) (index uint))
  (map-get? care-patients { user: user, index: index })
)

(define-read-only (get-encryption-key (owner principal))
  (map-get? encryption-keys owner)
)

(define-read-only (get-key-envelope (record-id uint) (version uint) (user principal))
  (map-get? key-envelopes { record-id: record-id, version: version, user: user })
)

(define-read-only (get-vault-log (vault principal))
  (map-get? vault-logs vault)
)

;; ---------------------------------------------------------------------------------------
;; Records
;; ---------------------------------------------------------------------------------------

;; Begin a record with its first version; the caller becomes its patient.
;;
;; Caller:  anyone
;; record-id: any; of those that begin with BOUND_MARK, one that is bound to the caller
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_EMPTY_CONTENT, ERR_FOREIGN_ID, ERR_RECORD_EXISTS
;; Event:   record-audit "create"; detail: content-hash
(define-public (create-medical-record (record-id uint) (encrypted-content (buff 65536)))
  (begin
    (asserts! (> (len encrypted-content) u0) ERR_EMPTY_CONTENT)
    (asserts!
      (or
        (not (is-eq (/ record-id AFTER_MARK) BOUND_MARK))
        (is-bound-to record-id contract-caller)
      )
      ERR_FOREIGN_ID
    )
    (asserts! (is-none (map-get? records record-id)) ERR_RECORD_EXISTS)
    (list-patient-record contract-caller record-id)
    (ok (write-version record-id
      { patient: contract-caller, version: u0, readers: u0, audit-count: u0, audit-head: ZEROS }
      encrypted-content "create" burn-block-height
    ))
  )
)

;; Add the next version; the older ones stay.
;;
;; Caller:  the patient, a user with a live grant to amend, a delegate
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_EMPTY_CONTENT, ERR_NO_ACCESS, ERR_GRANT_EXPIRED,
;;          ERR_GRANT_REVOKED, ERR_NO_AMEND_RIGHT
;; Event:   record-audit "amend"; detail: content-hash
(define-public (amend-medical-record (record-id uint) (encrypted-content (buff 65536)))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (now burn-block-height)
    )
    (asserts! (> (len encrypted-content) u0) ERR_EMPTY_CONTENT)
    (try! (check-amend record-id (get patient record) now))
    (ok (write-version record-id record encrypted-content "amend" now))
  )
)

;; Add exactly this version: what the content was encrypted for. An author who was
;; overtaken by another's version is refused, and nobody's content stands under a number
;; that it is not bound to.
;;
;; Caller:  the patient, a user with a live grant to amend, a delegate
;; version: the record's latest and one
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_VERSION_TAKEN, then as amend-medical-record
;; Event:   record-audit "amend"; detail: content-hash
(define-public (amend-record-version
    (record-id uint)
    (version uint)
    (encrypted-content (buff 65536))
  )
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (asserts! (is-eq version (+ (get version record) u1)) ERR_VERSION_TAKEN)
    (amend-medical-record record-id encrypted-content)
  )
)

;; Open the latest version.
;;
;; Caller:  the patient, a user with a live grant, a delegate
;; Returns: (ok { version, author, encrypted-content, content-hash, burn-height, audit-index,
;;          audit-head }); burn-height: when the version was written
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NO_ACCESS, ERR_GRANT_EXPIRED, ERR_GRANT_REVOKED,
;;          ERR_NO_READ_RIGHT
;; Event:   record-audit "access", or "emergency-read" where the caller's grant lets them in by
;;          an emergency opening alone; detail: content-hash
(define-public (access-medical-record (record-id uint))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (read-version record-id record (get version record))
  )
)

;; Open one version.
;;
;; Caller:  as access-medical-record; a user from the grant's from-version on
;; Returns: as access-medical-record
;; Errors:  those of access-medical-record, ERR_VERSION_NOT_GRANTED, then
;;          ERR_VERSION_NOT_FOUND
;; Event:   as access-medical-record
(define-public (access-record-version (record-id uint) (version uint))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (read-version record-id record version)
  )
)

;; ---------------------------------------------------------------------------------------
;; Grants
;; ---------------------------------------------------------------------------------------

;; Let `user` open a record until `expiry`.
;;
;; Granting again replaces rights and expiry. A first grant opens the latest version and
;; later ones; while it is live, granting again keeps the oldest version that it opens.
;;
;; Caller:  the patient or a delegate
;; expiry:  burn height, exclusive; none means until revoked
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_SELF_GRANT, ERR_EXPIRY_IN_PAST
;; Event:   record-audit "grant"; version: from-version, detail: rights
(define-public (grant-record-access (record-id uint) (user principal) (expiry (optional uint)))
  (set-grant record-id user RIGHT_READ expiry)
)

;; The same with other rights; u8 (history) opens the older versions, too.
;;
;; Caller, expiry, Returns, Event: as grant-record-access
;; rights:  u1 read, u2 amend, u4 emergency, u8 history, added up
;; Errors:  ERR_INVALID_RIGHTS, then those of grant-record-access
(define-public (grant-record-rights
    (record-id uint)
    (user principal)
    (rights uint)
    (expiry (optional uint))
  )
  (begin
    (asserts! (are-valid-rights rights) ERR_INVALID_RIGHTS)
    (set-grant record-id user rights expiry)
  )
)

;; grant-record-access for up to 20 pairs of record and user: all of them or none.
;;
;; Caller, Returns, Errors, Event: as grant-record-access; an event for each
(define-public (grant-many
    (grants (list 20 { record-id: uint, user: principal, expiry: (optional uint) }))
  )
  (fold grant-next grants (ok true))
)

;; End `user`'s access to a record, standing access included, until it is granted again.
;;
;; Caller:  the patient or a delegate
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_NO_SUCH_GRANT
;; Event:   record-audit "revoke"; version: the latest
(define-public (revoke-record-access (record-id uint) (user principal))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (granted (map-get? access-grants { record-id: record-id, user: user }))
      (now burn-block-height)
    )
    (asserts! (acts-for patient now) ERR_NOT_PATIENT)
    (asserts!
      (match granted
        grant (> (get rights grant) u0)
        (is-ok (standing-grant patient user now))
      )
      ERR_NO_SUCH_GRANT
    )
    (map-set access-grants { record-id: record-id, user: user }
      (merge
        (default-to
          { expiry: none, rights: u0, granted-at: now, from-version: u0 }
          granted
        )
        { expiry: (some now), rights: u0 }
      ))
    (append-entry record-id record "revoke" (some user) (get version record) none ZEROS now)
    (ok true)
  )
)

;; Let `user` open all of `patient`'s records, later ones and all versions included.
;; A live grant on one record goes before it, and so does a revoke on one.
;;
;; Caller:  that patient or a delegate
;; rights, expiry: as grant-record-rights
;; Returns: (ok true)
;; Errors:  ERR_NOT_PATIENT, ERR_SELF_GRANT, ERR_INVALID_RIGHTS, ERR_EXPIRY_IN_PAST
;; Event:   patient-audit "standing-grant"; detail: rights
(define-public (grant-standing-access
    (patient principal)
    (user principal)
    (rights uint)
    (expiry (optional uint))
  )
  (let ((now burn-block-height))
    (asserts! (acts-for patient now) ERR_NOT_PATIENT)
    (asserts! (not (is-eq user patient)) ERR_SELF_GRANT)
    (asserts! (are-valid-rights rights) ERR_INVALID_RIGHTS)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (append-patient-entry patient (join-team patient user) "standing-grant" user expiry
      (rights-detail rights) now
    )
    (map-set standing-grants { patient: patient, user: user }
      { expiry: expiry, rights: rights, granted-at: now }
    )
    (ok true)
  )
)

;; End `user`'s standing access. Grants on single records stay.
;;
;; Caller:  that patient or a delegate
;; Returns: (ok true)
;; Errors:  ERR_NOT_PATIENT, ERR_NO_SUCH_GRANT
;; Event:   patient-audit "standing-revoke"
(define-public (revoke-standing-access (patient principal) (user principal))
  (let ((now burn-block-height))
    (asserts! (acts-for patient now) ERR_NOT_PATIENT)
    (let ((grant (unwrap!
        (map-get? standing-grants { patient: patient, user: user })
        ERR_NO_SUCH_GRANT
      )))
      (asserts! (> (get rights grant) u0) ERR_NO_SUCH_GRANT)
      (map-set standing-grants { patient: patient, user: user }
        (merge grant { expiry: (some now), rights: u0 })
      )
      (append-patient-entry patient (get-patient patient) "standing-revoke" user none ZEROS now)
      (ok true)
    )
  )
)

;; Open a record in an emergency, for EMERGENCY_BLOCKS or as long as the grant lasts.
;; access-medical-record and access-record-version then let the caller in.
;;
;; Caller:  a user with a live grant with the emergency right
;; reason:  commits to why: sha256 of the reason as it is sealed to the patient, which vaults want
;;          to have before they release anything
;; Returns: (ok { until, audit-index, audit-head }); until is exclusive
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NO_REASON, ERR_NO_ACCESS, ERR_GRANT_EXPIRED,
;;          ERR_GRANT_REVOKED, ERR_NO_EMERGENCY_RIGHT
;; Event:   record-audit "emergency"; version: the latest, expiry: until, detail: reason
(define-public (emergency-access (record-id uint) (reason (buff 32)))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (now burn-block-height)
      (until (+ now EMERGENCY_BLOCKS))
    )
    (asserts! (and (is-eq (len reason) u32) (not (is-eq reason ZEROS))) ERR_NO_REASON)
    (asserts!
      (has-right
        (get rights
          (try! (effective-grant record-id (get patient record) contract-caller now))
        )
        RIGHT_EMERGENCY
      )
      ERR_NO_EMERGENCY_RIGHT
    )
    (map-set emergency-openings { record-id: record-id, user: contract-caller }
      { until: until, opened-at: now, reason: reason }
    )
    (ok (merge { until: until }
      (append-entry record-id record "emergency" none (get version record) (some until) reason
        now
      )
    ))
  )
)

;; ---------------------------------------------------------------------------------------
;; Delegates and transfer
;; ---------------------------------------------------------------------------------------

;; Let `delegate` act for the caller until `expiry`; setting again replaces the expiry.
;;
;; Caller:  anyone, for themselves as a patient
;; expiry:  burn height, exclusive; none means until removed
;; Returns: (ok true)
;; Errors:  ERR_SELF_DELEGATE, ERR_EXPIRY_IN_PAST
;; Event:   patient-audit "delegate-set"
(define-public (set-delegate (delegate principal) (expiry (optional uint)))
  (let ((now burn-block-height))
    (asserts! (not (is-eq delegate contract-caller)) ERR_SELF_DELEGATE)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (append-patient-entry contract-caller (join-team contract-caller delegate) "delegate-set"
      delegate expiry ZEROS now
    )
    (map-set delegates { patient: contract-caller, delegate: delegate } { expiry: expiry })
    (ok true)
  )
)

;; Stop `delegate` from acting for the caller. What they granted stays.
;;
;; Caller:  anyone, for themselves as a patient
;; Returns: (ok true)
;; Errors:  ERR_NO_SUCH_DELEGATE
;; Event:   patient-audit "delegate-remove"
(define-public (remove-delegate (delegate principal))
  (let ((now burn-block-height))
    (asserts! (is-delegate contract-caller delegate now) ERR_NO_SUCH_DELEGATE)
    (map-set delegates { patient: contract-caller, delegate: delegate } { expiry: (some now) })
    (append-patient-entry contract-caller (get-patient contract-caller) "delegate-remove"
      delegate none ZEROS now
    )
    (ok true)
  )
)

;; Offer a record to a new patient, in place of any earlier offer; offering it to oneself
;; withdraws the offer. Nothing else changes until accept-patient.
;;
;; Caller:  the patient
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_NO_OFFER (nothing to withdraw)
;; Event:   record-audit "transfer-offer"; version: the latest
(define-public (transfer-patient (record-id uint) (new-patient principal))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (asserts! (is-eq contract-caller (get patient record)) ERR_NOT_PATIENT)
    (asserts!
      (if (is-eq new-patient contract-caller)
        (map-delete pending-transfers record-id)
        (map-set pending-transfers record-id new-patient)
      )
      ERR_NO_OFFER
    )
    (append-entry record-id record "transfer-offer" (some new-patient) (get version record)
      none ZEROS burn-block-height
    )
    (ok true)
  )
)

;; Become the patient of a record that was offered to the caller. Its grants stay; the
;; former patient's delegates and standing grants no longer reach it, the caller's do.
;;
;; Caller:  the principal that the record was offered to
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NO_OFFER, ERR_NOT_OFFERED
;; Event:   record-audit "transfer-accept"; subject: the former patient, version: the latest
(define-public (accept-patient (record-id uint))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (new-patient (unwrap! (map-get? pending-transfers record-id) ERR_NO_OFFER))
    )
    (asserts! (is-eq contract-caller new-patient) ERR_NOT_OFFERED)
    (map-delete pending-transfers record-id)
    (list-patient-record new-patient record-id)
    (append-entry record-id (merge record { patient: new-patient }) "transfer-accept"
      (some (get patient record)) (get version record) none ZEROS burn-block-height
    )
    (ok true)
  )
)

;; ---------------------------------------------------------------------------------------
;; Keys and vault logs
;; ---------------------------------------------------------------------------------------

;; Publish the key that others encrypt to for the caller, in place of an earlier one.
;;
;; Caller:  anyone, for themselves
;; Returns: (ok generation)
;; Errors:  ERR_EMPTY_KEY
;; Event:   encryption-key { owner, recipient, generation, burn-height }
(define-public (publish-encryption-key (recipient (buff 1280)))
  (let ((generation (+ u1
      (default-to u0 (get generation (map-get? encryption-keys contract-caller)))
    )))
    (asserts! (> (len recipient) u0) ERR_EMPTY_KEY)
    (map-set encryption-keys contract-caller
      { recipient: recipient, generation: generation }
    )
    (print {
      topic: "encryption-key",
      owner: contract-caller,
      recipient: recipient,
      generation: generation,
      burn-height: burn-block-height
    })
    (ok generation)
  )
)

;; Share a version's key with someone who could open that version now, in place of an
;; earlier envelope for them.
;;
;; Caller:  the patient or a delegate; the version's author, for the patient, with a live grant,
;;          or where the patient has no envelope yet
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_NOT_PATIENT,
;;          ERR_EMPTY_ENVELOPE, ERR_USER_CANNOT_READ
;; Event:   record-audit "envelope"; detail: sha256 of the envelope
(define-public (put-key-envelope
    (record-id uint)
    (version uint)
    (user principal)
    (envelope (buff 2048))
  )
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (now burn-block-height)
    )
    (asserts! (and (> version u0) (<= version (get version record))) ERR_VERSION_NOT_FOUND)
    (asserts!
      (or
        (acts-for patient now)
        (and
          (is-eq user patient)
          (is-author record-id version contract-caller)
          (or
            (is-none (get-key-envelope record-id version user))
            (is-ok (effective-grant record-id patient contract-caller now))
          )
        )
      )
      ERR_NOT_PATIENT
    )
    (asserts! (> (len envelope) u0) ERR_EMPTY_ENVELOPE)
    (asserts! (is-ok (check-read record-id patient user version now)) ERR_USER_CANNOT_READ)
    (map-set key-envelopes { record-id: record-id, version: version, user: user } envelope)
    (append-entry record-id record "envelope" (some user) version none (sha256 envelope) now)
    (ok true)
  )
)

;; Pin where the caller's own log stands: `count` entries that `head` commits to.
;;
;; Caller:  anyone, for themselves
;; Returns: (ok true)
;; Errors:  ERR_COUNT_FELL, ERR_HEAD_CHANGED
;; Event:   vault-log { vault, head, count, burn-height }
(define-public (anchor-vault-log (head (buff 32)) (count uint))
  (let ((anchor { head: head, count: count, burn-height: burn-block-height }))
    (match (map-get? vault-logs contract-caller)
      previous (begin
        (asserts! (>= count (get count previous)) ERR_COUNT_FELL)
        (asserts!
          (or (> count (get count previous)) (is-eq head (get head previous)))
          ERR_HEAD_CHANGED
        )
      )
      true
    )
    (map-set vault-logs contract-caller anchor)
    (print (merge anchor { topic: "vault-log", vault: contract-caller }))
    (ok true)
  )
)

;; ---------------------------------------------------------------------------------------
;; Private: who may. Each public function asks for the burn block height once, as that
;; counts as a read, and hands it on as `now`.
;; ---------------------------------------------------------------------------------------

;; Is a grant with this expiry still open? A revoked one never is: its expiry has come.
(define-private (is-open (expiry (optional uint)) (now uint))
  (match expiry height (< now height) true)
)

(define-private (has-right (rights uint) (right uint))
  (> (bit-and rights right) u0)
)

(define-private (are-valid-rights (rights uint))
  (and (> rights u0) (<= rights ALL_RIGHTS) (not (is-eq rights RIGHT_HISTORY)))
)

(define-private (is-delegate (patient principal) (user principal) (now uint))
  (match (map-get? delegates { patient: patient, delegate: user })
    delegation (is-open (get expiry delegation) now)
    false
  )
)

;; May the caller do what a patient does and may leave to a delegate?
(define-private (acts-for (patient principal) (now uint))
  (or (is-eq contract-caller patient) (is-delegate patient contract-caller now))
)

;; The grant that counts for a user who isn't the patient. The record's own goes first, and
;; once revoked shuts the standing one out; the reason of a refusal is that of the record's
;; own grant where there is one.
(define-private (effective-grant
    (record-id uint)
    (patient principal)
    (user principal)
    (now uint)
  )
  (match (map-get? access-grants { record-id: record-id, user: user })
    grant (if (is-open (get expiry grant) now)
      (ok grant)
      (if (is-eq (get rights grant) u0)
        ERR_GRANT_REVOKED
        (match (standing-grant patient user now)
          standing (ok standing)
          code ERR_GRANT_EXPIRED
        )
      )
    )
    (standing-grant patient user now)
  )
)

;; A live standing grant, in the shape of a record's own: from the first version on.
(define-private (standing-grant (patient principal) (user principal) (now uint))
  (match (map-get? standing-grants { patient: patient, user: user })
    grant (if (is-open (get expiry grant) now)
      (ok (merge grant { from-version: u1 }))
      (if (is-eq (get rights grant) u0) ERR_GRANT_REVOKED ERR_GRANT_EXPIRED)
    )
    ERR_NO_ACCESS
  )
)

;; May `user` read this version? (ok true) where their grant does by an emergency alone.
(define-private (check-read
    (record-id uint)
    (patient principal)
    (user principal)
    (version uint)
    (now uint)
  )
  (if (is-eq user patient)
    (ok false)
    (match (check-granted-read record-id patient user version now)
      emergency (ok emergency)
      code (if (is-delegate patient user now) (ok false) (err code))
    )
  )
)

(define-private (check-granted-read
    (record-id uint)
    (patient principal)
    (user principal)
    (version uint)
    (now uint)
  )
  (let (
      (grant (try! (effective-grant record-id patient user now)))
      (emergency (not (has-right (get rights grant) RIGHTS_TO_READ)))
    )
    (asserts!
      (or (not emergency) (is-emergency-open record-id user (get granted-at grant) now))
      ERR_NO_READ_RIGHT
    )
    (asserts! (>= version (get from-version grant)) ERR_VERSION_NOT_GRANTED)
    (ok emergency)
  )
)

;; Has `user` opened the record in an emergency, under the grant made at `granted-at`?
(define-private (is-emergency-open
    (record-id uint)
    (user principal)
    (granted-at uint)
    (now uint)
  )
  (match (map-get? emergency-openings { record-id: record-id, user: user })
    opening (and
      (< now (get until opening))
      (>= (get opened-at opening) granted-at)
    )
    false
  )
)

;; May the caller add a version?
(define-private (check-amend (record-id uint) (patient principal) (now uint))
  (if (acts-for patient now)
    (ok true)
    (if (has-right
        (get rights (try! (effective-grant record-id patient contract-caller now)))
        RIGHT_AMEND
      )
      (ok true)
      ERR_NO_AMEND_RIGHT
    )
  )
)

;; Does this id begin as those that are bound to `maker`?
(define-private (is-bound-to (record-id uint) (maker principal))
  (let (
      ;; Never none: a principal has consensus bytes, and a hash more than 8.
      (hash (sha256 (unwrap-panic (to-consensus-buff? maker))))
      (first-bytes (unwrap-panic (as-max-len? (unwrap-panic (slice? hash u0 u8)) u8)))
    )
    (is-eq (/ record-id AFTER_PREFIX) (+ BOUND_PREFIX (buff-to-uint-be first-bytes)))
  )
)

(define-private (is-author (record-id uint) (version uint) (user principal))
  (is-eq (some user)
    (get author (map-get? record-versions { record-id: record-id, version: version }))
  )
)

;; ---------------------------------------------------------------------------------------
;; Private: versions and grants
;; ---------------------------------------------------------------------------------------

;; Write the version after the record's latest; what create and amend return.
(define-private (write-version
    (record-id uint)
    (record {
      patient: principal,
      version: uint,
      readers: uint,
      audit-count: uint,
      audit-head: (buff 32)
    })
    (encrypted-content (buff 65536))
    (action (string-ascii 32))
    (now uint)
  )
  (let (
      (version (+ (get version record) u1))
      (content-hash (sha256 encrypted-content))
    )
    (map-insert record-versions { record-id: record-id, version: version } {
      author: contract-caller,
      encrypted-content: encrypted-content,
      content-hash: content-hash,
      burn-height: now
    })
    (merge { version: version, content-hash: content-hash }
      (append-entry record-id (merge record { version: version }) action none version none
        content-hash now
      ))
  )
)

;; Log that the caller opens a version, then hand it out.
(define-private (read-version
    (record-id uint)
    (record {
      patient: principal,
      version: uint,
      readers: uint,
      audit-count: uint,
      audit-head: (buff 32)
    })
    (version uint)
  )
  (let (
      (now burn-block-height)
      (emergency (try!
        (check-read record-id (get patient record) contract-caller version now)
      ))
      (content (unwrap!
        (map-get? record-versions { record-id: record-id, version: version })
        ERR_VERSION_NOT_FOUND
      ))
    )
    ;; `content` is named only twice: each time costs as much as the largest content.
    (ok (merge content
      (merge { version: version }
        (append-entry record-id record (if emergency "emergency-read" "access") none version
          none (get content-hash content) now
        ))
    ))
  )
)

;; Grant one record; `rights` were checked before.
(define-private (set-grant
    (record-id uint)
    (user principal)
    (rights uint)
    (expiry (optional uint))
  )
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (granted (map-get? access-grants { record-id: record-id, user: user }))
      (now burn-block-height)
      (from-version (if (has-right rights RIGHT_HISTORY)
        u1
        (match granted
          grant (if (is-open (get expiry grant) now)
            (get from-version grant)
            (get version record)
          )
          (get version record)
        )
      ))
    )
    (asserts! (acts-for patient now) ERR_NOT_PATIENT)
    (asserts! (not (is-eq user patient)) ERR_SELF_GRANT)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (map-set access-grants { record-id: record-id, user: user } {
      expiry: expiry,
      rights: rights,
      granted-at: now,
      from-version: from-version
    })
    (append-entry record-id
      (if (> (default-to u0 (get from-version granted)) u0)
        record
        (merge record { readers: (list-reader record-id user (get readers record)) })
      )
      "grant" (some user) from-version expiry (rights-detail rights) now
    )
    (ok true)
  )
)

;; One step of grant-many; after a refusal the rest is passed over.
(define-private (grant-next
    (grant { record-id: uint, user: principal, expiry: (optional uint) })
    (so-far (response bool uint))
  )
  (match so-far
    done (set-grant (get record-id grant) (get user grant) RIGHT_READ (get expiry grant))
    code (err code)
  )
)

(define-private (rights-detail (rights uint))
  (concat RIGHTS_PREFIX (unwrap-panic (element-at? RIGHTS_BYTES rights)))
)

;; ---------------------------------------------------------------------------------------
;; Private: lists and logs
;; ---------------------------------------------------------------------------------------

(define-private (list-patient-record (patient principal) (record-id uint))
  (let (
      (state (get-patient patient))
      (index (get records state))
    )
    (map-insert patient-records { patient: patient, index: index } record-id)
    (map-set patients patient (merge state { records: (+ index u1) }))
  )
)

;; List the first grant of a record to a user on both sides; the record's new reader count.
(define-private (list-reader (record-id uint) (user principal) (readers uint))
  (let (
      (state (get-user user))
      (index (get records state))
    )
    (map-insert record-readers { record-id: record-id, index: readers } user)
    (map-insert shared-records { user: user, index: index } record-id)
    (map-set users user (merge state { records: (+ index u1) }))
    (+ readers u1)
  )
)

;; List a user who becomes part of a patient's care team on both sides, the first time; the
;; patient's state for append-patient-entry to store.
(define-private (join-team (patient principal) (user principal))
  (let ((state (get-patient patient)))
    (if (or
        (is-some (map-get? standing-grants { patient: patient, user: user }))
        (is-some (map-get? delegates { patient: patient, delegate: user }))
      )
      state
      (let (
          (counts (get-user user))
          (index (get patients counts))
        )
        (map-insert care-team { patient: patient, index: (get team state) } user)
        (map-insert care-patients { user: user, index: index } patient)
        (map-set users user (merge counts { patients: (+ index u1) }))
        (merge state { team: (+ (get team state) u1) })
      )
    )
  )
)

;; Append to a record's log, print the entry and store the record with its new head.
(define-private (append-entry
    (record-id uint)
    (record {
      patient: principal,
      version: uint,
      readers: uint,
      audit-count: uint,
      audit-head: (buff 32)
    })
    (action (string-ascii 32))
    (subject (optional principal))
    (version uint)
    (expiry (optional uint))
    (detail (buff 32))
    (now uint)
  )
  (let (
      (index (get audit-count record))
      (entry (log-entry action subject version expiry detail now))
      (event (merge entry { topic: "record-audit", record-id: record-id, index: index }))
      ;; Never none: an event is far smaller than the largest value.
      (head (next-head (get audit-head record) (unwrap-panic (to-consensus-buff? event))))
    )
    (map-insert audit-log { record-id: record-id, index: index } entry)
    (map-set records record-id
      (merge record { audit-count: (+ index u1), audit-head: head })
    )
    (print event)
    { audit-index: index, audit-head: head }
  )
)

;; The same for the log of a patient as a whole.
(define-private (append-patient-entry
    (patient principal)
    (state { records: uint, team: uint, audit-count: uint, audit-head: (buff 32) })
    (action (string-ascii 32))
    (user principal)
    (expiry (optional uint))
    (detail (buff 32))
    (now uint)
  )
  (let (
      (index (get audit-count state))
      (entry (log-entry action (some user) u0 expiry detail now))
      (event (merge entry { topic: "patient-audit", patient: patient, index: index }))
      (head (next-head (get audit-head state) (unwrap-panic (to-consensus-buff? event))))
    )
    (map-insert patient-audit-log { patient: patient, index: index } entry)
    (map-set patients patient
      (merge state { audit-count: (+ index u1), audit-head: head })
    )
    (print event)
    { audit-index: index, audit-head: head }
  )
)

(define-private (log-entry
    (action (string-ascii 32))
    (subject (optional principal))
    (version uint)
    (expiry (optional uint))
    (detail (buff 32))
    (now uint)
  )
  {
    action: action,
    actor: contract-caller,
    subject: subject,
    version: version,
    expiry: expiry,
    detail: detail,
    burn-height: now
  }
)

(define-private (next-head (head (buff 32)) (event (buff 1024)))
  (sha256 (concat head (sha256 event)))
)
