;; medical-records-management: who may open a medical record, until when, and who did.
;;
;; A record is an append-only row of encrypted versions. Its patient lets others in, for
;; a time or until further notice, and shuts them out. Whatever is done to a record leaves
;; an entry in the record's own log, and one 32-byte head commits to the whole log.
;;
;; Roles
;;   patient    whoever created the record, accepted its transfer or succeeded its patient
;;   delegate   acts for a patient on all their records, as far as the powers go that the
;;              patient gave; can neither name delegates nor give a record away
;;   contact    named by a patient; may ask to become a delegate, and does unless refused in time
;;   user       anyone with a grant: on one record, or standing (all records of a patient)
;;   member     opens for an organisation, which is any user, what that one was granted
;;   vault      keeps larger content and keys, and pins the head of its own log here
;;
;; Invariants
;;   1. A version, once written, never changes and never goes away.
;;   2. Only the patient or a live delegate widens access to a record, and a delegate never
;;      beyond their own powers.
;;   3. Every successful call on a record appends exactly one entry to its log (grant-many:
;;      one for each grant); on a patient as a whole, one entry to the patient's log.
;;   4. A log's head commits to all its entries and their order:
;;      head' = sha256(head || sha256(consensus bytes of the printed entry)), from 32 zeros.
;;   5. An expiry is a burn block height and exclusive: open while burn-block-height < expiry.
;;   6. A revoke ends a user's access to the record, standing access included, until the
;;      record is granted again. (A delegate is ended by remove-delegate.)
;;   7. The patient can't be locked out of a record.
;;   8. No call costs more because of what was stored before.
;;   9. Of all who were ever the patient of a line of succession, the latest alone is.
;;
;; Trust
;;   Authority is contract-caller, never tx-sender: a contract that a patient was lured into
;;   calling has no power over their records, and a smart-contract wallet can be a patient.
;;   Burn block heights come from the chain (about ten minutes a block).
;;   A delegate can grant to anyone, themselves included; such grants outlive the delegate,
;;   unless the patient ends them together with the delegation.
;;   Whoever has a patient's key can offer the succession to themselves: the first one wins.
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

;; Powers of a delegate add up: 1 see, 2 share (grant, revoke), 4 add (create for, amend).
(define-constant POWER_SEE u1)
(define-constant POWER_SHARE u2)
(define-constant POWER_ADD u4)
(define-constant ALL_POWERS u7)

;; The longest that a contact has to wait, in burn blocks: about a year.
(define-constant LONGEST_WAIT u52560)

;; How long an emergency opening lasts, in burn blocks: about a day.
(define-constant EMERGENCY_BLOCKS u144)

;; The head of an empty log, and the detail of an entry that has none.
(define-constant ZEROS 0x0000000000000000000000000000000000000000000000000000000000000000)

;; A patient about whom nothing is stored.
(define-constant NEW_PATIENT {
  records: u0,
  team: u0,
  audit-count: u0,
  audit-head: ZEROS,
  root: none,
  successor: none
})

;; Ids that begin with these 16 bits ("MR") are bound to their maker, so that nobody can take one
;; that they saw on its way: 64 bits of the sha256 of who creates the record follow, then 48 bits
;; of free choice.
(define-constant BOUND_MARK u19794)
(define-constant AFTER_MARK u5192296858534827628530496329220096)
(define-constant BOUND_PREFIX u365134852195006864687104)
(define-constant AFTER_PREFIX u281474976710656)

;; Rights and powers as an entry's detail: 31 zero bytes, then the byte at that place.
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
;; Neither the record nor the succession was offered to the caller.
(define-constant ERR_NOT_OFFERED (err u109))
;; The caller is a delegate, and has not the power to do that.
(define-constant ERR_NO_POWER (err u110))
;; The caller was succeeded, and is nobody here.
(define-constant ERR_SUCCEEDED (err u111))
;; The caller is no live member of that organisation.
(define-constant ERR_NOT_MEMBER (err u112))

;; No record has this id.
(define-constant ERR_RECORD_NOT_FOUND (err u201))
;; The id is taken.
(define-constant ERR_RECORD_EXISTS (err u202))
;; A version can't be empty.
(define-constant ERR_EMPTY_CONTENT (err u203))
;; The record has no version of this number.
(define-constant ERR_VERSION_NOT_FOUND (err u204))
;; Neither the record nor the succession is offered to anybody.
(define-constant ERR_NO_OFFER (err u205))
;; The version is not the one after the latest: somebody else added one meanwhile.
(define-constant ERR_VERSION_TAKEN (err u206))
;; The id is one of those that are bound to their maker, and it is bound to somebody else.
(define-constant ERR_FOREIGN_ID (err u207))

;; The expiry is not above the current burn block height.
(define-constant ERR_EXPIRY_IN_PAST (err u301))
;; There is nothing to revoke.
(define-constant ERR_NO_SUCH_GRANT (err u302))
;; A patient needs no grant from themselves, and who was the patient gets none.
(define-constant ERR_SELF_GRANT (err u303))
;; Rights are u1 to u15, and not u8 alone.
(define-constant ERR_INVALID_RIGHTS (err u304))
;; There is no live delegate to remove.
(define-constant ERR_NO_SUCH_DELEGATE (err u305))
;; Neither a patient nor who was the patient can be their own delegate or contact.
(define-constant ERR_SELF_DELEGATE (err u306))
;; An emergency needs a reason: a hash of 32 bytes, not all zero.
(define-constant ERR_NO_REASON (err u307))
;; Powers are u1 to u7.
(define-constant ERR_INVALID_POWERS (err u308))
;; There is no live member to remove.
(define-constant ERR_NO_SUCH_MEMBER (err u309))
;; An organisation can't be its own member.
(define-constant ERR_SELF_MEMBER (err u310))
;; The patient named no such contact, or the contact was refused.
(define-constant ERR_NO_SUCH_CONTACT (err u311))
;; A wait is 1 to 52,560 burn blocks long.
(define-constant ERR_INVALID_WAIT (err u312))
;; The contact asked already.
(define-constant ERR_ASKED_ALREADY (err u313))
;; The contact did not ask, or the wait is not over.
(define-constant ERR_TOO_EARLY (err u314))
;; A successor must be new: without records, a log or a former patient of their own.
(define-constant ERR_NOT_NEW (err u315))

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
;; Where patients succeeded each other, `patient` is the first of the line, here and in the keys
;; of all maps below: so a succession moves nothing, and everything stays where it was.
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
;; the burn height of the latest granting, entry the index of its entry in the record's log,
;; which tells it from every other granting; by is the delegation by which it was made, none
;; where the patient made it. Missing: this record was never granted to them.
;; Revoked: rights are u0 and expiry is the burn height of the revoke. from-version is u0
;; where a revoke shut out a user who had only standing access.
(define-map access-grants
  { record-id: uint, user: principal }
  {
    expiry: (optional uint),
    rights: uint,
    granted-at: uint,
    from-version: uint,
    entry: uint,
    by: (optional { patient: principal, delegate: principal, term: uint })
  }
)

;; The same for all of a patient's records, later ones and all versions included; entry is the
;; index in the patient's log. Missing: no standing access was ever granted. Revoked: as above.
(define-map standing-grants
  { patient: principal, user: principal }
  {
    expiry: (optional uint),
    rights: uint,
    granted-at: uint,
    entry: uint,
    by: (optional { patient: principal, delegate: principal, term: uint })
  }
)

;; Who may act for a patient, with which powers, and until when. term counts from u1 how often
;; they became a delegate anew; what they granted up to the term in `ended` is as if it had been
;; revoked. Missing: was never a delegate. Removed: the expiry is the burn height of that.
(define-map delegates
  { patient: principal, delegate: principal }
  { powers: uint, expiry: (optional uint), term: uint, ended: uint }
)

;; Who may ask to become a delegate, with which powers, and how many burn blocks after that
;; they do; ready-at is the burn height from which on they do, once they asked.
;; Missing: was not named, or refused, or became a delegate.
(define-map contacts
  { patient: principal, contact: principal }
  { powers: uint, wait: uint, ready-at: (optional uint) }
)

;; Who opens for an organisation what it was granted, and until when. Missing: was never a
;; member. Removed: the expiry is the burn height of the removal.
(define-map members
  { organisation: principal, member: principal }
  { expiry: (optional uint) }
)

;; The latest emergency opening of a record by a user: open while burn-block-height < until
;; under the very grant by which it was made: the one with that entry, in the record's log or,
;; where `standing` names a patient, in theirs. Missing: never opened.
(define-map emergency-openings
  { record-id: uint, user: principal }
  {
    until: uint,
    opened-at: uint,
    reason: (buff 32),
    entry: uint,
    standing: (optional principal)
  }
)

;; To whom a record is offered, and by whom: an offer ends when its maker is succeeded.
;; Missing: to nobody.
(define-map pending-transfers uint { to: principal, by: principal })

;; To whom a patient offers the succession. Missing: to nobody.
(define-map pending-successions principal principal)

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
;; and the head of that log. root is the first of the line, for those who succeeded somebody.
;; successor is who took over: for the first of a line the latest one, and for the others who
;; took over from them. Missing: none, and 32 zero bytes; succeeded nobody, and nobody them.
(define-map patients
  principal
  {
    records: uint,
    team: uint,
    audit-count: uint,
    audit-head: (buff 32),
    root: (optional principal),
    successor: (optional principal)
  }
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
  { interface: u2, release: "2.0.0" }
)

;; The record as it is stored, but with the latest of the line as its patient.
(define-read-only (get-record (record-id uint))
  (match (map-get? records record-id)
    record (some (merge record { patient: (holder-of (get patient record)) }))
    none
  )
)

(define-read-only (get-record-version (record-id uint) (version uint))
  (map-get? record-versions { record-id: record-id, version: version })
)

;; The record's own grant as it is stored, lapsed or revoked ones included; one that ended with
;; a delegation reads as revoked. Patients are asked for by any principal of their line.
(define-read-only (get-grant (record-id uint) (user principal))
  (match (map-get? access-grants { record-id: record-id, user: user })
    grant (some (if (is-kept (get by grant)) grant (merge grant { rights: u0 })))
    none
  )
)

(define-read-only (get-standing-grant (patient principal) (user principal))
  (match (map-get? standing-grants { patient: (root-of patient), user: user })
    grant (some (if (is-kept (get by grant)) grant (merge grant { rights: u0 })))
    none
  )
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
  (map-get? delegates { patient: (root-of patient), delegate: delegate })
)

(define-read-only (get-contact (patient principal) (contact principal))
  (map-get? contacts { patient: (root-of patient), contact: contact })
)

(define-read-only (get-member (organisation principal) (member principal))
  (map-get? members { organisation: organisation, member: member })
)

;; The line of succession that somebody is in: its first principal, and the latest, who alone is
;; the patient. Both are `user` where they succeeded nobody and nobody succeeded them.
(define-read-only (get-line (user principal))
  (let ((root (root-of user)))
    { root: root, patient: (holder-of root) }
  )
)

(define-read-only (get-pending-succession (patient principal))
  (map-get? pending-successions (root-of patient))
)

(define-read-only (get-emergency-opening (record-id uint) (user principal))
  (map-get? emergency-openings { record-id: record-id, user: user })
)

;; To whom a record is offered, by who is still its patient.
(define-read-only (get-pending-transfer (record-id uint))
  (match (map-get? pending-transfers record-id)
    offer (if (is-patient (root-of (get by offer)) (get by offer)) (some (get to offer)) none)
    none
  )
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
  (let ((root (root-of patient)))
    (match (map-get? patient-audit-log { patient: root, index: index })
      entry (some (merge entry { topic: "patient-audit", patient: root, index: index }))
      none
    )
  )
)

(define-read-only (get-patient-audit-head (patient principal))
  (let ((state (get-patient patient)))
    { head: (get audit-head state), count: (get audit-count state) }
  )
)

;; The lengths of a patient's lists, their log's head, and their latest successor.
(define-read-only (get-patient (patient principal))
  (state-of (root-of patient))
)

;; The lengths of a user's lists.
(define-read-only (get-user (user principal))
  (default-to { records: u0, patients: u0 } (map-get? users user))
)

(define-read-only (get-patient-record (patient principal) (index uint))
  (map-get? patient-records { patient: (root-of patient), index: index })
)

(define-read-only (get-shared-record (user principal) (index uint))
  (map-get? shared-records { user: user, index: index })
)

(define-read-only (get-record-reader (record-id uint) (index uint))
  (map-get? record-readers { record-id: record-id, index: index })
)

(define-read-only (get-care-team-member (patient principal) (index uint))
  (map-get? care-team { patient: (root-of patient), index: index })
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
;; Caller:  anyone who was not succeeded
;; record-id: any; of those that begin with BOUND_MARK, one that is bound to the caller
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_SUCCEEDED, ERR_EMPTY_CONTENT, ERR_FOREIGN_ID, ERR_RECORD_EXISTS
;; Event:   record-audit "create"; detail: content-hash
(define-public (create-medical-record (record-id uint) (encrypted-content (buff 65536)))
  (let ((line (try! (own-line))))
    (begin-record (get patient line) (get state line) record-id encrypted-content "create" none
      burn-block-height
    )
  )
)

;; Begin a record of `patient`, written by a delegate.
;;
;; Caller:  a delegate with the power to add, or that patient
;; patient: any principal of their line
;; record-id: as create-medical-record
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_NO_POWER, ERR_EMPTY_CONTENT, ERR_FOREIGN_ID,
;;          ERR_RECORD_EXISTS
;; Event:   record-audit "create-for"; subject: the patient, detail: content-hash
(define-public (create-record-for
    (patient principal)
    (record-id uint)
    (encrypted-content (buff 65536))
  )
  (let (
      (root (root-of patient))
      (now burn-block-height)
    )
    (try! (check-power root POWER_ADD now))
    (begin-record root (state-of root) record-id encrypted-content "create-for" (some root) now)
  )
)

;; Add the next version; the older ones stay.
;;
;; Caller:  the patient, a user with a live grant to amend, a delegate with the power to add
;; Returns: (ok { version, content-hash, audit-index, audit-head })
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_EMPTY_CONTENT, ERR_SUCCEEDED, ERR_NO_ACCESS,
;;          ERR_GRANT_EXPIRED, ERR_GRANT_REVOKED, ERR_NO_AMEND_RIGHT
;; Event:   record-audit "amend"; detail: content-hash
(define-public (amend-medical-record (record-id uint) (encrypted-content (buff 65536)))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (now burn-block-height)
    )
    (asserts! (> (len encrypted-content) u0) ERR_EMPTY_CONTENT)
    (try! (check-amend record-id (get patient record) now))
    (ok (write-version record-id record encrypted-content "amend" none now))
  )
)

;; Add exactly this version: what the content was encrypted for. An author who was
;; overtaken by another's version is refused, and nobody's content stands under a number
;; that it is not bound to.
;;
;; Caller:  as amend-medical-record
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
;; Caller:  the patient, a user with a live grant, a delegate with the power to see
;; Returns: (ok { version, author, encrypted-content, content-hash, burn-height, audit-index,
;;          audit-head }); burn-height: when the version was written
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_SUCCEEDED, ERR_NO_ACCESS, ERR_GRANT_EXPIRED,
;;          ERR_GRANT_REVOKED, ERR_NO_READ_RIGHT
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

;; Open one version for an organisation: by what that one was granted, as who the caller is.
;;
;; Caller:  a live member of the organisation
;; Returns: as access-medical-record
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_MEMBER, then as access-record-version for what the
;;          organisation was granted; ERR_NO_ACCESS where it is the patient
;; Event:   as access-medical-record; actor: the member, subject: the organisation
(define-public (access-for (record-id uint) (version uint) (organisation principal))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (now burn-block-height)
    )
    (asserts!
      (match (map-get? members { organisation: organisation, member: contract-caller })
        member (is-open (get expiry member) now)
        false
      )
      ERR_NOT_MEMBER
    )
    (asserts! (not (is-eq organisation patient)) ERR_NO_ACCESS)
    (hand-out record-id record version (some organisation)
      (try! (check-granted-read record-id patient organisation version now)) now
    )
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
;; Caller:  the patient or a delegate with the power to share; to give what a delegate has: they
;;          need the power to see, and to add for the right to amend
;; expiry:  burn height, exclusive; none means until revoked
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_NO_POWER,
;;          ERR_SELF_GRANT, ERR_EXPIRY_IN_PAST
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
;; Caller:  the patient or a delegate with the power to share
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_NO_POWER,
;;          ERR_NO_SUCH_GRANT
;; Event:   record-audit "revoke"; version: the latest
(define-public (revoke-record-access (record-id uint) (user principal))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (granted (map-get? access-grants { record-id: record-id, user: user }))
      (now burn-block-height)
    )
    (try! (check-power patient POWER_SHARE now))
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
          {
            expiry: none,
            rights: u0,
            granted-at: now,
            from-version: u0,
            entry: (get audit-count record),
            by: none
          }
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
;; Caller:  that patient or a delegate, as grant-record-access
;; patient: any principal of their line
;; rights, expiry: as grant-record-rights
;; Returns: (ok true)
;; Errors:  ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_SELF_GRANT, ERR_INVALID_RIGHTS, ERR_NO_POWER,
;;          ERR_EXPIRY_IN_PAST
;; Event:   patient-audit "standing-grant"; detail: rights
(define-public (grant-standing-access
    (patient principal)
    (user principal)
    (rights uint)
    (expiry (optional uint))
  )
  (let (
      (root (root-of patient))
      (now burn-block-height)
      (held (try! (authority root now)))
      (granted (map-get? standing-grants { patient: root, user: user }))
      (state (state-of root))
    )
    (asserts! (not (is-self root user)) ERR_SELF_GRANT)
    (asserts! (are-valid-rights rights) ERR_INVALID_RIGHTS)
    (asserts! (may-give (get powers held) rights) ERR_NO_POWER)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (map-set standing-grants { patient: root, user: user } {
      expiry: expiry,
      rights: rights,
      granted-at: now,
      entry: (get audit-count state),
      by: (get by held)
    })
    (append-patient-entry root
      (if (or
          (is-some granted)
          (is-some (map-get? delegates { patient: root, delegate: user }))
        )
        state
        (join-team root state user)
      )
      "standing-grant" user expiry (bits-detail rights) now
    )
    (ok true)
  )
)

;; End `user`'s standing access. Grants on single records stay.
;;
;; Caller:  that patient or a delegate with the power to share
;; patient: any principal of their line
;; Returns: (ok true)
;; Errors:  ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_NO_POWER, ERR_NO_SUCH_GRANT
;; Event:   patient-audit "standing-revoke"
(define-public (revoke-standing-access (patient principal) (user principal))
  (let (
      (root (root-of patient))
      (now burn-block-height)
    )
    (try! (check-power root POWER_SHARE now))
    (let ((grant (unwrap!
        (map-get? standing-grants { patient: root, user: user })
        ERR_NO_SUCH_GRANT
      )))
      (asserts! (> (get rights grant) u0) ERR_NO_SUCH_GRANT)
      (map-set standing-grants { patient: root, user: user }
        (merge grant { expiry: (some now), rights: u0 })
      )
      (append-patient-entry root (state-of root) "standing-revoke" user none ZEROS now)
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
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NO_REASON, ERR_SUCCEEDED, ERR_NO_ACCESS,
;;          ERR_GRANT_EXPIRED, ERR_GRANT_REVOKED, ERR_NO_EMERGENCY_RIGHT
;; Event:   record-audit "emergency"; version: the latest, expiry: until, detail: reason
(define-public (emergency-access (record-id uint) (reason (buff 32)))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (patient (get patient record))
      (now burn-block-height)
      (until (+ now EMERGENCY_BLOCKS))
    )
    (asserts! (and (is-eq (len reason) u32) (not (is-eq reason ZEROS))) ERR_NO_REASON)
    (asserts!
      (or (not (is-eq contract-caller patient)) (is-patient patient contract-caller))
      ERR_SUCCEEDED
    )
    (let ((grant (try! (effective-grant record-id patient contract-caller now))))
      (asserts! (has-right (get rights grant) RIGHT_EMERGENCY) ERR_NO_EMERGENCY_RIGHT)
      (map-set emergency-openings { record-id: record-id, user: contract-caller } {
        until: until,
        opened-at: now,
        reason: reason,
        entry: (get entry grant),
        standing: (get standing grant)
      })
      (ok (merge { until: until }
        (append-entry record-id record "emergency" none (get version record) (some until)
          reason now
        )
      ))
    )
  )
)

;; ---------------------------------------------------------------------------------------
;; Delegates, contacts and members
;; ---------------------------------------------------------------------------------------

;; Let `delegate` act for the caller until `expiry`; setting again replaces powers and expiry.
;;
;; Caller:  anyone who was not succeeded, for themselves as a patient
;; powers:  u1 see, u2 share, u4 add, added up
;; expiry:  burn height, exclusive; none means until removed
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_SELF_DELEGATE, ERR_INVALID_POWERS, ERR_EXPIRY_IN_PAST
;; Event:   patient-audit "delegate-set"; detail: powers
(define-public (set-delegate (delegate principal) (powers uint) (expiry (optional uint)))
  (let (
      (line (try! (own-line)))
      (patient (get patient line))
      (now burn-block-height)
    )
    (asserts! (not (is-self patient delegate)) ERR_SELF_DELEGATE)
    (asserts! (are-valid-powers powers) ERR_INVALID_POWERS)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (appoint patient (get state line) delegate powers expiry "delegate-set" now)
    (ok true)
  )
)

;; Stop `delegate` from acting for the caller. What they granted stays.
;;
;; Caller:  anyone who was not succeeded, for themselves as a patient
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_NO_SUCH_DELEGATE
;; Event:   patient-audit "delegate-remove"
(define-public (remove-delegate (delegate principal))
  (let (
      (line (try! (own-line)))
      (patient (get patient line))
      (now burn-block-height)
      (delegation (unwrap! (live-delegation patient delegate now) ERR_NO_SUCH_DELEGATE))
    )
    (map-set delegates { patient: patient, delegate: delegate }
      (merge delegation { expiry: (some now) })
    )
    (append-patient-entry patient (get state line) "delegate-remove" delegate none ZEROS now)
    (ok true)
  )
)

;; Stop `delegate` from acting for the caller, and end all that they granted up to now, as if
;; each of it were revoked. Also for one who was removed, or whose time is over.
;;
;; Caller:  anyone who was not succeeded, for themselves as a patient
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_NO_SUCH_DELEGATE
;; Event:   patient-audit "delegate-end"
(define-public (end-delegation (delegate principal))
  (let (
      (line (try! (own-line)))
      (patient (get patient line))
      (now burn-block-height)
      (delegation (unwrap!
        (map-get? delegates { patient: patient, delegate: delegate })
        ERR_NO_SUCH_DELEGATE
      ))
      (term (get term delegation))
    )
    (asserts! (> term (get ended delegation)) ERR_NO_SUCH_DELEGATE)
    (map-set delegates { patient: patient, delegate: delegate }
      (merge delegation { expiry: (some now), ended: term })
    )
    (append-patient-entry patient (get state line) "delegate-end" delegate none ZEROS now)
    (ok true)
  )
)

;; Let `contact` become a delegate without the caller, `wait` burn blocks after they asked for
;; it. Naming again replaces powers and wait, and what was asked for.
;;
;; Caller:  anyone who was not succeeded, for themselves as a patient
;; powers:  as set-delegate
;; wait:    in burn blocks, 1 to LONGEST_WAIT
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_SELF_DELEGATE, ERR_INVALID_POWERS, ERR_INVALID_WAIT
;; Event:   patient-audit "contact-name"; expiry: its burn-height and the wait, detail: powers
(define-public (name-contact (contact principal) (powers uint) (wait uint))
  (let (
      (line (try! (own-line)))
      (patient (get patient line))
      (now burn-block-height)
    )
    (asserts! (not (is-self patient contact)) ERR_SELF_DELEGATE)
    (asserts! (are-valid-powers powers) ERR_INVALID_POWERS)
    (asserts! (and (> wait u0) (<= wait LONGEST_WAIT)) ERR_INVALID_WAIT)
    (map-set contacts { patient: patient, contact: contact }
      { powers: powers, wait: wait, ready-at: none }
    )
    (append-patient-entry patient (get state line) "contact-name" contact (some (+ now wait))
      (bits-detail powers) now
    )
    (ok true)
  )
)

;; Ask to become a delegate. The patient, or a delegate, can refuse until it is accepted.
;;
;; Caller:  a contact whom the patient named
;; patient: any principal of their line
;; Returns: (ok ready-at): the burn height from which on accept-delegation succeeds
;; Errors:  ERR_NO_SUCH_CONTACT, ERR_ASKED_ALREADY
;; Event:   patient-audit "contact-ask"; expiry: ready-at, detail: powers
(define-public (ask-for-delegation (patient principal))
  (let (
      (root (root-of patient))
      (now burn-block-height)
      (named (unwrap!
        (map-get? contacts { patient: root, contact: contract-caller })
        ERR_NO_SUCH_CONTACT
      ))
      (ready-at (+ now (get wait named)))
    )
    (asserts! (is-none (get ready-at named)) ERR_ASKED_ALREADY)
    (map-set contacts { patient: root, contact: contract-caller }
      (merge named { ready-at: (some ready-at) })
    )
    (append-patient-entry root (state-of root) "contact-ask" contract-caller (some ready-at)
      (bits-detail (get powers named)) now
    )
    (ok ready-at)
  )
)

;; Refuse a contact, who asked or may ask, until the patient names them again.
;;
;; Caller:  that patient or a delegate with the power to share
;; patient: any principal of their line
;; Returns: (ok true)
;; Errors:  ERR_NOT_PATIENT, ERR_SUCCEEDED, ERR_NO_POWER, ERR_NO_SUCH_CONTACT
;; Event:   patient-audit "contact-refuse"
(define-public (refuse-delegation (patient principal) (contact principal))
  (let (
      (root (root-of patient))
      (now burn-block-height)
    )
    (try! (check-power root POWER_SHARE now))
    (asserts! (map-delete contacts { patient: root, contact: contact }) ERR_NO_SUCH_CONTACT)
    (append-patient-entry root (state-of root) "contact-refuse" contact none ZEROS now)
    (ok true)
  )
)

;; Become a delegate after the wait, until the patient ends it; in place of an earlier
;; delegation.
;;
;; Caller:  a contact who asked
;; patient: any principal of their line
;; Returns: (ok true)
;; Errors:  ERR_NO_SUCH_CONTACT, ERR_TOO_EARLY
;; Event:   patient-audit "contact-accept"; detail: powers
(define-public (accept-delegation (patient principal))
  (let (
      (root (root-of patient))
      (now burn-block-height)
      (named (unwrap!
        (map-get? contacts { patient: root, contact: contract-caller })
        ERR_NO_SUCH_CONTACT
      ))
    )
    (asserts! (match (get ready-at named) height (>= now height) false) ERR_TOO_EARLY)
    (map-delete contacts { patient: root, contact: contract-caller })
    (appoint root (state-of root) contract-caller (get powers named) none "contact-accept" now)
    (ok true)
  )
)

;; Let `member` open until `expiry` what the caller was granted; setting again replaces it.
;;
;; Caller:  anyone who was not succeeded, for themselves as an organisation
;; expiry:  burn height, exclusive; none means until removed
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_SELF_MEMBER, ERR_EXPIRY_IN_PAST
;; Event:   patient-audit "member-set", in the caller's own log
(define-public (set-member (member principal) (expiry (optional uint)))
  (let (
      (line (try! (own-line)))
      (now burn-block-height)
    )
    (asserts! (not (is-eq member contract-caller)) ERR_SELF_MEMBER)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (map-set members { organisation: contract-caller, member: member } { expiry: expiry })
    (append-patient-entry (get patient line) (get state line) "member-set" member expiry ZEROS
      now
    )
    (ok true)
  )
)

;; Stop `member` from opening for the caller.
;;
;; Caller:  anyone who was not succeeded, for themselves as an organisation
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_NO_SUCH_MEMBER
;; Event:   patient-audit "member-remove", in the caller's own log
(define-public (remove-member (member principal))
  (let (
      (line (try! (own-line)))
      (now burn-block-height)
      (membership (unwrap!
        (map-get? members { organisation: contract-caller, member: member })
        ERR_NO_SUCH_MEMBER
      ))
    )
    (asserts! (is-open (get expiry membership) now) ERR_NO_SUCH_MEMBER)
    (map-set members { organisation: contract-caller, member: member } { expiry: (some now) })
    (append-patient-entry (get patient line) (get state line) "member-remove" member none ZEROS
      now
    )
    (ok true)
  )
)

;; ---------------------------------------------------------------------------------------
;; Transfer and succession
;; ---------------------------------------------------------------------------------------

;; Offer a record to a new patient, in place of any earlier offer; offering it to oneself
;; withdraws the offer. Nothing else changes until accept-patient.
;;
;; Caller:  the patient
;; Returns: (ok true)
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NOT_PATIENT, ERR_NO_OFFER (nothing to withdraw); for who
;;          was succeeded ERR_NOT_PATIENT, too
;; Event:   record-audit "transfer-offer"; version: the latest
(define-public (transfer-patient (record-id uint) (new-patient principal))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (asserts! (is-patient (get patient record) contract-caller) ERR_NOT_PATIENT)
    (asserts!
      (if (is-eq new-patient contract-caller)
        (map-delete pending-transfers record-id)
        (map-set pending-transfers record-id { to: new-patient, by: contract-caller })
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
;; Errors:  ERR_RECORD_NOT_FOUND, ERR_NO_OFFER, ERR_NOT_OFFERED, ERR_SUCCEEDED
;; Event:   record-audit "transfer-accept"; subject: the former patient, the first of their
;;          line; version: the latest
(define-public (accept-patient (record-id uint))
  (let (
      (record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND))
      (offer (unwrap! (map-get? pending-transfers record-id) ERR_NO_OFFER))
    )
    (asserts! (is-patient (get patient record) (get by offer)) ERR_NO_OFFER)
    (asserts! (is-eq contract-caller (get to offer)) ERR_NOT_OFFERED)
    (let (
        (line (try! (own-line)))
        (patient (get patient line))
      )
      (map-delete pending-transfers record-id)
      (list-patient-record patient (get state line) record-id)
      (append-entry record-id (merge record { patient: patient }) "transfer-accept"
        (some (get patient record)) (get version record) none ZEROS burn-block-height
      )
      (ok true)
    )
  )
)

;; Offer everything that the caller has as a patient to a successor, in place of any earlier
;; offer; offering it to oneself withdraws the offer. Nothing else changes until
;; accept-succession.
;;
;; Caller:  anyone who was not succeeded, for themselves as a patient
;; Returns: (ok true)
;; Errors:  ERR_SUCCEEDED, ERR_NO_OFFER (nothing to withdraw)
;; Event:   patient-audit "succession-offer"
(define-public (offer-succession (successor principal))
  (let (
      (line (try! (own-line)))
      (patient (get patient line))
    )
    (asserts!
      (if (is-eq successor contract-caller)
        (map-delete pending-successions patient)
        (map-set pending-successions patient successor)
      )
      ERR_NO_OFFER
    )
    (append-patient-entry patient (get state line) "succession-offer" successor none ZEROS
      burn-block-height
    )
    (ok true)
  )
)

;; Become the patient in place of `patient`: of all their records at once, with what they
;; granted, their delegates, contacts and log. The former patient is nobody from then on, and
;; what the caller had been given by them as a user, delegate or contact has no effect any more,
;; but for grants on single records.
;;
;; Caller:  the principal that it was offered to; new: never a patient
;; patient: any principal of the line
;; Returns: (ok true)
;; Errors:  ERR_NO_OFFER, ERR_NOT_OFFERED, ERR_NOT_NEW
;; Event:   patient-audit "succession-accept"; subject: the former patient
(define-public (accept-succession (patient principal))
  (let (
      (root (root-of patient))
      (state (state-of root))
      (former (default-to root (get successor state)))
      (successor (unwrap! (map-get? pending-successions root) ERR_NO_OFFER))
      (now burn-block-height)
    )
    (asserts! (is-eq contract-caller successor) ERR_NOT_OFFERED)
    (asserts! (is-none (map-get? patients contract-caller)) ERR_NOT_NEW)
    (map-delete pending-successions root)
    (shut-out root contract-caller now)
    (map-insert patients contract-caller (merge NEW_PATIENT { root: (some root) }))
    (if (is-eq former root)
      true
      (map-set patients former
        (merge NEW_PATIENT { root: (some root), successor: (some contract-caller) })
      )
    )
    (append-patient-entry root (merge state { successor: (some contract-caller) })
      "succession-accept" former none ZEROS now
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
;; Caller:  the patient or a delegate with the power to share; the version's author, for the
;;          patient, with a live grant, or where the patient has no envelope yet; nobody whom
;;          the patient succeeded
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
        (is-ok (check-power patient POWER_SHARE now))
        (and
          (is-patient patient user)
          (is-author record-id version contract-caller)
          (not (is-of-line patient contract-caller))
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

(define-private (are-valid-powers (powers uint))
  (and (> powers u0) (<= powers ALL_POWERS))
)

;; May somebody with these powers give these rights? Nobody gives what they don't have.
(define-private (may-give (powers uint) (rights uint))
  (and
    (has-right powers POWER_SHARE)
    (has-right powers POWER_SEE)
    (or (has-right powers POWER_ADD) (not (has-right rights RIGHT_AMEND)))
  )
)

;; Is `user` the patient of what belongs to the line that begins with `patient`?
(define-private (is-patient (patient principal) (user principal))
  (match (map-get? patients user)
    state (and
      (is-none (get successor state))
      (is-eq patient (default-to user (get root state)))
    )
    (is-eq user patient)
  )
)

;; Is `user` one of that line, the patient or one who was?
(define-private (is-of-line (patient principal) (user principal))
  (is-eq patient (root-of user))
)

;; Is `user` of the line for which the caller acts? Where the caller is its first, it has nobody
;; else: what that saves is a read.
(define-private (is-self (patient principal) (user principal))
  (if (is-eq contract-caller patient)
    (is-eq user patient)
    (is-of-line patient user)
  )
)

;; The first of the line that somebody is in.
(define-private (root-of (user principal))
  (match (map-get? patients user)
    state (default-to user (get root state))
    user
  )
)

;; The latest of the line that begins with `patient`.
(define-private (holder-of (patient principal))
  (match (map-get? patients patient)
    state (default-to patient (get successor state))
    patient
  )
)

;; The caller as a patient: the first of their line, and its state.
(define-private (own-line)
  (let ((state (state-of contract-caller)))
    (asserts! (is-none (get successor state)) ERR_SUCCEEDED)
    (ok (match (get root state)
      root { patient: root, state: (state-of root) }
      { patient: contract-caller, state: state }
    ))
  )
)

(define-private (live-delegation (patient principal) (user principal) (now uint))
  (match (map-get? delegates { patient: patient, delegate: user })
    delegation (if (is-open (get expiry delegation) now) (some delegation) none)
    none
  )
)

(define-private (has-power (patient principal) (user principal) (power uint) (now uint))
  (match (live-delegation patient user now)
    delegation (has-right (get powers delegation) power)
    false
  )
)

;; What the caller may do for a patient: the powers, all of them for the patient, and the
;; delegation that they come from.
(define-private (authority (patient principal) (now uint))
  (if (is-eq contract-caller patient)
    (if (is-patient patient contract-caller)
      (ok { powers: ALL_POWERS, by: none })
      ERR_SUCCEEDED
    )
    (match (live-delegation patient contract-caller now)
      delegation (ok {
        powers: (get powers delegation),
        by: (some {
          patient: patient,
          delegate: contract-caller,
          term: (get term delegation)
        })
      })
      (if (is-patient patient contract-caller)
        (ok { powers: ALL_POWERS, by: none })
        ERR_NOT_PATIENT
      )
    )
  )
)

(define-private (check-power (patient principal) (power uint) (now uint))
  (let ((held (try! (authority patient now))))
    (asserts! (has-right (get powers held) power) ERR_NO_POWER)
    (ok true)
  )
)

;; Does what was granted by this delegation still hold? What the patient granted does.
(define-private (is-kept
    (by (optional { patient: principal, delegate: principal, term: uint }))
  )
  (match by
    mark (> (get term mark)
      (default-to u0
        (get ended
          (map-get? delegates
            { patient: (get patient mark), delegate: (get delegate mark) }
          )
        ))
    )
    true
  )
)

;; The grant that counts for a user who isn't the patient, and whose standing one it is. The
;; record's own goes first, and once revoked shuts the standing one out; the reason of a refusal
;; is that of the record's own grant where there is one.
(define-private (effective-grant
    (record-id uint)
    (patient principal)
    (user principal)
    (now uint)
  )
  (match (map-get? access-grants { record-id: record-id, user: user })
    grant (if (or (is-eq (get rights grant) u0) (not (is-kept (get by grant))))
      ERR_GRANT_REVOKED
      (if (is-open (get expiry grant) now)
        (ok (merge grant { standing: none }))
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
    grant (if (or (is-eq (get rights grant) u0) (not (is-kept (get by grant))))
      ERR_GRANT_REVOKED
      (if (is-open (get expiry grant) now)
        (ok (merge grant { from-version: u1, standing: (some patient) }))
        ERR_GRANT_EXPIRED
      )
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
    (if (is-patient patient user) (ok false) ERR_SUCCEEDED)
    (match (check-granted-read record-id patient user version now)
      emergency (ok emergency)
      code (if (or (has-power patient user POWER_SEE now) (is-patient patient user))
        (ok false)
        (err code)
      )
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
      (or
        (not emergency)
        (is-emergency-open record-id user (get entry grant) (get standing grant) now)
      )
      ERR_NO_READ_RIGHT
    )
    (asserts! (>= version (get from-version grant)) ERR_VERSION_NOT_GRANTED)
    (ok emergency)
  )
)

;; Has `user` opened the record in an emergency, under the grant with this entry?
(define-private (is-emergency-open
    (record-id uint)
    (user principal)
    (entry uint)
    (standing (optional principal))
    (now uint)
  )
  (match (map-get? emergency-openings { record-id: record-id, user: user })
    opening (and
      (< now (get until opening))
      (is-eq (get entry opening) entry)
      (is-eq (get standing opening) standing)
    )
    false
  )
)

;; May the caller add a version?
(define-private (check-amend (record-id uint) (patient principal) (now uint))
  (if (is-eq contract-caller patient)
    (if (is-patient patient contract-caller) (ok true) ERR_SUCCEEDED)
    (match (check-granted-amend record-id patient now)
      granted (ok granted)
      code (if (or
          (has-power patient contract-caller POWER_ADD now)
          (is-patient patient contract-caller)
        )
        (ok true)
        (err code)
      )
    )
  )
)

(define-private (check-granted-amend (record-id uint) (patient principal) (now uint))
  (let ((grant (try! (effective-grant record-id patient contract-caller now))))
    (asserts! (has-right (get rights grant) RIGHT_AMEND) ERR_NO_AMEND_RIGHT)
    (ok true)
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

;; Begin a record of this patient, whose state it is; what both create functions return.
(define-private (begin-record
    (patient principal)
    (state {
      records: uint,
      team: uint,
      audit-count: uint,
      audit-head: (buff 32),
      root: (optional principal),
      successor: (optional principal)
    })
    (record-id uint)
    (encrypted-content (buff 65536))
    (action (string-ascii 32))
    (subject (optional principal))
    (now uint)
  )
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
    (list-patient-record patient state record-id)
    (ok (write-version record-id
      { patient: patient, version: u0, readers: u0, audit-count: u0, audit-head: ZEROS }
      encrypted-content action subject now
    ))
  )
)

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
    (subject (optional principal))
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
      (append-entry record-id (merge record { version: version }) action subject version none
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
  (let ((now burn-block-height))
    (hand-out record-id record version none
      (try! (check-read record-id (get patient record) contract-caller version now)) now
    )
  )
)

;; The same after all checks: by an emergency alone or not, and for which organisation.
(define-private (hand-out
    (record-id uint)
    (record {
      patient: principal,
      version: uint,
      readers: uint,
      audit-count: uint,
      audit-head: (buff 32)
    })
    (version uint)
    (organisation (optional principal))
    (emergency bool)
    (now uint)
  )
  (let ((content (unwrap!
      (map-get? record-versions { record-id: record-id, version: version })
      ERR_VERSION_NOT_FOUND
    )))
    ;; `content` is named only twice: each time costs as much as the largest content.
    (ok (merge content
      (merge { version: version }
        (append-entry record-id record (if emergency "emergency-read" "access") organisation
          version none (get content-hash content) now
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
          grant (if (and (is-open (get expiry grant) now) (is-kept (get by grant)))
            (get from-version grant)
            (get version record)
          )
          (get version record)
        )
      ))
      (held (try! (authority patient now)))
    )
    (asserts! (may-give (get powers held) rights) ERR_NO_POWER)
    (asserts! (not (is-self patient user)) ERR_SELF_GRANT)
    (asserts! (is-open expiry now) ERR_EXPIRY_IN_PAST)
    (map-set access-grants { record-id: record-id, user: user } {
      expiry: expiry,
      rights: rights,
      granted-at: now,
      from-version: from-version,
      entry: (get audit-count record),
      by: (get by held)
    })
    (append-entry record-id
      (if (> (default-to u0 (get from-version granted)) u0)
        record
        (merge record { readers: (list-reader record-id user (get readers record)) })
      )
      "grant" (some user) from-version expiry (bits-detail rights) now
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

(define-private (bits-detail (bits uint))
  (concat RIGHTS_PREFIX (unwrap-panic (element-at? RIGHTS_BYTES bits)))
)

;; ---------------------------------------------------------------------------------------
;; Private: delegations and successions
;; ---------------------------------------------------------------------------------------

;; Make `delegate` a delegate; powers and expiry were checked before.
(define-private (appoint
    (patient principal)
    (state {
      records: uint,
      team: uint,
      audit-count: uint,
      audit-head: (buff 32),
      root: (optional principal),
      successor: (optional principal)
    })
    (delegate principal)
    (powers uint)
    (expiry (optional uint))
    (action (string-ascii 32))
    (now uint)
  )
  (let ((former (map-get? delegates { patient: patient, delegate: delegate })))
    (map-set delegates { patient: patient, delegate: delegate } {
      powers: powers,
      expiry: expiry,
      term: (match former
        delegation (if (is-open (get expiry delegation) now)
          (get term delegation)
          (+ (get term delegation) u1)
        )
        u1
      ),
      ended: (default-to u0 (get ended former))
    })
    (append-patient-entry patient
      (if (or
          (is-some former)
          (is-some (map-get? standing-grants { patient: patient, user: delegate }))
        )
        state
        (join-team patient state delegate)
      )
      action delegate expiry (bits-detail powers) now
    )
  )
)

;; End what `user` may do for a patient or with their records as a whole.
(define-private (shut-out (patient principal) (user principal) (now uint))
  (begin
    (match (map-get? standing-grants { patient: patient, user: user })
      grant (map-set standing-grants { patient: patient, user: user }
        (merge grant { expiry: (some now), rights: u0 })
      )
      true
    )
    (match (map-get? delegates { patient: patient, delegate: user })
      delegation (map-set delegates { patient: patient, delegate: user }
        (merge delegation { expiry: (some now) })
      )
      true
    )
    (map-delete contacts { patient: patient, contact: user })
  )
)

;; ---------------------------------------------------------------------------------------
;; Private: lists and logs
;; ---------------------------------------------------------------------------------------

;; The state of a patient, by the first of their line.
(define-private (state-of (patient principal))
  (default-to NEW_PATIENT (map-get? patients patient))
)

(define-private (list-patient-record
    (patient principal)
    (state {
      records: uint,
      team: uint,
      audit-count: uint,
      audit-head: (buff 32),
      root: (optional principal),
      successor: (optional principal)
    })
    (record-id uint)
  )
  (let ((index (get records state)))
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

;; List a user who becomes part of a patient's care team on both sides; the patient's state for
;; append-patient-entry to store.
(define-private (join-team
    (patient principal)
    (state {
      records: uint,
      team: uint,
      audit-count: uint,
      audit-head: (buff 32),
      root: (optional principal),
      successor: (optional principal)
    })
    (user principal)
  )
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
    (state {
      records: uint,
      team: uint,
      audit-count: uint,
      audit-head: (buff 32),
      root: (optional principal),
      successor: (optional principal)
    })
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
