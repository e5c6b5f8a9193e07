(define-constant RIGHTS_TO_READ u3)
(define-constant RIGHT_READ u1)
(define-constant RIGHT_AMEND u2)
(define-constant RIGHT_EMERGENCY u4)
(define-constant RIGHT_HISTORY u8)
(define-constant ALL_RIGHTS u15)
(define-constant POWER_SEE u1)
(define-constant POWER_SHARE u2)
(define-constant POWER_ADD u4)
(define-constant ALL_POWERS u7)
(define-constant LONGEST_WAIT u52560)
(define-constant EMERGENCY_BLOCKS u144)
(define-constant ZEROS 0x0000000000000000000000000000000000000000000000000000000000000000)
(define-constant NEW_PATIENT {
  records: u0,
  team: u0,
  audit-count: u0,
  audit-head: ZEROS,
  root: none,
  successor: none
})
(define-constant BOUND_MARK u19794)
(define-constant AFTER_MARK u5192296858534827628530496329220096)
(define-constant BOUND_PREFIX u365134852195006864687104)
(define-constant AFTER_PREFIX u281474976710656)
(define-constant RIGHTS_PREFIX 0x00000000000000000000000000000000000000000000000000000000000000)
(define-constant RIGHTS_BYTES 0x000102030405060708090a0b0c0d0e0f)
(define-constant ERR_NOT_PATIENT (err u101))
(define-constant ERR_NO_ACCESS (err u102))
(define-constant ERR_GRANT_EXPIRED (err u103))
(define-constant ERR_GRANT_REVOKED (err u104))
(define-constant ERR_NO_READ_RIGHT (err u105))
(define-constant ERR_NO_AMEND_RIGHT (err u106))
(define-constant ERR_NO_EMERGENCY_RIGHT (err u107))
(define-constant ERR_VERSION_NOT_GRANTED (err u108))
(define-constant ERR_NOT_OFFERED (err u109))
(define-constant ERR_NO_POWER (err u110))
(define-constant ERR_SUCCEEDED (err u111))
(define-constant ERR_NOT_MEMBER (err u112))
(define-constant ERR_RECORD_NOT_FOUND (err u201))
(define-constant ERR_RECORD_EXISTS (err u202))
(define-constant ERR_EMPTY_CONTENT (err u203))
(define-constant ERR_VERSION_NOT_FOUND (err u204))
(define-constant ERR_NO_OFFER (err u205))
(define-constant ERR_VERSION_TAKEN (err u206))
(define-constant ERR_FOREIGN_ID (err u207))
(define-constant ERR_EXPIRY_IN_PAST (err u301))
(define-constant ERR_NO_SUCH_GRANT (err u302))
(define-constant ERR_SELF_GRANT (err u303))
(define-constant ERR_INVALID_RIGHTS (err u304))
(define-constant ERR_NO_SUCH_DELEGATE (err u305))
(define-constant ERR_SELF_DELEGATE (err u306))
(define-constant ERR_NO_REASON (err u307))
(define-constant ERR_INVALID_POWERS (err u308))
(define-constant ERR_NO_SUCH_MEMBER (err u309))
(define-constant ERR_SELF_MEMBER (err u310))
(define-constant ERR_NO_SUCH_CONTACT (err u311))
(define-constant ERR_INVALID_WAIT (err u312))
(define-constant ERR_ASKED_ALREADY (err u313))
(define-constant ERR_TOO_EARLY (err u314))
(define-constant ERR_NOT_NEW (err u315))
(define-constant ERR_EMPTY_KEY (err u401))
(define-constant ERR_EMPTY_ENVELOPE (err u402))
(define-constant ERR_USER_CANNOT_READ (err u403))
(define-constant ERR_COUNT_FELL (err u404))
(define-constant ERR_HEAD_CHANGED (err u405))
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
(define-map record-versions
  { record-id: uint, version: uint }
  {
    author: principal,
    encrypted-content: (buff 65536),
    content-hash: (buff 32),
    burn-height: uint
  }
)
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
(define-map delegates
  { patient: principal, delegate: principal }
  { powers: uint, expiry: (optional uint), term: uint, ended: uint }
)
(define-map contacts
  { patient: principal, contact: principal }
  { powers: uint, wait: uint, ready-at: (optional uint) }
)
(define-map members
  { organisation: principal, member: principal }
  { expiry: (optional uint) }
)
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
(define-map pending-transfers uint { to: principal, by: principal })
(define-map pending-successions principal principal)
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
(define-map users
  principal
  { records: uint, patients: uint }
)
(define-map patient-records { patient: principal, index: uint } uint)
(define-map shared-records { user: principal, index: uint } uint)
(define-map record-readers { record-id: uint, index: uint } principal)
(define-map care-team { patient: principal, index: uint } principal)
(define-map care-patients { user: principal, index: uint } principal)
(define-map encryption-keys
  principal
  { recipient: (buff 1280), generation: uint }
)
(define-map key-envelopes
  { record-id: uint, version: uint, user: principal }
  (buff 2048)
)
(define-map vault-logs
  principal
  { head: (buff 32), count: uint, burn-height: uint }
)
(define-read-only (get-contract-version)
  { interface: u2, release: "2.0.0" }
)
(define-read-only (get-record (record-id uint))
  (match (map-get? records record-id)
    record (some (merge record { patient: (holder-of (get patient record)) }))
    none
  )
)
(define-read-only (get-record-version (record-id uint) (version uint))
  (map-get? record-versions { record-id: record-id, version: version })
)
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
(define-read-only (get-effective-grant (record-id uint) (user principal))
  (match (map-get? records record-id)
    record (match (effective-grant record-id (get patient record) user burn-block-height)
      grant (some grant)
      code none
    )
    none
  )
)
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
(define-read-only (get-pending-transfer (record-id uint))
  (match (map-get? pending-transfers record-id)
    offer (if (is-patient (root-of (get by offer)) (get by offer)) (some (get to offer)) none)
    none
  )
)
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
(define-read-only (get-patient (patient principal))
  (state-of (root-of patient))
)
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
(define-public (create-medical-record (record-id uint) (encrypted-content (buff 65536)))
  (let ((line (try! (own-line))))
    (begin-record (get patient line) (get state line) record-id encrypted-content "create" none
      burn-block-height
    )
  )
)
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
(define-public (access-medical-record (record-id uint))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (read-version record-id record (get version record))
  )
)
(define-public (access-record-version (record-id uint) (version uint))
  (let ((record (unwrap! (map-get? records record-id) ERR_RECORD_NOT_FOUND)))
    (read-version record-id record version)
  )
)
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
(define-public (grant-record-access (record-id uint) (user principal) (expiry (optional uint)))
  (set-grant record-id user RIGHT_READ expiry)
)
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
(define-public (grant-many
    (grants (list 20 { record-id: uint, user: principal, expiry: (optional uint) }))
  )
  (fold grant-next grants (ok true))
)
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
(define-private (may-give (powers uint) (rights uint))
  (and
    (has-right powers POWER_SHARE)
    (has-right powers POWER_SEE)
    (or (has-right powers POWER_ADD) (not (has-right rights RIGHT_AMEND)))
  )
)
(define-private (is-patient (patient principal) (user principal))
  (match (map-get? patients user)
    state (and
      (is-none (get successor state))
      (is-eq patient (default-to user (get root state)))
    )
    (is-eq user patient)
  )
)
(define-private (is-of-line (patient principal) (user principal))
  (is-eq patient (root-of user))
)
(define-private (is-self (patient principal) (user principal))
  (if (is-eq contract-caller patient)
    (is-eq user patient)
    (is-of-line patient user)
  )
)
(define-private (root-of (user principal))
  (match (map-get? patients user)
    state (default-to user (get root state))
    user
  )
)
(define-private (holder-of (patient principal))
  (match (map-get? patients patient)
    state (default-to patient (get successor state))
    patient
  )
)
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
(define-private (is-bound-to (record-id uint) (maker principal))
  (let (
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
    (ok (merge content
      (merge { version: version }
        (append-entry record-id record (if emergency "emergency-read" "access") organisation
          version none (get content-hash content) now
        ))
    ))
  )
)
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
