;; middleman: a contract that calls the records contract for whoever calls it.
;;
;; To the records contract the caller is this contract. So it stands in the tests for a
;; smart-contract wallet, which owns records itself, and for the lure that a patient was
;; talked into calling, which must not get hold of theirs.

(define-public (create (record-id uint) (content (buff 64)))
  (contract-call? .medical-records-management create-medical-record record-id content)
)

(define-public (amend (record-id uint) (content (buff 64)))
  (contract-call? .medical-records-management amend-medical-record record-id content)
)

(define-public (amend-version (record-id uint) (version uint) (content (buff 64)))
  (contract-call? .medical-records-management amend-record-version record-id version content)
)

(define-public (access (record-id uint))
  (match (contract-call? .medical-records-management access-medical-record record-id)
    opened (ok (get version opened))
    code (err code)
  )
)

(define-public (access-version (record-id uint) (version uint))
  (match (contract-call? .medical-records-management access-record-version record-id version)
    opened (ok (get version opened))
    code (err code)
  )
)

(define-public (grant (record-id uint) (user principal))
  (contract-call? .medical-records-management grant-record-access record-id user none)
)

(define-public (grant-rights (record-id uint) (user principal) (rights uint))
  (contract-call? .medical-records-management grant-record-rights record-id user rights none)
)

(define-public (grant-many (record-id uint) (user principal))
  (contract-call? .medical-records-management grant-many
    (list { record-id: record-id, user: user, expiry: none })
  )
)

(define-public (revoke (record-id uint) (user principal))
  (contract-call? .medical-records-management revoke-record-access record-id user)
)

(define-public (grant-standing (patient principal) (user principal))
  (contract-call? .medical-records-management grant-standing-access patient user u1 none)
)

(define-public (revoke-standing (patient principal) (user principal))
  (contract-call? .medical-records-management revoke-standing-access patient user)
)

(define-public (offer (record-id uint) (new-patient principal))
  (contract-call? .medical-records-management transfer-patient record-id new-patient)
)

(define-public (accept (record-id uint))
  (contract-call? .medical-records-management accept-patient record-id)
)

(define-public (put-envelope (record-id uint) (version uint) (user principal))
  (contract-call? .medical-records-management put-key-envelope record-id version user 0x01)
)

(define-public (publish (recipient (buff 64)))
  (contract-call? .medical-records-management publish-encryption-key recipient)
)

(define-public (set-delegate (delegate principal))
  (contract-call? .medical-records-management set-delegate delegate u7 none)
)

(define-public (end-delegation (delegate principal))
  (contract-call? .medical-records-management end-delegation delegate)
)

(define-public (create-for (patient principal) (record-id uint) (content (buff 64)))
  (contract-call? .medical-records-management create-record-for patient record-id content)
)

(define-public (access-for (record-id uint) (organisation principal))
  (match (contract-call? .medical-records-management access-for record-id u1 organisation)
    opened (ok (get version opened))
    code (err code)
  )
)

(define-public (set-member (member principal))
  (contract-call? .medical-records-management set-member member none)
)

(define-public (remove-member (member principal))
  (contract-call? .medical-records-management remove-member member)
)

(define-public (name-contact (contact principal))
  (contract-call? .medical-records-management name-contact contact u7 u10)
)

(define-public (ask (patient principal))
  (contract-call? .medical-records-management ask-for-delegation patient)
)

(define-public (refuse (patient principal) (contact principal))
  (contract-call? .medical-records-management refuse-delegation patient contact)
)

(define-public (accept-delegation (patient principal))
  (contract-call? .medical-records-management accept-delegation patient)
)

(define-public (offer-succession (successor principal))
  (contract-call? .medical-records-management offer-succession successor)
)

(define-public (accept-succession (patient principal))
  (contract-call? .medical-records-management accept-succession patient)
)

(define-public (remove-delegate (delegate principal))
  (contract-call? .medical-records-management remove-delegate delegate)
)

(define-public (open-emergency (record-id uint))
  (contract-call? .medical-records-management emergency-access record-id
    0x1111111111111111111111111111111111111111111111111111111111111111
  )
)

(define-public (anchor (head (buff 32)) (count uint))
  (contract-call? .medical-records-management anchor-vault-log head count)
)

;; Two of the calls above in one transaction: all or nothing.
(define-public (grant-then-fail (record-id uint) (user principal))
  (begin
    (try! (grant record-id user))
    (err u999)
  )
)

;; The burn height that a read-only call sees; up to epoch 2.5 it lags behind a public one's.
(define-read-only (height)
  burn-block-height
)
