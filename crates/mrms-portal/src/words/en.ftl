# The portal in English.
skip = Skip to the content
lock = Lock
lacks-name = Say your name
language = Language
language-choose = Use
cancel = Cancel
copy = Copy
copied = Copied.
print = Print
print-hint = Your browser prints this page: the menu and the buttons are left out.
nav-label = Pages
nav-home = Home
nav-records = My records
nav-shared = Shared with me
nav-people = People
nav-who = Who looked
nav-check = Check
nav-settings = Settings
idle-warning = Nothing happened for a while. Your records will be locked in a minute.
idle-stay = I am still here
idle-back = What you had typed before the lock is here again. Choose files once more.
minutes = { $count ->
    [60] 1 hour
    [480] 8 hours
   *[other] { $count } minutes
}
wait-seconds = Too many wrong tries. Wait { $seconds } seconds.

enter-title = Come in
enter-explained = Open the link that the program showed when it started these pages, or type its code here. Each code works once, for ten minutes. Start the pages again to get a new one, or ask whoever set up this machine. A browser in which you gave your passphrase before needs none.
enter-code = Code
enter-button = Come in
enter-wrong = This code was used, is too old, or is not right. Start the pages again to get a new one.

unlock-title = Open your records
unlock-whose = They belong to the profile
unlock-standard = { $name } (the first on this computer)
unlock-profile = Profile
unlock-passphrase = Passphrase
unlock-minutes = Lock when nothing happens for
unlock-button = Open
unlock-wrong = The passphrase is not right.

welcome-title = Welcome
about-keeps = MRMS keeps your medical records on this computer, encrypted: only you can read them, and those with whom you share them.
about-shares = You share a record with a doctor, a clinic or your family for as long as you choose, and you can end that at any time.
about-tells = Whoever opens a record leaves an entry in a log that nobody can change, so you see who looked, when, and what for.
welcome-explained = Your records are encrypted on this machine. Choose a passphrase that opens them here.
welcome-passphrase = New passphrase
welcome-passphrase-hint = Four or five words that have nothing to do with one another are good.
welcome-again = The same again
welcome-button = Begin
welcome-differ = The two are not the same.
welcome-weak = This passphrase is too easy to guess.

words-title = Your 24 words
words-explained = Write them on paper, in this order. They bring your account back on any machine. Whoever has them can read your records. Where they were kept on this machine alone, your records come back from a backup, which you make under Settings.
words-noted = I have written them down
words-check-title = Let us check
words-check-explained = Take your paper and type these three words from it. Then it is sure that you have them.
words-check-button = Check
words-number = Word { $number }
words-again = Show the words again
words-wrong = That is not what stands there. Compare it with your paper.
words-wrong-at = Not right: word { $numbers }. Compare it with your paper, or have the words shown again.

home-sentence = { $people ->
    [0] Nobody but you can see your { $records ->
        [one] record
       *[other] { $records } records
    }.
    [one] 1 person can see some or all of your { $records ->
        [one] record
       *[other] { $records } records
    }.
   *[other] { $people } people can see some or all of your { $records ->
        [one] record
       *[other] { $records } records
    }.
}
home-links-alone = { $links ->
    [one] Nobody but you and whoever has a link of yours can see some of your records.
   *[other] Nobody but you and whoever has one of your { $links } links can see some of your records.
}
home-links-too = { $links ->
    [one] Whoever has a link of yours can, too.
   *[other] Whoever has one of your { $links } links can, too.
}
home-empty = You have no records yet.
home-empty-people = { $people ->
    [one] 1 person will see what you add.
   *[other] { $people } people will see what you add.
}
home-attention = Needs your attention
home-no-money = Your account has no money for fees, so nothing can be put on record or shared.
home-no-money-ask = Ask { $who }, who invited you, to put some on it. Give them this account:
home-no-money-ask-them = Ask whoever set up this program for you to put some on it. Give them this account:
home-no-key = Your key is not published yet, so nobody can share with you.
home-no-key-then = It is published by itself as soon as there is money.
home-no-key-fee = It costs a fee, which your account pays.
home-key-button = Publish my key
home-key-published = Your key is published: others can share with you now.
home-emergency-look = The reason has not reached you yet. Look at the log.
home-refused = { $count ->
    [one] This week 1 attempt to open a record of yours was refused.
   *[other] This week { $count } attempts to open records of yours were refused.
}
home-without-key = { $count ->
    [one] This week somebody tried to open a record of yours, and got no key.
   *[other] This week others tried { $count } times to open records of yours, and got no key.
}
home-ending = { $who } can see “{ $name }” until { $end }.
home-words = Please write down your 24 words on paper.
home-begin = Begin with what you have at hand: a letter of your doctor, laboratory results, a photograph of a paper. Afterwards you can share it, with your practice for example.
home-add = Add files
home-records = All my records

records-title = My records
records-search = Search by name, kind, date, author or number
records-search-button = Search
records-search-clear = Clear the search
records-order = Order of the list
records-order-added = Last added first
records-order-date = By the date of the document
records-none = There are no records yet. Add files to begin.
records-none-found = No record matches.
records-unnamed = Without a name
records-erased = Erased
records-versions = { $count } versions
records-added-on = added { $day }
records-readers = { $count ->
    [0] only you
    [one] 1 person can see it
   *[other] { $count } people can see it
}
records-links = { $count ->
    [one] 1 link opens it
   *[other] { $count } links open it
}

results-title = Results over time
results-explained = Figures from all your records, as far as your documents have them as data (FHIR, CDA, HL7): what was measured in the same way and in the same unit is together. Touch one to see how it went. A result that may still change is in its record alone.
results-search = Search by name
results-reading = { $count ->
    [one] 1 document is still to be read. This page looks again by itself.
   *[other] { $count } documents are still to be read. This page looks again by itself.
}
results-unread = { $count ->
    [one] 1 document could not be opened now.
   *[other] { $count } documents could not be opened now.
}
results-cut = There are more results than are kept here. The others are in their records.
results-none = There are no such results in your records.
results-of = Those in “{ $name }” alone.
results-all = All results
results-whose = of { $who }
records-names = names { $who }
record-names-another = This document names “{ $who }”. Your name here is “{ $name }”. If it is not about you, share it with nobody. You can erase it below.
results-count = { $count ->
    [one] 1 result
   *[other] { $count } results
}
results-records = { $count ->
    [one] in 1 record
   *[other] in { $count } records
}
results-band = Normal, as the newest result says: { $band }. Laboratories differ; the table has the range of each.
results-newest = The plot has the newest { $count }.
results-record = Record
kind-picture = Picture
kind-fhir = Health data (FHIR)
kind-cda = Clinical document (CDA)
kind-hl7 = Message of a laboratory or clinic (HL7)
kind-pdf = Document (PDF)
kind-dicom = Scan (DICOM)
kind-study = Scan of several pictures (DICOM)
kind-health-card = Health card (SMART)
kind-apple-health = Export of Apple Health
kind-archive = Archive
kind-csv = Table (CSV)
kind-json = Data (JSON)
kind-xml = Data (XML)
kind-text = Text
kind-file = File

record-added = It is on record.
record-known = You have this file already: here it is. Nothing was added.
record-shared = It is shared.
rights-amend = may add versions
record-also-by-all = They see all your records, so this one stays open to them as long as that lasts.
rights-emergency = in an emergency only
record-stopped = They can no longer open it. They may keep what they already saved.
record-stopped-who = { $who } can't open this any more. The vaults delete what they kept for them.
record-stopped-later = Versions that you add from now on are closed to them.
record-stopped-before = Their access had ended before: there was nothing left to stop.
record-stopped-unsure = { $who } can't open this any more by what you gave before. Something that the ledger refused may still come all the same:
record-stopped-unsure-person = What that is
stopped-never-opened = They never opened it.
stopped-opened = { $count ->
    [one] They opened it once, on { $day }.
   *[other] They opened it { $count } times, last on { $day }.
} What they saved, they may keep.
stopped-key-on-chain = Its key is in the ledger for them: they could still read it from there.
stopped-key-perhaps = What lies in the ledger as their key may open it or not.
stopped-acts = What you shared with { $who } has ended. { $who } still acts for you and can open all your records. To end that as well, go to Family.
person-stopped = { $who } can open nothing of yours now. The vaults delete what they kept for them. What they could open before:
person-stopped-unsure = What { $who } could open has ended. Something that the ledger refused before may still come: see below.
person-had-all = They could open all your records. Those that you shared by themselves as well:
record-author = by { $who }
record-content = Content
record-download = Download the file
record-versions = Versions
record-version = Version { $number }
record-version-yours = Version { $number }, yours
record-version-of = Version { $number }, by { $who }
version-called = { $who } calls this version “{ $name }”.
version-called-by-you = You call this version “{ $name }”.
record-who-can = Who can see it
record-nobody-can = Nobody but you.
record-until = until { $end }
record-until-stopped = until you stop it
record-stop = Stop
record-stop-this = Stop for this record
record-stop-this-who = Stop for this record: { $who }
record-stop-others-stay = They go on seeing your other records.
record-stop-who = Stop { $who }
record-extend = Extend
record-extend-who = Extend the access of { $who }
record-share = Share
record-who-looked = Who looked
record-nobody-looked = Nobody else has opened it yet.
record-refused = refused
record-without-key = tried to open it, got no key
record-erased-explained = This record was erased. What the vaults kept of it is deleted.

content-no-viewer = This kind of file can't be shown here. Download it.
content-away = The content is not here: it was erased, or a vault can't be reached.
content-damaged = This file is damaged, or is not what it seems to be. Download it to look at it with another program.
content-too-much = This file is too large or too complex to be shown here. Download it.
content-locked = This file is locked with a password. Download it and open it with the program that asks for the password.
content-no-such-page = There is no such page.
content-compression = This picture is stored in a way that can't be shown here. Download it.

add-title = Add files
add-explained = Each file becomes a record of its own. It is encrypted on this machine before it goes anywhere.
add-open-to = What you add is open at once to those who see all your records: { $who }.
add-files = Files
add-name = Name
add-name-of = Name of
add-name-hint = As you want to find it again, for example “Blood test, May”. Without a name it is called what the document calls itself, or as the file.
add-button = Add
add-done = { $name } is on record.
add-known = { $name } is on record already. Nothing was added.
add-failed = { $name } was not added: { $why }
add-progress-done = on record
add-progress-known = on record already, nothing was added
add-progress-failed = not added
add-archive = This is an archive: there are several files in it. It is not added yet.
add-archive-look = Take in what is in it
add-archive-one = Add it as one file
add-archive-whole = Add archives as they are, each as one file
add-too-large = This is too large for a form without script: 32 MB at most. Allow scripts in your browser, and add it again.
add-nothing = No file was chosen.

import-link = Take in an archive, a disc or a folder
foreign-open = Open a link or a health card that somebody gave you
foreign-title = Open a link or a health card
foreign-explained = A SMART Health Link or a health card, as clinics and pharmacies give them: as text, as a QR code or as a file. You see what is in it before anything is put on record. Whoever answers for the link learns the address of your network and the name below.
foreign-link = The link or card, as text (it begins with shlink:/ or shc:/, or has that in it)
foreign-picture = Or a picture of its QR code, or its file
foreign-passcode = Passcode
foreign-passcode-hint = Only where you were told one. Too many wrong ones shut the link for good.
foreign-name = Who you are
foreign-name-hint = Whoever made the link can read this.
foreign-button = Open it
foreign-nothing = Paste the link, or choose a picture of its code.
foreign-link-broken = This is no whole link. Copy all of it, from shlink:/ to its end.
foreign-card-broken = This begins as a health card and can’t be read as one. Copy all of it, from shc:/ to its end, every code of it.
foreign-no-code = No QR code can be read in this picture. Take it again, straight from above and with more light.
foreign-other-code = The code in this picture is neither a link nor a health card.
foreign-too-large = This is larger than any link, card or picture of one.
foreign-neither = There is neither a link nor a health card in this.
foreign-ended = The link has ended. Ask whoever gave it to you for another one.
foreign-no-passcode = The link wants a passcode. Ask whoever gave it to you.
foreign-wrong-passcode = The passcode is wrong. Ask whoever gave you the link; too many wrong ones shut it for good.
foreign-wrong-passcode-left = { $count ->
    [0] The passcode is wrong, and the link is shut now. Ask for another one.
    [one] The passcode is wrong. One more wrong one shuts the link for good.
   *[other] The passcode is wrong. { $count } more wrong ones shut the link for good.
}
foreign-not-there = The link opens nothing: it has ended, was used up, or was never there. Ask for another one.
foreign-too-much = The link was asked for too often. Wait a few minutes and try again.
foreign-damaged = What the link gives can’t be opened: it was altered, or the link is not whole. Ask for another one.
foreign-host-away = Nobody answers for this link now. Check your network, and try again later.
import-look = Look at it
import-look-not-yet = Not on record: this lies on this machine alone, until you put it on record or leave it.
import-look-back = Back to what is in them
import-title = Take in what others gave you
import-explained = Exports of hospitals, practices and Apple Health, discs with scans, folders of letters: archives are unpacked, and the scans of one study become one record. You see what is in them before anything is put on record. Until then it stays on this machine, encrypted.
import-begun = See what you chose before
import-files = Files and archives
import-folder = Or a whole folder or disc
import-drop = Or drop files, folders and archives here.
import-button = See what is in them
import-found-title = What is in them
import-done-title = What became of them
import-nothing = There is nothing in them.
import-count-new = { $count ->
    [one] One document is new. It is put on record if it is ticked.
   *[other] { $count } documents are new. Those that are ticked are put on record.
}
import-count-on-record = { $count ->
    [one] One record was added.
   *[other] { $count } records were added.
}
import-count-known = { $count ->
    [one] One is on record already.
   *[other] { $count } are on record already.
}
import-count-left = { $count ->
    [one] One file is left out; the reason stands beside it.
   *[other] { $count } files are left out; the reason stands beside each.
}
import-count-failed = { $count ->
    [one] One is not on record; the reason stands beside it.
   *[other] { $count } are not on record; the reason stands beside each.
}
import-write = Put what is ticked on record
import-nothing-ticked = Nothing is ticked. Tick what you want on record, or leave it.
import-whose = Whose documents these are
import-about = About
import-born = { $name }, born { $born }
import-no-name = Somebody without a name
import-not-named = Names nobody, as far as that can be read here
import-compared-own = What they name is compared with your name here, “{ $name }”.
import-compared-most = Nothing says here what you are called, so they are compared with each other. Most name “{ $name }”.
import-compared-none = Nothing says here what you are called, and the documents name different people. Tick those that are about you.
import-compared-card = Say what you are called
import-doubted = { $count ->
    [one] One document seems to be about somebody else. It is not ticked at first: what is on record stays in the log. Look at it, and tick it if it is yours.
   *[other] { $count } documents seem to be about somebody else. They are not ticked at first: what is on record stays in the log. Look at them, and tick what is yours.
}
import-group = { $count ->
    [one] one document, { $ticked } ticked.
   *[other] { $count } documents, { $ticked } ticked.
}
import-more-groups = { $count ->
    [one] The documents name one more person, beside the files below.
   *[other] The documents name { $count } more people, beside the files below.
}
import-tick = Tick these
import-untick = Untick these
import-doubt-name = Your name here is “{ $name }”.
import-doubt-born = Most of these documents say: born { $born }.
import-doubt-most = Most of these documents name “{ $name }”.
import-doubt-unclear = These documents name several people, and nothing says which of them is you.
import-doubt-several = It is about several people.
import-leave = Leave it
import-on-record = on record
import-known = on record already
import-left = left out: { $why }
import-failed = not on record: { $why }
import-left-empty = it is empty.
import-left-program = it is a program, or a part of one.
import-left-system = an operating system made it for itself.
import-left-style = it only says how other files look in a browser.
import-left-index = it lists the scans of a disc, which are taken in themselves.
import-left-locked = it has a password. Unpack it yourself, and take in the files.
import-left-packing = it is packed in a way that can't be read here. Unpack it yourself, and take in the files.
import-left-bomb = unpacked it would be far larger than such files are: it may be made to do harm.
import-left-damaged = it is damaged: its bytes are not those that its archive tells.
import-left-not-chosen = you did not tick it.
import-left-other-person = it seems to be about somebody else, and you did not tick it.
import-left-erased = you erased it earlier. “Add files” puts it on record again.

share-title = Share “{ $name }”
share-extend-title = Extend the access of { $who } to “{ $name }”
share-extend-all-title = Extend the access of { $who } to all your records
share-extend-now = Until now it ends on { $end }. Choose the new end.
share-with = With whom?
share-other = Somebody else
share-how-long = For how long?
share-hour = About 1 hour
share-day = 1 day
share-week = 1 week
share-month = 30 days
share-year = 1 year
share-stopped = Until I stop it
share-until = (until { $end })
share-until-minutes = ({ $count } minutes, until { $end })
share-has = has access until you stop it
share-has-until = has access until { $end }
share-explained = They see the present version and later ones. Every opening is written into the log.
share-several-title = Share with one person
share-several-button = Share several
share-several-what = What?
share-several-some = The records that I tick below
share-several-all = All my records ({ $count })
share-several-all-hint = Later ones and all versions too, until it ends or you stop it.
share-several-again = Also those to which I ended their access before
share-several-nothing = Tick what you want to share, or choose all records.
ticks-more = { $count } more are not listed here: search for them.
share-called = They see your name: “{ $name }”. It travels encrypted with what you share.
share-not-called = They will not learn your name: you have no card yet. They would see the ends of your account only.
share-button = Share
share-nobody = Choose with whom to share.
share-unclear = This name could mean several people. Give the end of the account as well.
share-unknown = Nobody among your own people has this name, and nobody else is looked up. Give their account, or add them under People first.
share-no-term = Choose for how long.
share-new-title = Is this the right person?
share-new-explained = Nothing was encrypted for { $who } from here before. Compare this fingerprint of their key with them, by telephone or face to face.
share-new-button = The fingerprint is the same: go on

shared-for = for { $organisation }
shared-none = Nobody shares anything with you now.
shared-explained = Each opening is written into the patient's log.
shared-record = record { $number }
shared-open = Open
shared-opened = Your opening stands in the patient's log. You can look at it here until { $end }, also when you load this page again; opening it again after that makes another entry.
shared-versions-hint = Each version that you open makes an entry in the log, which the patient sees.

people-none = You know nobody here yet. Ask your clinic for its card.
people-add = Add somebody
people-card = Their card, or their account
people-card-hint = A text that begins with mrms:, or an account that begins with S
people-name = What you call them (without it: what they call themselves)
people-add-button = Add
people-wrong-card = This is no card, or it was altered on its way.
people-no-card = There is no card in this text: nothing in it begins with “mrms:”. Copy the whole message once more, or ask for the card.
people-invitation = This is an invitation and no card. “Join with an invitation” takes it.
people-other-ledger = This card is for another ledger than yours.
people-old-card = You have a newer card of them.
name-empty = Nothing can be read in this name. Type one.
name-too-long = This name is too long. Give a shorter one.
name-hidden = This name has signs that can't be seen. Type it instead of pasting it.
people-lookalike = Somebody among your people has a name that looks the same. Give another name.

who-opened = { $who } opened “{ $name }”.
who-refused = { $who } tried to open “{ $name }” and was refused.
who-without-key = { $who } tried to open “{ $name }” and got no key.
who-emergency = { $who } declared an emergency on “{ $name }”.
who-emergency-opened = { $who } opened “{ $name }” in an emergency.

check-title = Check evidence
check-explained = Choose evidence that somebody saved of a record, or a log that was exported. It is checked on this machine and goes nowhere.
check-events = What happened
check-more = And { $count } more, which were checked, too.
check-no-evidence = This file is neither evidence nor an exported log: nothing in it can be checked. Evidence is saved on a record's page; its name begins with “evidence”.
check-file = File
check-button = Check
check-only = I only want to check evidence
check-back = Back to the start
check-bundle = Proven: { $count } events
check-trail = Log intact: { $count } events
check-trails = Log intact: { $count } events of { $records } records
check-of-record = Record { $record }: { $count } events
check-broken = This evidence does not hold
check-broken-why = It was altered, or is not whole. Do not rely on it: ask for another copy. The program says why, in English:
check-forked = The log that is known here says something else at the same place. Somebody changed it, or took back a part of it. Keep this file, and ask whoever runs the log.
check-not-proven = Whole, and not proven: { $count } events
check-no-proofs = The log that this is from gives no proofs. The file was not altered; whether all of this happened is to be looked up there.
check-no-chain = Nothing shows that this still counts: whoever ran the log may have taken back a part of it since. Ask for newer evidence.
check-own-ledger = It is from the log that this program works with, and agrees with it.
check-flagged = Careful: a vault contradicts itself in this file, by its own signature. Keep the file.
check-record = Record { $record }
check-head = The log ends in
check-ledger = Compare this with what you know from elsewhere: it names the ledger, by the hash of its first block.

settings-account = Your account
settings-words-explained = They are shown after your passphrase.
settings-words-button = Show the words

error-title = That did not work
error-other-page = This request did not come from a page of the portal. Nothing was done. Go back and try again.
error-other-user = These pages are for the user account of this computer that started them. This browser seems to run under another account. Open them in a browser of the same account.
error-no-page = There is no such page.
error-form = This form is not complete. Go back, and fill it in once more.
error-refused = It could not be done. This is why:
error-away = The computer with the ledger does not answer. Your records are safe there. Try again later.
error-away-meanwhile = Your 24 words, backups and the lock work all the same, under Settings.
opened-over = What you opened can be looked at for ten minutes, or until you lock. That is over. To see it again, open it in the list: that makes another entry in the log, which the patient sees.
error-again = Try again
error-broke-off = The work broke off. Try again.
error-back = Back to Home
error-form-back = Back to what you typed

nav-menu = Menu
pages-label = Pages of this list
pages-before = Newer
pages-after = Older
pages-of = Page { $page } of { $pages }

who-you = you
who-calls = { $short } (said to be “{ $name }”)
who-unknown = { $short } (not among your people)
who-listed = “{ $name }” ({ $end }), listed by { $by }
who-not-listed = { $short }, whom { $by } lists no longer
who-no-key = { $short } (an account without a key, such as a link)
nameless = What they are called has not come yet. It comes with the keys of their records, or with their card: ask them for it.
nameless-link = Put a card in
person-you-act = What you may do for them
who-member = { $who }, for { $organisation },
who-for-you = { $who }, for you,
who-for-you-sharing = { $who }, for you and to share it,
who-is-person = a person
who-is-practice = a practice
who-is-hospital = a hospital
who-is-laboratory = a laboratory
who-is-pharmacy = a pharmacy
who-is-insurer = an insurer
who-is-auditor = an auditor
who-is-other = something else

home-week = { $count ->
    [0] Nobody opened them this week.
    [one] Somebody opened one this week.
   *[other] Others opened them { $count } times this week.
}
home-week-who = { $who } opened { $count ->
    [one] one of them
   *[other] them { $count } times
} this week.
home-ending-several = { $who } can see { $count } records not much longer; the first until { $end }
home-ending-more = { $count } more ends soon

left-ended = ended
left-minutes = { $count ->
    [one] 1 minute left
   *[other] { $count } minutes left
}
left-hours = { $count ->
    [one] 1 hour left
   *[other] { $count } hours left
}
left-days = { $count } days left

handed-picture = Or a file, or a picture of its QR code
handed-camera = Scan with the camera
handed-no-camera = The camera can't be used. Choose a picture instead.
handed-nothing = Paste the text, or choose a file or a picture.
handed-altered = This text is not whole, or was altered on its way. Copy all of it again.
handed-no-code = There is no QR code in this picture that can be read. Take another one, closer and in better light.
handed-several = There are several codes in this picture. Show one alone.
handed-other-code = The QR code in this picture is not one of MRMS.
handed-too-large = This picture is too large.

card-name = Name
card-kind = What they are
card-organisation = Organisation
card-address = Address
card-account = Account
card-fingerprint = Fingerprint of their key
fingerprint-theirs = They find theirs in their own MRMS: People, then “My card”. Read it to one another, group by group.
fingerprint-own = This is what you read to others who compare it. They see it on their page when they add your card or share with you.
card-compare = They say this of themselves. Compare the fingerprint of their key with them, by telephone or face to face.
card-newer = This card is newer than the one that you have of them.
card-before = The card that you have
card-same = You have this card already.
card-no-key = They have published no key yet, so nothing can be shared with them.
card-other-key = Careful: the key that is published for this account is another one: { $published }. Ask them for their newest card.
card-other-kind = This is no card.

people-sees = { $count ->
    [0] sees nothing
    [one] sees 1 record
   *[other] sees { $count } records
}
people-sees-all = All your records, later ones too
people-look-button = Look at it
people-look-title = Is this who you mean?
people-more = Cards and invitations
people-request = This is a request and no card. Answer it under “Answer a request”.
people-own-card = This is your own.
people-contradicts = This card has the number of the one that you have, and says something else. Ask them.
people-refused-name = This name could be taken for something else in lists. Give another one.
people-alike = This name looks like that of somebody whom you know:
people-alike-meant = They are two different people or places, and I want both to have this name.
people-account-explained = An account says no name. Give yours for them.
people-account-name = What you call them

person-added = They are among your people now.
person-shared = { $who } can see what you shared.
person-share = Share records with them
person-shut-out = But not these: you ended their access to them before. That holds until you share them by name again.
person-share-these = Share these as well
person-renamed = They have this name from now on.
person-sees = What they can see
person-sees-nothing = Nothing of yours.
person-opened = { $count ->
    [one] opened once, on { $day }
   *[other] opened { $count } times, last on { $day }
}
opened-without-key = { $count ->
    [one] (asked once more, and the vaults gave no key)
   *[other] (asked { $count } times more, and the vaults gave no key)
}
person-not-opened = not opened
person-stop-all = Stop all
person-stop-explained = This ends everything that they can see now. What they already saved, they may keep.
person-elsewhere = You gave { $who } something on another contract as well, and that goes on: { $contracts }. Nothing on this page ends it. Ask whoever set this program up.
unasked-why = The ledger does not answer what { $who } can open now. It says:
unasked-remembered = This is what you gave them and did not end, as far as this program remembers
unasked-record = Record { $number }
unasked-explained = You can end it all the same. What else they can open, only a ledger that answers can tell.
unasked-ended = What you gave { $who } has ended, as far as this program remembers.
unasked-ended-record = { $who } can't open this record any more: the ledger took that.
unasked-record-of-another = By the ledger, this record is another person's: they decide who opens it.
unasked-record-unknown = The ledger did not show the record itself, so that it is not known what { $who } opened before. Look again later, or on another connection.
unasked-unknown = The ledger did not answer what else they can open. Look again later, or on another connection.
unasked-look-again = Look again
unsure-ending = You stopped this, and no confirmation has come yet. Until it comes, { $who } may still open it:
unsure-ending-do = It goes on by itself. If this is still here tomorrow, press “Stop all” again.
unsure-perhaps = You wanted to give { $who } this. The ledger refused it, but that proves nothing: it may come all the same. Count it as given:
unsure-perhaps-do = To be certain that they don’t get it, press “Stop all”.
unsure-more = That they become your contact or your staff, or take over from you: look under Family
unsure-line-ending = Stopped by you, not confirmed yet
unsure-line-perhaps = Refused by the ledger, and may come all the same
home-unsure-ending = You stopped what { $who } can see, and no confirmation has come yet.
home-unsure-perhaps = What you wanted to give { $who } was refused, and may come all the same. Look at it.
person-looked = When they looked
person-never-looked = They never opened anything of yours.
person-all-looks = All that they looked at
person-card = Their card
person-no-card = You have no card of them.
person-key-now = This is the key that they have now. Your card of them names another one: { $before }
person-rename = Your name for them
name-give = Give a name
name-change = Change the name
name-of = { $action }: { $who }
name-hint = Only you see this name. Write what you know them by, for example “Hospital Nord, emergency room”.
name-save = Save the name
name-card = If you have their card, put that in: their name comes with it.
person-forget = Forget them
person-forget-explained = Forgetting somebody removes name and card. What they can see, they can see still.

join-title = Join with an invitation
join-explained = With an invitation, for example of your clinic, you work with their ledger and their vaults. You see first what it asks for.
invite-title = Invite somebody
invite-explained = Whoever takes your invitation works with the same computer and vaults as you: you can share with each other then. They see nothing of yours by that.
invite-pays = The fees of whoever joins are paid for them.
invite-pays-nobody = Nobody pays the fees of whoever joins. They need money on their account first: before that they can put nothing on record, share nothing, and nobody can share with them. Their first page shows them the account to give you. Whoever set up this program can put money on it, or start a service here that pays the fees of others.
invite-how-long = Until when can it be taken?
invite-button = Make an invitation
invite-made = This is the invitation. It can be taken until { $end }. Send the text, or let them scan the code where they join.
invite-for-one = It is for one person, whose fees are paid with it. Send it as you would send a password.
invite-near = Its addresses lead to this computer alone, so that nobody elsewhere can take it. Whoever set up this program can name others.
invite-no-node = This computer serves nobody yet, so there is nothing to invite to. Whoever set up this program can start it for others.
invite-no-sponsor = This computer pays fees for others, and the address at which they reach that is not known here, so nothing was made. Whoever set up this program can name it in its settings.
invite-no-card = Make your card first, under “Your card”: an invitation says who you are.
join-invitation = The invitation
join-hint = A text that begins with mrms:, or the address of whoever invites
join-look = Look at it
join-question = “{ $name }” invites you
join-trust = What you would trust
join-found = Found at { $place }
join-ledger = The log of who may see what is kept at
join-vaults = { $count ->
    [one] 1 vault keeps the keys to what you share:
   *[other] { $count } vaults keep the keys to what you share; { $needed } of them are needed to open it:
}
join-does-not-answer = does not answer now
join-fees-own = Fees you pay yourself.
join-fees-paid = Fees are paid for you by
join-until = It can be taken until { $end }.
join-few-vaults = { $there } of the vaults answer now, and { $needed } are needed to share anything.
join-own-records = { $count ->
    [one] 1 record of yours is on this machine's own ledger and stays there. After joining, the first page offers to bring it along.
   *[other] { $count } records of yours are on this machine's own ledger and stay there. After joining, the first page offers to bring them along.
}
join-anyway = I know this, and join all the same.
join-say-anyway = Say that you know what stands in red.
join-button = Join
join-other-kind = This is no invitation.
join-altered = This is no invitation, or it was altered on its way.
join-none = There is no invitation in this text: nothing in it begins with “mrms:”. Copy the whole message once more, or ask for the invitation.
join-expired = This invitation is no longer valid. Ask for another.
join-plain = { $place } is not encrypted: everybody on the way could read and change what is said.
join-away = { $place } does not answer, so that nothing can be checked. Try again later.
join-not-published = { $place } shows no invitation.
join-differs = { $place } is another one than the invitation names. Nothing was changed. Ask whoever invited you.
join-unknown-contract = The rules on that ledger are not those that this program knows.
join-overridden = This portal was started with a ledger, contract or vault of its own, which would win over an invitation. Start it without.
welcome-joined = You will work with “{ $name }”.
welcome-invitation = I have an invitation, for example of a clinic

share-what = They will see exactly this:
share-by-card = By a card, pasted or scanned
share-date = Until the end of this day:
share-date-day = Day
share-no-date = Choose the day until which they can see it.
share-date-past = This day is over. Choose a later one.
share-more = More that they may do
share-amend = open it, and add new versions
share-history = They may open earlier versions
key-changed = { $who } has a new key. That is usual when somebody leaves a practice or a hospital, or gets a new device. It would look the same if somebody had taken over the account: so compare the fingerprint with them, by telephone or face to face.
key-not-on-card = { $who } has another key than the one on the card that you have. That is usual when somebody leaves a practice or a hospital, or gets a new device. It would look the same if somebody had taken over the account: so compare the fingerprint with them, by telephone or face to face.
key-before = Before
key-now = Now
key-again = Compare, and then say that it is the same: what { $who } may open of yours is then shared again with the new key.
new-key = { $who } has a new key. What you add does not reach them until you have compared it and shared again.
new-key-line = Has a new key: what you add does not reach them.
new-key-compare = Compare the key and share again
new-key-compared = You have compared the key. What they can see, they can open with it, the newest versions too.
new-key-title = Compare the new key of { $who }
new-key-button = The fingerprint is the same: share again with the new key

record-amended = The new version is on record.
record-without = { $who } got no key of the new version and can’t open it. Share it with them again.
record-renamed = It has its new name.
rename-title = Rename “{ $name }”
rename-button = Rename
rename-name = New name
rename-explained = Nothing on record is changed: a version with the same document and the new name is added. Whoever can see it reads the new name.
record-emergency = Somebody declared an emergency on this record. Read why.
record-emergency-declared = declared an emergency
record-emergency-read = opened it in an emergency
record-log = The whole log, compared with the vaults
record-more = More
record-amend = Add a version
amend-title = Add a version
amend-explained = The older versions stay, and the record keeps its name. Those who can see the record see the new version as well, unless this page says otherwise. To put an older version to the front again, open and save it, and add it here.
erase-title-short = Erase

log-title = The log of “{ $name }”
log-agree = The log is whole, and the vaults' logs agree.
log-agree-partly = The logs agree as far as they could be compared.
log-differ = The vaults' logs differ from the ledger's.
differ-without-entry = { $vault } released a key (line { $number } of its log) for which the log has no entry.
differ-other-entry = { $vault } released a key against entry { $number }, which is about something else.
differ-twice = { $vault } released a second key against entry { $number }.
differ-interrupted = Entry { $number } is an opening for which { $count ->
    [0] no vault
    [one] 1 vault
   *[other] { $count } vaults
} released a key: it was interrupted, or they had the key already.
differ-reason = { $vault } released a key (line { $number } of its log) for an emergency with another reason than the one that was declared.
differ-no-reason = { $vault } released a key without the reason of the emergency that entry { $number } declared.
differ-unreadable = The reason of the emergency that entry { $number } declared does not open with your keys.
differ-altered = The log of { $vault } does not add up: it was altered.
differ-anchored = The log of { $vault } is not the one that it put on the ledger.
differ-seen = The log of { $vault } was cut or rewritten since it was last read here.
differ-not-asked = { $vault } was not asked. The program says, in English:
differ-own-vault = this computer’s vault
log-purpose = for { $purpose }
log-purpose-asked = the vaults are being asked what for
log-reason-asked = the vaults are being asked why
log-reason = They wrote: “{ $reason }”
log-no-reason = Their reason has not reached you: no vault that was asked has it. Ask them for it.
log-why = Their reason
log-review = I have read it
log-reviewed = It is noted that you have read it.
log-evidence = Evidence to keep
evidence-title = Evidence of what happened to “{ $name }”
evidence-what = This is one file with the proofs of everything that happened to this record: who was given access, who opened it, who was refused, and when.
evidence-for = Keep it, or give it to somebody who is to check it: a lawyer, an authority, an auditor. They need no access to your records, and not this program either; “Check” does it as well.
evidence-has = It has accounts and times, and nothing of what the record says.
evidence-save = Save the evidence
log-back = Back to the record
log-entry = Entry { $index } of “{ $name }”
log-who = Who
log-whom = Whom
log-action = What
log-what-for = What for
log-when = When
log-transaction = Transaction
log-head = Head of the log after it
log-unknown = the ledger does not tell
log-entry-explained = The entry was checked against the head of the log. The evidence lets anybody check it, without this program's word.
log-whole = The whole log
did-create = { $who } put it on record
did-amend = { $who } added a version
did-grant = { $who } gave access to { $whom }
did-revoke = { $who } ended the access of { $whom }
did-access = { $who } opened it
did-emergency = { $who } declared an emergency
did-emergency-read = { $who } opened it in an emergency
did-offer = { $who } sent it to { $whom }
did-accept = { $who } accepted it
did-other = { $who }: { $action } { $whom }
did-envelope = { $who } left a key for { $whom }
did-envelope-you = You left a key for { $whom }
did-try = { $who } tried to { $what }
did-try-you = You tried to { $what }
try-create = put it on record
try-amend = add a version
try-grant = give access to { $whom }
try-revoke = end the access of { $whom }
try-access = open it
try-emergency = declare an emergency
try-emergency-read = open it in an emergency
try-envelope = leave a key for { $whom }
try-offer = send it to { $whom }
try-accept = accept it
purpose-treat = treatment
purpose-etreat = emergency treatment
purpose-coc = coordination of care
purpose-hpaymt = payment
purpose-hoperat = operations of the organisation
purpose-hresch = research
purpose-patrqt = a request of the patient
purpose-famrqt = a request of the family
purpose-other = another purpose

who-times = { $count } times that day
who-nobody = Nobody else looked, and nobody tried.
who-count-opened = Opened: { $count }
who-count-refused = Refused: { $count }
who-count-declared = Emergencies declared: { $count }
who-weeks = The last weeks
who-week = Week from { $day }: opened { $opened }, refused { $refused }
who-weeks-table = The same in words
who-filter = Show
who-filter-all = Everything
who-filter-opened = Opened
who-filter-refused = Refused
who-filter-emergency = Emergencies
who-filter-person = Who
who-filter-everybody = Everybody
who-filter-button = Show
who-export = To keep, or for others
who-export-explained = The whole log as a file: for a spreadsheet, for checking, or for other health software. It has accounts and no names.
who-report = The report of disclosures on paper: who got to read what, when, and what for, in the last six years, with names. It is in English.

why-no-access = They never gave you access to this. Ask them for it.
why-expired = This access has ended by itself. Ask the patient to share it again.
why-revoked = The patient has ended this access. Only they can give it again.
why-emergency-only = You may open this in an emergency only.
why-no-amend = You may open this and not add to it. Ask the patient.
why-no-emergency = Your access does not open this in an emergency.
why-old-version = This version is older than your access.
why-not-yours = This record is somebody else's.
why-no-member = You are no member of this organisation any more. Whoever administers it can name you again.
why-no-record = There is no such record.
why-self = This is yourself.
why-no-offer = It is not offered to you any more.
why-no-key = They have published no key yet, so nothing can be encrypted for them. Ask them to open their own MRMS once.
why-key-changed = Their key is another one than before. Share something with them first: you are asked to compare it.
why-key-not-on-card = Their key is not the one on their card. Ask them for their newest card.
why-key-missing = Its key did not come with it, so you could not read it. Ask the sender to send it again.
why-vaults-away = Too few of the vaults that keep the keys answer now. Your records are safe. Try again later.
why-no-share = The vaults answered. They have no key of this version for you. Ask the patient to share it with you again.
why-no-share-new-key = The vaults answered. They have no key of this version for you, since you have a new key. Ask the patient to compare its fingerprint with you and to share again: it stands on Home in their pages. What they shared before that opens as before.
why-no-share-new-key-of = The vaults answered. They have no key of this version for your organisation, since it has a new key. Ask the patient to compare its fingerprint with you and to share again: it stands on Home in their pages. What they shared before that opens as before.
why-no-share-program = The vaults answered. They have no key of this version for you yet. A program of the patient leaves it there: it has to run once. Ask them, or whoever can start it on their computer, to open these pages with the patient’s profile.
no-share-fingerprint = The fingerprint of your key, which the patient compares with you:
no-share-fingerprint-of = The fingerprint of your organisation’s key, which the patient compares with you:
no-share-earlier = An earlier version may open now. That makes another entry in the log, which the patient sees.
no-share-open-earlier = Open version { $number }
why-no-salt = This record was made erasable, and the part of its key that only a vault keeps (the salt) is missing. Your words alone do not open it. Ask whoever runs the vault for a copy of it with its keys, or restore a backup that has them. All your other records open.
why-salt-away = This record was made erasable. The vaults that answer do not have the part of its key that they should keep (the salt), and one that may have it does not answer. Try again when it does.
why-unknown-rights = The ledger tells of rights that you did not give on this machine. Say yourself what they may do.
why-no-card = Make your own card first.
why-own-key = Your own key is not published yet.
why-no-reason = Write the reason in one line.
why-busy = Another program uses your records now. Try again in a moment.
why-damaged = A file in which your profile remembers something is damaged, so this can't be done now:
why-no-funds = There is not enough money on your account for the fee.
why-pending = Waiting for confirmation. It is sent, and not yet in the log; it goes on by itself.
why-maybe-sent = It may have been sent, but there is no room on this computer’s disk to note it. Make room, and try again: what was sent already is looked for first.
why-empty = The file is empty.
why-fee = The fee is higher than your settings allow. Try again later.
why-burn-height = The ledger tells a time that cannot be right. Nothing was shared or changed. Check the date of this device, then ask whoever runs the service.
why-sponsor = Whoever pays your fees does not pay this one.
why-sponsor-away = Whoever pays your fees does not answer now. Try again later.
why-ledger-damaged = Something is wrong with the log on this machine. Change nothing, and ask whoever set up this machine. Settings says what is wrong.
why-storage = The disk of this machine is full or can't be written.
why-record-exists = A record with this number is there already. Nothing was added: try again.
why-no-version = This record has no version of this number.
why-version-taken = Somebody else added a version in the meantime. Look at it, then add yours.
why-foreign-id = This number is kept for the records of somebody else. Nothing was added.
why-end-past = This end is over already. Choose a later one.
why-no-grant = They have no access to this any more: there is nothing left to stop.
why-invalid-rights = What they may do was not chosen in a way that is possible. Choose it once more.
why-no-such-member = They are no member of the organisation any more.
why-invalid-wait = A wait is at least one day and at most one year long.
why-not-whole = What was sent was not whole, and nothing was changed. Try again. If it happens again, ask whoever set up this machine.
why-cannot-read = They may not open this version now, so no key was left for them.
why-vault-log = The log of a vault contradicts what it said before. Ask whoever runs the vault.

shared-soon = Ends soon
shared-new = New
shared-others = Opened before
shared-ended = Ended
shared-ended-why = This access has ended: it expired, or the patient stopped it.
shared-cut-short = More was shared with you than is looked at here.
shared-all = Show everything
purpose-title = What for
purpose-choose = Choose
purpose-button = Use for this visit
purpose-first = Choose first what you open records for. The patient reads it in their log.
report-add = Add a report
report-explained = Your report becomes the next version of this record. The patient sees it, with your name on it.
report-added = Your report is on record.
whose-title = Whose record is this?
whose-explained = Somebody whom you know made this record, and the ledger says that it is now a record of { $who }. What you add is encrypted for { $who }. Say yes only if you know that it is their record.
whose-account = Account:
whose-theirs = It is a record of { $who }
whose-not = I don’t know: back to what was shared with me
emergency-short = Emergency
emergency-title = Declare an emergency
emergency-of = { $name } of { $who }
emergency-at-once = The record opens at once, without asking the patient.
emergency-read = The patient is told, and reads your reason in your words.
emergency-log = It stands in the log for good, under your name. Nobody can remove it.
emergency-day = The emergency ends by itself after about a day.
emergency-reason = Why?
emergency-meant = This is an emergency.
emergency-button = Declare it and open

request-title = Ask for records
request-again = Ask again
request-explained = You get a text to give to the patient. It gives no access by itself: they read it, choose the records, and share them or do not. You do not learn of a refusal.
request-what = What would you like to see? In words that the patient understands
request-length = For how long
request-button = Make the request
request-made = Your request
request-give = Give this text or this picture to the patient. It can be answered until { $end }.
answer-title = Answer a request
answer-explained = Somebody asks to see something of yours. You see first who and what.
answer-request = Their request
answer-hint = A text that begins with mrms:
answer-question = { $who } asks to see
answer-terms = For { $length }, for { $purpose }.
answer-days = { $count } days
answer-which = Which records will they see?
answer-refuse = If you do not want this, leave the page. They are not told.
answer-no-record = Choose at least one record.
answer-longer = They ask for a shorter time.
answer-other-kind = This is no request.
answer-altered = This is no request, or it was altered on its way.
answer-none = There is no request in this text: nothing in it begins with “mrms:”. Copy the whole message once more, or ask for it.
answer-other-ledger = This request is for another ledger than yours.
answer-expired = This request can no longer be answered. Ask them for a new one.
answer-own = This request is your own. Give it to the person whose records you would like to see.
answer-other-key = The key on the card in this request is not the one that they have published. Ask them for a new request, by another way.

own-card-title = My card
own-card-explained = What you say of yourself, signed, for others to add to their people. They compare the fingerprint of your key with you.
own-card-text = The same as text
own-card-picture = Save the picture
own-card-make = Make your card
own-card-change = Change it
own-card-button = Make the card
own-card-done = This is your card now.

inbox-title = Sent to you
inbox-none = Nothing was sent to you that waits for an answer.
inbox-explained = What you accept becomes a record of yours: you decide who else may open it. Who wrote it stays with it.
inbox-from = from { $who }
inbox-no-key = Its key did not come with it. Ask the sender to send it again.
inbox-accept = Accept
inbox-read = Read it first
inbox-refuse = Refuse
inbox-refused = Refused ({ $count })
inbox-refused-done = It is out of your inbox. The sender is not told.
inbox-withdrawn = { $who } took back “{ $name }”.
inbox-cut-short = Others sent or shared more than was looked at.
send-title = Send a document
send-to = Send a document to { $who }
send-explained = They can read it from then on, and nobody else but you. When they accept it, it becomes theirs, and you can't open it any more.
send-nobody = You know nobody yet to whom you could send.
send-label = What it is called
send-button = Send
send-done = It is sent. It becomes theirs when they accept it.
erase-title = Erase “{ $name }”?
erase-explained = This can't be undone. Everybody's access ends, and the vaults delete what they keep of it. What is left then, version by version:
erase-stays-chain = its encrypted text stays in the ledger; whoever has its key or your words can read it
erase-stays-wraps = nothing that anybody can open: the content is gone. In the ledger there are locked keys left that fit nothing any more
erase-stays-nothing = nothing that anybody can open
erase-stays-vaults = vaults that do not answer may still have it
erase-stays-unknown = it was written by other software and is left alone
erase-copy-beside = This machine's own ledger still has the record from which this one was brought along. This command, in a terminal, erases it there:
erase-log-stays = The entries of the log stay: who had access, and who looked. Whoever saved a copy may keep it.
erase-word = erase
erase-type = Type the word “{ $word }” if you mean it
erase-wrong-word = That is not the word. Nothing was erased.
erase-button = Erase it for good
erase-done-title = Erased
erase-done = Every vault has deleted what it kept.
erase-unfinished = { $count } of { $all } vaults did not erase. Until they do, they keep what they have. Try again when they answer.
erase-unfinished-before = It was erased, but not every vault could be reached: one may still keep it. Erase it once more.
erase-again = Ask them again

share-allow = They may
share-read = open it
share-emergency = open it in an emergency only, with a reason that you read

home-joined = The invitation is accepted: from now on you work with them.
home-empty-here = You have no records here yet.
home-left-there = { $count ->
    [one] One record of yours is on this machine alone, from before you joined. Bring it here.
   *[other] { $count } records of yours are on this machine alone, from before you joined. Bring them here.
}
left-there-title = Records from before you joined
left-there-none = Everything is here.
left-there-explained = { $count ->
    [one] This record is on this machine's own ledger. You still have it, and those with whom you work now can't see it:
   *[other] These { $count } records are on this machine's own ledger. You still have them, and those with whom you work now can't see them:
}
left-there-what = Bringing them here puts each on record again, encrypted, with all its versions. Nobody sees them until you share them. What was shared there, and who looked there, stays there. Versions that somebody else added stand here as added by you.
left-there-button = Bring them here
left-there-brought = They are here now.
home-offers = { $count ->
    [one] Something was sent to you and waits for your answer.
   *[other] { $count } things were sent to you and wait for your answer.
}
home-no-backup = You have never made a backup. If this machine breaks, your records are lost.
home-no-backup-elsewhere = You have never made a backup. Without one, your settings and the names that you gave to people are lost with this machine. Your records are with whom you work, and your 24 words bring them back.
home-old-backup = Your last backup is more than a month old.
settings-state = What this works with
settings-doctor = This was looked at just now. Open the page again to look once more.
settings-trustees = Your words can also be split among people whom you trust: any few of them together bring your account back.
settings-lock = Lock
settings-lock-button = Use this time
settings-lock-done = This visit is locked after that time.
settings-browsers = Browsers that come in without a code
settings-browsers-explained = A browser in which you gave your passphrase once needs no code the next time, also after this computer was switched off. It still asks for your passphrase. Whoever was not here for 90 days needs a new code.
settings-browsers-count = { $count ->
    [0] There is none now.
    [one] There is one now.
   *[other] There are { $count } now.
}
settings-browsers-button = Ask all browsers for a code again
settings-browsers-done = Every browser needs a new code the next time. All others are out already.
passphrase-title = Change the passphrase
passphrase-explained = The passphrase opens your records on this computer. Your 24 words, and whatever you share, stay as they are when you change it.
passphrase-old = The passphrase as it is now
passphrase-old-wrong = The passphrase as it is now is not right. Nothing was changed.
passphrase-changed = The passphrase is changed. From now on, the new one opens your records here.
passphrase-windows = { $count ->
    [0] Your records stay open in this browser. They were open in no other.
    [one] Your records stay open in this browser. Another one, in which they were open, is locked.
   *[other] Your records stay open in this browser. { $count } others, in which they were open, are locked.
}
passphrase-agent-ended = It was unlocked for commands in a terminal, too. They ask for the passphrase again.
passphrase-agent-goes-on = For commands in a terminal it is still unlocked: that could not be ended. It ends by itself within a day.
passphrase-others = Other programs that have your records open already keep them open until they are stopped: for example one that tells you what happens.
passphrase-backups = A backup from before brings the old passphrase back. Make a new one under Settings.
passphrase-forgotten = Have you forgotten it? Lock these pages: below the passphrase is the way to bring your account back.
settings-told = Notifications
settings-told-explained = Home tells you when somebody was refused, when an emergency was declared, and when access ends. You can also be told while no page is open, on this desktop or your telephone: whoever set up this machine can switch that on.
settings-parts = Parts of this page
told-none = No notifications are switched on.
told-on = These notifications are switched on. They work while the program that watches runs:
told-desktop = on the desktop of this machine
told-ntfy = on your telephone, by ntfy
told-webhook = by a message to an address on the net
told-names = Messages name people. They never say what a record is called.
told-no-names = Messages name nobody, and never say what a record is called.
state-ledger = The log
state-vault = The vault
state-clock = The clock of this machine
state-fine = fine
state-away = does not answer now
state-other-vault = is not as it was. Ask whoever runs it.
state-withheld = does not show all that you did. Ask whoever runs it.
state-broken = is not the one that you saw before. Compare evidence, and ask whoever runs it.
state-clock-behind = is behind. Set it: access ends by it.
state-account = Your account
state-no-money = has no money for fees. Home says whom to ask.
state-own-key = Your key
state-no-key = is not published, so nobody can share with you. Home says what to do.
backup-title = Backups
backup-explained = A backup is one encrypted file with your records and settings. Your 24 words open it. Keep it on another disk. It has no vault keys: after it was restored, share again what you shared, and records that were made erasable do not come back.
backup-explained-elsewhere = A backup is one encrypted file with your profile, your settings, and the names that you gave to people. Your 24 words open it. Keep it on another disk. Your records are not in it: they are where you work, with whom you joined. “Take everything out” makes a copy of them.
backup-made = Made last: { $time }
backup-checked = Checked last: { $time }
backup-never = never
backup-button = Make a backup
backup-waits = With large records it takes some minutes until the download begins. It counts as made when all of it has left. Then check it below.
backup-file = A backup to check
backup-check = Check it
backup-check-done = The backup is whole: it was read to its last byte.
backup-broken = This is no backup that your words open, or it is damaged.

record-author-you = by you
who-to-you = you
who-weeks-hint = The newest week is on the right. A filled dot is an opening, a hollow one was refused. Choose a week to see it alone.
did-create-you = You put it on record
did-amend-you = You added a version
did-grant-you = You gave access to { $whom }
did-revoke-you = You ended the access of { $whom }
did-access-you = You opened it
did-emergency-you = You declared an emergency
did-emergency-read-you = You opened it in an emergency
did-offer-you = You sent it to { $whom }
did-accept-you = You accepted it
did-other-you = You: { $action } { $whom }

own-card-kind = What you are
own-card-fingerprint = Fingerprint of your key

home-reading = Reading your records …
home-reading-explained = There are many, so it takes a moment the first time. This page goes on by itself.

export-title = Take everything out
export-explained = Every version of each record as an ordinary file, in one archive (tar), with an index. It is not encrypted: keep it where nobody else reads it.
export-button = Take everything out

join-used = This invitation was used by somebody else, or taken back. Ask for another one.
join-own-name = What you are called yourself: they, and others with whom you share, see it
join-own-name-hint = It travels encrypted with what you share; nobody else learns it. Without it they see the ends of your account.

person-key-on-chain = the key is in the ledger: openings are not known
person-key-perhaps = what lies in the ledger as their key may open it or not: openings are not known

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday

viewer-about = What the file says
viewer-active = active
viewer-allergies = Allergies
viewer-alone = Open this page by itself, as large as the window
viewer-being-prepared = being prepared
viewer-came-back = came back
viewer-cancelled = cancelled
viewer-corrected = corrected
viewer-declined = declined
viewer-draft = draft
viewer-fit = Fits
viewer-given = given
viewer-handed-out = handed out
viewer-in-progress = in progress
viewer-in-remission = in remission
viewer-larger = Larger
viewer-largest = Largest
viewer-also = Also in it
viewer-as-stored = As the scanner set it
viewer-automatic = Automatic
viewer-attachment = A further document is inside this file. Download the file to read it.
viewer-author = Who
viewer-born = Born
viewer-code = Code
viewer-completed = completed
viewer-conclusion = Conclusion
viewer-curve = Curve of { $name }
viewer-curves = Curves
viewer-cut = More is in the file than is shown here. Download it to see all of it.
viewer-date = Date
viewer-documents = Documents
viewer-dose = Dose
viewer-dose-number = Dose no.
viewer-field = Field
viewer-files = Files in this archive
viewer-full-range = All values
viewer-go-to = Go to
viewer-how-many = How many
viewer-image = Image
viewer-inactive = inactive
viewer-issuer = Issuer, not verified
viewer-kind = Kind
viewer-lead = Lead
viewer-link = This document is not in the file: the file has only its address, which was not opened:
viewer-left-out-image = A picture of the original is not shown here.
viewer-lot = Lot
viewer-medicines = Medicines
viewer-message = Message
viewer-mistaken = entered by mistake
viewer-name = Name
viewer-next = Next
viewer-nobody-named = It does not say whom this is about
viewer-no-images = This object has no picture. It says:
viewer-normal = Normal
viewer-not-done = not done
viewer-not-given = not given
viewer-not-obtained = could not be done
viewer-not-so = Not so: refuted, or entered by mistake
viewer-not-taken = not taken
viewer-not-verified = The signature of this card was not checked. Ask the issuer if it matters.
viewer-number = Number
viewer-on-hold = on hold
viewer-outside = outside of normal
viewer-plot-span = Lowest: { $least }. Highest: { $most }. From { $first } to { $last }.
viewer-page = Page { $number } of { $count }
viewer-pages = Pages of this document
viewer-past-problems = Past problems
viewer-patient = Patient
viewer-picture = Picture { $number } of { $count }
viewer-planned = planned
viewer-pending = pending: no result yet
viewer-plans = Plans
viewer-plot = { $name }: plot of { $count } values, which stand in the table below
viewer-possible = a possibility
viewer-preliminary = preliminary
viewer-prescribed = prescribed
viewer-previous = Back
viewer-problems = Problems
viewer-procedures = Procedures
viewer-proposed = proposed
viewer-range = From – to
viewer-reaction = Reaction
viewer-reason = Reason
viewer-refuted = refuted
viewer-remark = Remark
viewer-reports = Reports
viewer-resolved = resolved
viewer-results = Results
viewer-row = Row
viewer-segment = Part
viewer-severity = Severity
viewer-several-people = Careful: this document is about more than one person. How many people:
viewer-sex = Sex
viewer-show = Show
viewer-since = Since
viewer-size = Bytes
viewer-social-history = Social history
viewer-status = Status
viewer-stopped = stopped
viewer-study = Scan
viewer-superseded = replaced by a newer one
viewer-text-of-page = Text of this page
viewer-unconfirmed = not confirmed
viewer-unknown = unknown
viewer-until = Until
viewer-vaccinations = Vaccinations
viewer-value = Value
viewer-visits = Visits
viewer-vital-signs = Vital signs
viewer-what = What
viewer-window = Brightness
home-handed-over = Your records were handed over to { $who } ({ $day }). You can change nothing any more.
home-waits-for = You asked to act for { $who }. Unless you are refused, you can begin from { $end } on.
home-keyless = You may open the records of { $who }, and their keys have not come yet. A program of theirs leaves them and has to run once. Ask them, or whoever can start it on their computer, to open these pages with their profile.
home-asked = { $who }, whom you named as a contact, wants to act for you. Unless you refuse, they can from { $end } on.
home-asked-ready = { $who }, whom you named as a contact, asked to act for you and can begin now. You can still refuse.
home-acts-since = { $who } acts for you since { $day }.
home-acts = { $who } acts for you.
home-refuse = Refuse
home-contact-refused = They can't act for you, and can't ask again until you name them again.
notes-title = What you ended went before other actions of yours
notes-read = I have read this
news-title = News for you
news-added = { $who } added to “{ $name }”.
news-put-on = { $who } put “{ $name }” on record for you.
news-added-more = { $who } added to { $count ->
    [one] one more record
   *[other] { $count } more records
}.
news-shared = { $count ->
    [one] { $who } shared 1 record with you.
   *[other] { $who } shared { $count } records with you.
}
news-shared-all = { $who } shared all records with you.
news-delegate = You may act for { $who }.
news-delegate-over = You do not act for { $who } any more.
news-contact = { $who } named you as a contact, for the day when they can't act. You need to do nothing now.
news-contact-over = You are no contact of { $who } any more.
news-offered = { $who } offers you everything. Ask them for the text, and take over with it.
tell-title = Tell the other side
tell-explained = Their own program shows it when they open it the next time. You can tell them at once: copy this text into a message. It has no secret, and nothing of what your records say.
tell-text = Text for a message
tell-card = They see your name once they have your card: send it with the text.
tell-card-link = Your card
tell-hello = Hello, this is { $me }.
tell-hello-unnamed = Hello!
tell-delegate = I have named you in MRMS, so that you can act for me. Open your own MRMS, under your own name: Family shows it, with a button to begin. You need none of my words or passphrases.
tell-contact = I have named you as a trusted contact in MRMS, for the day when I can't act myself. You need to do nothing now. If that day comes, open your own MRMS and ask under Family to act for me; you can begin after a wait.
tell-delegate-over = I have ended in MRMS that you act for me. Your own MRMS shows it under Family. You need to do nothing.
tell-contact-over = You are no trusted contact of mine in MRMS any more. You need to do nothing.
tell-shared = I have shared something with you in MRMS. Open your own MRMS: it is there under “Shared with me”. Say there first what you open it for; I can read that.
tell-shared-for = I have shared something of { $who } with you in MRMS. Open your own MRMS: it is there under “Shared with me”. Say there first what you open it for; it is written into the log.
tell-stopped = I have ended your access to something of mine in MRMS. You need to do nothing. Under “Shared with me” you can ask for it again.
tell-offered = In MRMS I offer you everything that is in my account. You get a text from me besides. Open your new profile, then Family, then “Take over”, and put the text in there.
account-whole = The whole account
note-displaced = Is being taken back: { $what }. This page says so once it is certain.
note-taken-back = Was taken back: { $what }. Do it once more if you still want it.
note-in-part = Was taken back in part: { $what }. Look at what is there before you do it once more.
note-faster = Was done all the same: { $what }. Nothing is left to do.
note-nonce-unsure = The ledger does not tell which number your next transaction has. What you ended was sent with the number that this program knows. Look later whether it has ended.
note-fee-unsure = The ledger tells no fee that your settings allow. What you ended was sent with the fee that this program chose. If it waits too long, whoever set up this program can offer more.
note-perhaps-given = The ledger refused this, but that proves nothing, and it may happen all the same: { $what }. Count it as done. To be certain that it does not come, open the person’s page under People and press “Stop all”.
note-nodes-disagree = The servers of the ledger say different things about what you stopped. All of them were told to end it. Look later whether it has ended.
note-unremembered = What you gave is not known here: the file that remembers it is damaged. What the ledger shows has ended; ask whoever set up this machine to bring the file back.
damaged-title = A file of your profile is damaged
damaged-banner = Something that your profile remembers can't be read now, such as names. Your records are not affected, and you can stop whatever you share.
damaged-more = What you can do
damaged-explained = What your profile remembers was kept here: names that you gave to others and their cards, your own name, or what others added to your records. What is there now is not what your profile wrote:
damaged-stays = Until it is mended, people whose names were there stand here by the ends of their accounts. Nothing was changed in the file. You can stop all that you share; what needs the file has to wait, such as giving names.
damaged-backup-title = Bring it back
damaged-backup = A backup has it. Ask whoever set up this computer to put the file back from there.
damaged-aside-title = Or begin anew
damaged-aside-explained = You go on without what it had: people and names you can add again, and the rest is looked up anew. The damaged file is kept under another name; it is not deleted.
damaged-aside-button = Set the damaged file aside
damaged-aside = The damaged file is set aside. You can add people and give names again.
damaged-none = All that your profile keeps can be read again.
act-add = adding to your records
act-share = sharing “{ $name }” with { $who }
act-share-all = sharing all records with { $who }
act-delegate = letting { $who } act
act-contact = naming { $who } as a contact
act-send = sending a document to { $who }
act-open = opening “{ $name }”
act-other = an action that waited
why-handed-over = You have handed everything over to another account. It alone can do this now.
why-staff-stands = People are on your staff. After the hand-over nobody can end that: end their memberships first.
recover-link = I had records before, and have my 24 words or the help of people whom I chose
recover-forgotten = I forgot the passphrase, but have my 24 words or the help of people whom I chose
recover-title = Bring your account back
recover-explained = Type your 24 words. Or ask those among whom you split them, and paste what each of them answered, one below the other.
recover-given = Your 24 words, or the answers
recover-given-hint = In the order of their numbers. Capital letters and line breaks do not matter.
recover-name = A name for it on this machine
recover-name-hint = Small letters, digits and hyphens, at most 32, and a name that is not in use here.
recover-name-taken = This machine has a profile of that name. Choose another.
recover-button = Bring it back
recover-wrong-count = 24 words are needed. You gave { $count }.
recover-wrong-word = Word { $number } is not in the list of words. Compare it with your note.
recover-wrong-words = These words do not belong together: one is wrong, or two changed places.
recover-share-mistyped = Answer { $number } has a typing error, or is not complete. Compare it group by group.
recover-no-share = There is no answer in this text that can be read here.
recover-too-few = { $needed } answers are needed. You gave { $found }.
recover-other-set = Answer { $number } is from another day or of another person than the first. Leave it out, and ask that person for the other file.
recover-twice = Answer { $number } is here twice, and counts once.
recover-altered = One of the answers was changed on its way. Ask for them again. If you have more than you need, leave out one after the other.
recover-done = Your account is back
recover-opens = { $opened } of { $records } of your records open.
recover-where = Where are your records?
recover-where-explained = If you worked with a clinic, or with somebody in your family, take their invitation first: with it your words find your records and the key that you used last. Ask them for a new one; it is a text or a code, to be kept like a password where your fees are paid with it.
recover-where-alone = If your records were on the lost machine alone, only a backup brings them back. Your words open it.
recover-words-alone = I have neither a backup nor an invitation
recover-words-alone-explained = Your words alone bring back your account. They bring back no record that was on a lost machine alone. A backup cannot be brought back on top of it later: if you may have one, look for it first.
recover-with = Your account is looked for where this home works: with “{ $name }”.
recover-right = Your words are right: the account is yours again.
recover-what = What comes back, and from where
recover-what-account = Your account
recover-account = Is back, from your words.
recover-what-records = Your records, and who can see them
recover-records = Are back, from the log.
recover-records-not-yet = Not yet. They come with the invitation from where you worked. A backup is brought back on a computer where nobody has a profile yet.
recover-what-people = Names of other people
recover-people = Not yet. They come with each person’s card. Until then you see the ends of their accounts.
recover-people-inviter = “{ $name }” is back, with the invitation. All others come with their cards. Until then you see the ends of their accounts.
recover-what-own = What you are called
recover-own = Not yet. Say it again on your card, under People.
recover-what-links = Links that you made
recover-links = Go on until they end, without their names. You can stop each of them on the page of its record.
recover-card = Take in somebody’s card
recover-none = This account has no records here so far, on the { $ledger }.
recover-none-next = Records are where you worked before: with a clinic, or on another machine. Its invitation brings them here.
recover-join = The invitation from where your records are
recover-ledger = See which log this is
recover-former = The others were written by the account that was handed over to you. They open once you have taken what was handed over.
recover-go-on = Go on
recover-sealed = This is an encrypted answer. It is opened under “Collect the answers of your people”.
recover-ask-link = Have my people send me their answers encrypted
recover-begun = { $count ->
    [0] You made a key for the answers of your people. No answer is here yet.
    [one] You made a key for the answers of your people. 1 answer is here.
   *[other] You made a key for the answers of your people. { $count } answers are here.
}
recover-begun-link = Go on there
answers-title = Collect the answers of your people
answers-explained = With a key that you make for this one time, your people can send you their answers encrypted: by mail or in a chat. It takes as long as it takes. You can close this page, and come back on another day.
answers-begin = Make the key
answers-key = Your key for the answers
answers-key-give = Give this key to each of them, as text or as a picture of the code. They open People, then “Somebody lost their words, and I keep a file for them”, and put it in there. What they get they send to you.
answers-fingerprint = Read them this fingerprint by telephone or face to face, so that they know that the key is yours:
answers-key-text = The key
answers-here = The answers
answers-none = No answer is here yet.
answers-count = Here: { $found }. Needed: { $needed }.
answers-owner = They bring back the account { $who }.
answers-one = Answer { $number } of { $count }
answers-leave-out = Leave it out
answers-leave-out-one = Leave it out: answer { $number } of { $count }
answers-text = Another answer: what you were sent, or what was read to you
answers-text-hint = All of it: from “-----BEGIN AGE” to “END AGE ENCRYPTED FILE-----”, or from “mrms-share-1” to its end.
answers-file = Or the file that you were sent
answers-add = Add this answer
answers-nothing = Paste an answer, or choose a file.
answers-too-large = This is too large for an answer: { $most } MB at most. An answer is short, so this is something else.
answers-none-yet = No answer is here yet. Your account comes back when enough of them are here: add what your people sent you.
answers-not-opened = Your key does not open this answer. Either it was made for another key, or it was changed on its way, or it is the file itself: whoever keeps that must open it, and send you what comes out.
answers-enough = Enough answers are here
answers-forget = Give up, and throw away the key and the answers
answers-forget-explained = What was encrypted to this key can't be opened afterwards. Your people keep their files, and can answer again to a new key.
answers-forget-button = Throw them away
trustees-title = Split your words among people
trustees-explained = Each person gets a file that only they can open. One file alone tells nothing. A few of them together bring your account back if you lose your words, your passphrase and this machine.
trustees-no-people = You need two people at least whom you know here.
trustees-who = Among whom
trustees-threshold = How many of them are needed
trustees-threshold-hint = Five people of whom three are needed is a good choice. Fewer than are needed learn nothing.
trustees-go-on = Go on
trustees-no-quorum = Choose at least two people, and no more needed than you chose.
trustees-no-key = { $who } has not published a key yet, so nothing can be encrypted to them.
trustees-same-key = Two of these have the same key, or one is yourself. Choose others.
trustees-any = Any { $threshold } of these { $count } will be able to bring your account back:
trustees-warning = Together they could also open all of your records. You cannot take the files back.
trustees-button = Make the files
trustees-done = Your words are split
trustees-give = Save each file and give it to its person, by mail or on a stick. Nobody else can open it.
trustees-file = Save { $name }
trustees-note = Write down on paper who has which file. It is kept nowhere else, and this page does not come back.
trustees-answer-link = Somebody lost their words, and I keep a file for them
trustees-answer-title = Help somebody whose words are lost
trustees-answer-explained = Choose the file that they once gave you. You will see whose it is before anything is shown.
trustees-answer-file = The file, for example share-1-of-5.age
trustees-answer-look = Look at it
trustees-no-file = This is no such file. Choose the one that they gave you.
trustees-not-yours = This file was not made for you, or was changed.
trustees-said = This is part { $number } of { $count } of the words of { $who }. { $threshold } parts bring their account back.
trustees-spoken = Speak with them first, by telephone or in person: whoever collects enough parts can open all of their records.
trustees-spoken-yes = I have spoken with them myself
trustees-not-spoken = Speak with them first.
trustees-once = They gave me a key to send it to
trustees-once-key = Their key for this, which begins with age1pq1
trustees-once-hint = A long text. Its owner shows it beside a code that you can scan.
trustees-once-wrong = This is no such key. Copy all of it.
trustees-show = Show my part
trustees-answer = Your answer to them
trustees-answer-secret = Read it to them, or hand it over on paper. Do not send it by mail or in a chat: it is not encrypted.
trustees-once-for = Your answer is encrypted to this key. Let them read you its fingerprint:
trustees-answer-save = Save it as a file

links-title = Your links
links-explained = A link lets somebody without an account open what you choose, in any viewer of SMART Health Links. Every opening is written into your log.
links-none = You have made no links yet.
link-number = Link { $number }
link-named = Link { $number } (“{ $label }”)
link-begun = It was interrupted and opens nothing. Switch it on, or destroy it.
link-armed = It can be used.
link-ended = It has ended.
link-revoked = It opens nothing: all that it gave was revoked.
link-used-up = It was used as often as it can be, and opens nothing more.
link-shut = It was shut by wrong passcodes, and opens nothing.
link-paused = It is paused and opens nothing.
link-destroying = It opens nothing. The computer that kept it still has an encrypted copy: destroy it once more.
link-destroyed = It is destroyed.
link-text = The link. Whoever has it can open what it gives.
link-any-browser = It opens in any browser, also with the camera of a telephone. The page asks who opens it.
link-here-alone = It opens on this computer alone: its host has no address at which others reach it.
link-program-alone = It opens in programs for health links. Its host shows no page that opens it in a browser now.
link-plain-title = For a program that reads health links
link-plain = The same as plain text, for such a program, or for a clinic that uses a viewer of its own.
link-passcode = Passcode: { $passcode }. Tell it by another way than the link.
link-sheet = A sheet to print
link-sheet-how = Scan this code with a viewer of SMART Health Links, or type the address there.
link-sheet-camera = Scan this code with the camera of a telephone: it opens in the browser. A program for health links reads it, too.
link-sheet-address = The address:
link-sheet-until = It can be opened until { $end }.
link-sheet-passcode = A passcode is needed. It is not on this sheet: whoever gave you the sheet tells it to you by another way.
link-sheet-log = Each opening is written into the log of the person whose records these are.
link-sheet-back = Back to the link
link-sheet-none = This link opens nothing now, so there is no sheet of it. Switch it on first.
link-gives = What it gives
link-used = Who used it
link-uses = { $count ->
    [one] Used once since it was switched on.
   *[other] Used { $count } times since it was switched on.
}
link-attempts = { $count ->
    [one] One more wrong passcode is possible.
   *[other] { $count } more wrong passcodes are possible.
}
link-given = Opened by somebody said to be “{ $who }”
link-listed = Its list of files was asked for by “{ $who }”
link-wrong-passcode = Wrong passcode from somebody said to be “{ $who }”
link-refused = Refused to somebody said to be “{ $who }”
link-said-to-be = Whoever opens a link says themselves who they are. Nobody checks that.
link-host-away = The computer that answers for the link could not be asked. It may still have an encrypted copy.
link-host-silent = Nobody answers for links here now, so a link opens nothing. Ask whoever set up this program for you to start its computer for links.
link-unpaid = Whoever pays your fees does not pay for links that this machine answers for: nobody could open it. Ask them to pay for links too, or to answer for your links.
link-differs = What the computer for links noted and the logs of your records do not fit. Destroy this link.
link-pause = Pause it now
link-rearm-title = Switch it on again, with the newest version
link-rearm = Switch it on
link-destroy-title = Destroy it
link-destroy-explained = It can't be switched on again. What somebody saved before, they may keep.
link-destroy = Destroy this link
new-link-title = A link to “{ $name }”
new-link-version-title = { $who } calls this version “{ $name }”. The link does not say that.
new-link-button = Make a link
link-host-missing = A link needs a computer that answers for it, and none is set up here
link-host-what = A computer for links is always on, and others reach it. It keeps what a link gives, encrypted and without the key, and hands it out when somebody opens the link.
link-host-theirs = Your clinic may have one, or somebody in your family: ask for its address, and for the access code with which you may leave something there (“deposit key”). Whoever set up this program for you enters both in its settings, and starts it again.
link-host-own = Or whoever set up this program starts such a service together with it. The button to make a link is here as soon as one answers.
link-host-meanwhile = Without one you can:
link-host-share = Share with somebody who has MRMS
link-host-save = Save a record as a file, and hand it over yourself
link-host-none = To make a link to this, a computer for links is missing here.
link-host-none-more = What that is, and how to get one
new-link-passcode = Anybody who has the link and its passcode, in any viewer of health links
new-link-open = Anybody who has the link, without a passcode
new-link-clinic = A clinic in the United States, which scans the code (KTC)
new-link-clinic-explained = Such scanners take one file, and no passcode. They surely read PDF; other kinds of documents they may not show. The clinic finds you by your name and your day of birth, so these are given as well.
new-link-name = Your name, as the clinic has it
new-link-born = Your day of birth
new-link-no-name = A clinic's scanner needs your name.
new-link-wrong-born = There is no such day.
new-link-whom = Who opens it?
new-link-kept = Where is the encrypted copy kept?
new-link-kept-here = By this program itself
new-link-kept-at = The encrypted copy is kept at { $place }.
new-link-others = Choose other records, or several
new-link-title-several = A link to { $count } records
new-link-changed = Something changed meanwhile. Look once more at what the link gives.
new-link-too-many = A link gives 20 records at most.
new-link-too-large = This is too large for a link: 12 MB for one document at most, and 24 MB for all.
new-link-host-away = The place where the link is kept does not answer. “Your links” says how the link stands. Try again there later.
new-link-host-refuses = The place where the link was to be kept does not take it. Ask whoever gave you its key.
link-records-title = A link to your records
link-records-which = Which records?
link-records-hint = Nothing is given yet: the next page shows what the link gives.
link-records-go-on = Go on
link-clinic = It is for a clinic's scanner (KTC): one file, without a passcode.
size-bytes = { $count } bytes
size-kilobytes = { $count } KB
size-megabytes = { $count } MB
new-link-uses = How often it can be used. Leave it empty for any number.
new-link-label = What it is called, for whoever opens it
new-link-explained = Whoever has the link can pass it on. You can pause or destroy it at any time. What somebody saved, they may keep.
new-link-wrong-uses = Give a number of 1 or more, or leave it empty.
new-link-wrong-label = The name of a link is one line of at most 80 characters.

nav-family = Family
who-earlier-account = { $who } (earlier account { $short })
who-new-account = { $who } (new account { $short })
why-no-power = They gave you no power to do that. Ask them.
why-no-delegate = They do not act for you any more.
person-acts = Acts for you.
record-acts = acts for you, and sees all records

powers-see = open all your records
powers-share = give others access, and end it
powers-end-only = end what others may open
powers-add = add records and versions
powers-you-see = open all records
powers-you-share = give others access, and end it
powers-you-end-only = end what others may open
powers-you-add = add records and versions
powers-they-may = May { $what }.
powers-you-may = You may { $what }.
exactly-see = They can open every record of yours, in all its versions, and those that you add later.
exactly-share = They can let others open your records, anybody and themselves too, and end that.
exactly-end = They can end what others may open. They let nobody in, since they see nothing themselves.
exactly-add = They can put records on record for you, and add versions to those that are there.
exactly-not-see = They can't see what is in your records.
exactly-not-share = They can let nobody else in.
exactly-not-add = They can add nothing.
exactly-never = They can never let somebody else act for you, give a record away, or erase one.
exactly-log = Everything that they do stands in your log, under their name. You can end this at any time.
preset-title = What may they do?
preset-full = Everything: see, share, add
preset-full-for = often for somebody who cares for you in all things
preset-reader = See
preset-reader-for = often for somebody who only looks
preset-adolescent = Add
preset-adolescent-for = often for a parent of a young person who keeps their records to themselves
preset-chosen = What I tick here
preset-chosen-for = one or more of these
preset-see = see every record
preset-share = share: let others open records, and end that
preset-add = add records and versions

someone-hint = Only your own people are found by name. For anybody else give their account, which begins with S, or paste the text of their card, which begins with mrms:.
someone-add = Add somebody under People
someone-nobody = Choose whom you mean.
someone-card-first = Somebody among your people has nearly the same name. Add this card under People first, with another name.

family-mine = Who acts for you
family-mine-none = Nobody acts for you.
family-until-ended = until it is ended
family-name = Let somebody act for you
family-theirs = For whom you act
family-theirs-none = You act for nobody. Whoever wants you to act for them names you in their own MRMS.
family-theirs-explained = You act under your own name: each of your steps stands in their log.
family-until-day = until the end of { $day }
family-keys-lacking = { $count ->
    [one] The key of 1 record is still on its way to them. It goes there while you use these pages.
   *[other] The keys of { $count } records are still on their way to them. They go there while you use these pages.
}
family-keys-forgotten = No keys were left for them: this profile does not remember that it named them. Name them again.
family-change = Change
family-change-who = Change what { $who } may do
family-former = Who acted for you before ({ $count })
family-end-granted-link = End what they granted
family-act-for = Act for { $who }
family-named = They act for you from now on.
family-own = These are your own pages again.
family-ended = { $who } does not act for you any more.
family-ended-kept = Whom they let in may go on, until its own end.
family-ended-all = All that they granted has ended with it.
family-still-open = { $count ->
    [one] { $who } can still open 1 record of yours, by a grant to themselves.
   *[other] { $who } can still open { $count } records of yours, by grants to themselves.
}
family-still-open-link = Look at it, and end it
family-ended-saved = What they opened or saved before, they may keep.
family-end-title = Shall { $who } stop acting for you?
family-end-granted-title = End what { $who } granted for you?
family-end-granted = What becomes of what they granted?
family-end-keep = Keep it: whom they let in may open what they were given, until its own end
family-granted-list = { $who } let these open your records, and they still can:
family-granted-none = { $who } has let nobody in who can still open something.
family-granted-unknown = { $who } may have let others open your records. The log of this ledger does not tell who granted what.
family-granted-all = all records, later ones too
family-end-end = End it as well, as if you stopped each of it
family-end-button = End it
family-end-choose = Say what becomes of what they granted.
family-name-title = Let somebody act for you
family-name-explained = They use their own MRMS, under their own name. They never need your 24 words.
family-name-who = Who?
family-name-next = Go on
family-no-powers = Choose what they may do.
family-sure-title = { $who } would act for you
family-sure-explained = This is exactly what { $who } will be able to do:
family-sure-before = This takes the place of what holds now:
family-sure-meant = Yes, I want { $who } to be able to do this
family-sure-button = Let them act for me

acting-label = For whom you act
acting-banner = You look at the records of { $who }.
acting-until = Until { $end }.
acting-end = Back to my own records
acting-back = Go on acting for them
acting-records = Their records
acting-add = Add files for them
acting-own-title = This page is about your own things
acting-own-explained = You act for { $who } now. Your own pages come back when you end that.
acting-own-form = Nothing was done: this form is about your own things, and you act for somebody else now. End that first.
acting-none = You act for nobody now. Family says for whom you may act.
acting-other = Nothing was done: this form is of a page for somebody else. Go back, and open the page once more.
acting-not-theirs = You do not act for this account: they did not name you, or it has ended.
acting-records-of = Records of { $who }
acting-sees-nothing = You may not see what is in these records.
acting-search = Search by name, kind, date or number
acting-no-records = They have no records yet.
acting-unnamed = Record { $number }
acting-readers = { $count ->
    [0] only the patient can see it
    [one] 1 person can see it
   *[other] { $count } people can see it
}
acting-added = It is on record for { $who }.
acting-nobody-looked = Nobody but the patient looked, and nobody tried.
acting-open-explained = When you open it, that stands in the log of { $who }, under your name.
acting-which-version = Which version
acting-nobody-can = Nobody but the patient.
acting-acts = acts for { $who }, and sees all records
acting-you-act = act for { $who }, and see all records
acting-sees-all = all records; the patient alone ends that
acting-opened = Your opening stands in the log of { $who }. You can look at it here until { $end }, also when you load this page again; opening it again after that makes another entry.
acting-for = { $who }, for { $patient }
acting-declared = declared an emergency
acting-in-emergency = in an emergency
acting-who-of = Who looked at the records of { $who }
acting-who-hint = The vaults' logs are compared in the patient's own pages.
acting-share-explained = You let somebody open this for { $who }. What you did not write yourself you open first, and that stands in their log.
acting-share-emergency = open it in an emergency only, with a reason that the patient reads
acting-add-explained = Each file becomes a record of theirs, with your name as its author. It is encrypted on this machine before it goes anywhere.
acting-amend-explained = The older versions stay. Your name stands on the new one. Others who can see the record see it as soon as the patient's own program ran.

contact-mine = Who may act for you when you can't
contact-mine-none = You named nobody. A contact can do nothing now. If they ask and you do not refuse, they act for you after a wait.
contact-name = Name a contact
contact-title = A contact, for the day when you can't
contact-explained = A contact can do nothing now. If they ask, you are told at once, and can refuse for as long as they wait. If you do not, they act for you. This is for an accident, for a long illness, and for the time after your death.
contact-days = How many days must they wait after they ask?
contact-days-hint = 1 to { $count }. You can refuse during that time.
contact-wrong-days = Give a number of days from 1 to 365.
contact-waits = { $count ->
    [one] Has not asked. Would wait 1 day after that.
   *[other] Has not asked. Would wait { $count } days after that.
}
contact-asked = Asked to act for you. Unless you refuse, they can from { $end } on.
contact-asked-now = Asked to act for you, and can begin at any moment.
contact-remove = Take back
contact-remove-who = Take back that { $who } is your contact
contact-sure-title = { $who } would be your contact
contact-sure-explained = { $count ->
    [one] Nothing changes now. If { $who } asks, and you do not refuse within 1 day, this is exactly what they will be able to do:
   *[other] Nothing changes now. If { $who } asks, and you do not refuse within { $count } days, this is exactly what they will be able to do:
}
contact-sure-keys = When they begin, a program of yours has to run once, so that they get the keys to your records: on this computer, or wherever your profile is restored from a backup. Leave it running, or tell somebody how to start it.
contact-sure-meant = Yes, I want { $who } to be able to become this
contact-sure-button = Name this contact
contact-named = They are your contact from now on.
contact-removed = They are no contact any more, and can't ask until you name them again.
contact-theirs = Who named you as a contact
contact-theirs-none = Nobody among your people has named you.
contact-theirs-hint = Only people whom you know here are looked up. If somebody else named you, give their account below, or add their card.
contact-you-wait = { $count ->
    [one] Not now: only after you ask, and 1 day have passed without their refusing it.
   *[other] Not now: only after you ask, and { $count } days have passed without their refusing it.
}
contact-you-asked = You asked. Unless they refuse, you can begin from { $end } on.
contact-you-ready = You asked, and they did not refuse: you can begin now.
contact-then = From then on:
contact-ask = Ask to act for them
contact-ask-title = Ask to act for { $who }?
contact-ask-explained = { $who } is told at once, and can refuse for as long as you wait. Nothing changes before { $end }. From then on you can begin, unless you were refused. It stands in the log.
contact-ask-button = Yes, ask
contact-refuse-title = Refuse that { $who } acts for you?
contact-remove-title = Take back that { $who } is your contact?
contact-refuse-explained = { $who } can't act for you then, and can't ask until you name them again. They can see it.
contact-accept = Begin to act for them
contact-other = Somebody else named me
contact-other-who = Who? A name among your own people, or an account that begins with S
contact-asked-done = You have asked. They are told, and can refuse.
contact-accepted = You act for them from now on. It stands in their log, and they can end it. If you may open their records: a program of theirs leaves you the keys, and has to run once now.
why-not-named = They have not named you as a contact, or have refused you since.
why-asked-already = You have asked them already.
why-not-asked = You have not asked them yet, and the wait begins when you do.
why-too-early = The wait is not over yet.
why-no-contact = They are no contact of yours.
why-contact-acts = They are no contact any more: they act for you now, and that has NOT ended. End it under “Family”.

ward-title = Children with a profile here
ward-none = You look after no child with a profile here.
ward-explained = You act for them until the day comes. You open their records under Family, as with everybody for whom you act; their own pages open with the passphrase of their profile.
ward-grows-up = grows up on { $day }
ward-handed-over = everything was handed over to { $who }
ward-grown-up = has grown up; nothing was handed over yet. Open this profile, and hand it over under Family.
ward-add = Make a profile for a child
ward-add-explained = A child's records are the child's own from the first day. Until then you act for the child, under your own name. What you may do ends with the day.
ward-name = A name for the profile
ward-unfinished = Not finished: you do not act for this child yet.
ward-unfinished-account = What is missing is one entry in the child's log, and its fee. Whoever pays your fees may ask for the child's account:
ward-finish = Finish the profile { $name }
ward-finish-explained = An earlier try made this profile and was interrupted. This lets you act for the child, and shows the child's 24 words.
ward-passphrase-before = The passphrase that you gave this profile
ward-invitation = The child's own invitation
ward-invitation-hint = Whoever pays your fees may pay for one account with each invitation. If so, ask them for an invitation for the child, and paste it here.
ward-needs-invitation = Whoever pays your fees does not pay for the child's account with your invitation. Ask them for an invitation for the child, and paste it here. Nothing was made.
ward-no-invitation = This is no invitation, or it was altered on its way.
ward-other-invitation = This invitation pays no fees here. Ask whoever pays your fees for one for the child.
ward-day = The day on which they grow up
ward-day-hint = What you may do for them ends with this day.
ward-no-day = Give the day, within the next hundred years.
ward-day-past = This day is over. Choose a later one.
ward-button = Make the profile
ward-made = The profile { $name } is ready
ward-made-explained = You act for { $name } until the end of { $day }. That stands in the child's log. After that the child takes everything over with a new profile of their own: open the profile { $name } here, and hand it over under Family.
ward-words = The 24 words of the child's profile
ward-words-explained = Write them on paper, in this order, and keep them apart from your own. They are shown here now; later they are under Settings, when this profile is open.
ward-words-missing = Nobody has shown yet that its 24 words are on paper. Lock your profile and open the child's: its first page leads to the words.

hand-over-link = Hand everything over to a new account, or take over
hand-over-title = A new account for everything
hand-over-explained = For a new device, for words that somebody else may have, and for a child who grows up. Everything passes to a new account with new words, in one step.
hand-over-before = You took over from { $who } on { $day }.
hand-over-give = Hand everything over
hand-over-all = All records go to the new account, with their history, and everything that others may do with them.
hand-over-nothing-left = Once the new account has accepted, it alone decides. This account can change nothing any more.
hand-over-others = Whoever may open records or act for you goes on, unless the new account ends it.
hand-over-no-way-back = Nobody can undo it. Before it is accepted, you can take the offer back.
hand-over-old-words = Whoever has the words of this account keeps what they could read until then.
hand-over-offered = Everything is offered to { $who }, who has not accepted yet.
hand-over-offered-thief = They can take it over at any moment. If that was not you, somebody has your words: take it back at once.
hand-over-offered-explained = Nothing has changed yet. Give the new account this text: it has the keys to your earlier records, and nobody else can use it, so it may go by mail.
hand-over-no-memory = Your people and what you shared are too many to travel with it: the new account asks about each reader once.
hand-over-save = Save the text as a file
hand-over-text = For the new account
hand-over-back = Back
hand-over-withdraw = Take the offer back
hand-over-withdrawn = Nothing is offered to anybody any more.
hand-over-offer = Offer everything to a new account
hand-over-new-first = First make the new profile, with new words, and let it show you its card. Put nothing on record with it yet.
hand-over-card = The card of the new account, or the account
hand-over-question = Offer everything to { $who }?
hand-over-word = everything
hand-over-wrong-word = That is not the word. Nothing was offered.
hand-over-button = Offer everything
hand-over-no-account = A contract can take over nothing. Give an account.
hand-over-oneself = Nobody hands over to themselves. Make a new profile first.
hand-over-take = Take over
hand-over-take-explained = Somebody offered you everything, and gave you a text. You see first who may open records or act for the patient, and say for each of them whether that goes on.
hand-over-accept = Take over with a text
hand-over-given = What they gave you
handed-text-hint = A text that begins with mrms:
hand-over-no-text = This is no text for taking over. Copy all of it.
hand-over-take-from = Take over from { $who }
hand-over-taken-before = You have taken over already. This brings the keys, and ends what you choose.
hand-over-take-meant = Take over from { $who }. I alone am the patient then, and nobody can undo it.
hand-over-take-button = Take over
hand-over-not-meant = Say that you mean it.
hand-over-taken = You have taken over
hand-over-taken-explained = { $count ->
    [one] You alone are the patient now. 1 record is yours.
   *[other] You alone are the patient now. { $count } records are yours.
}
hand-over-not-ended = { $count } of what should end has not. Take over with the same text once more, or end it under People and Family.
hand-over-taken-others = What goes on stands under People and Family.
hand-over-keep-text = Keep the text with your 24 words: the words alone do not open what was written before today.
hand-over-tell = What others shared with the former account stays with it. Send them your new card.
held-explained = Besides you, these may open records or act for the patient. Say for each whether that goes on.
held-nobody = Nobody else may open a record or act for the patient.
held-link = { $name }, made with the former account: whoever has it
held-records = { $count ->
    [one] may open 1 record,
   *[other] may open { $count } records,
}
held-all = may open all records, later ones too,
held-contact = Is a contact, for later.
held-keep = This goes on
held-end = This ends
held-unanswered = Say for each of them whether it goes on.
why-not-sealed = None of your keys opens this text. Ask for it again: the former account makes it for your present key.
why-for-another = This was handed over to another account, not to you.
why-another-won = Somebody else took over before you. Only one can, and the first one did.
why-offered-to-another = The offer is to another account now.
why-elsewhere = This is for another ledger than yours.
why-not-new = That account has records or a log of its own. Only a new account can take over.
why-no-text = This is no text for taking over, or it was altered on its way.

list-more = and { $count } more

beside-all = { $who } can open all your records already. While this share lasts, it counts in place of that: they see the present version and later ones, or what you choose here. When it ends, the access to all records counts again, and this stays open.
beside-all-theirs = { $who } can open all records of { $patient } already. While this share lasts, it counts in place of that: they see the present version and later ones, or what you choose here. When it ends, the access to all records counts again, and this stays open.
beside-acts = { $who } acts for you and can open all your records by that, also without this share and after it has ended.
beside-acts-theirs = { $who } acts for { $patient } and can open all records of { $patient } by that, also without this share and after it has ended.
beside-stopped = The access of { $who } to this was ended before. If you share it, they can open it again:
beside-stopped-all = When this share ends by itself, it stays open all the same, since they may see all records. To close it, stop it again.
beside-sure = If that is what you want, press “Share”.
beside-has = { $who } already has access to this:
beside-sooner = The access that { $who } has already lasts longer than this:
beside-sooner-then = If you share it as chosen here, that access ends sooner: { $end }.

ends-title = What ends:
ends-all = The access to all your records, later ones too
ends-acts = The right to act for you
ends-member = Their membership: they open for you, as your staff
ends-offer = Your offer to hand everything over to them
ends-contact = That they may come to act for you, as your contact
ends-hidden = You gave them this as well, and the ledger does not show it. It ends, too:
ends-not-let-in = Whom they let in for you may go on, until that ends by itself or you end it:
ends-let-in = Whom they let in
ends-acted = They do not act for you any more. Whom they let in for you may go on for now:

record-by-another = You see version { $number }, which { $who } wrote.
record-all-by-another = This was written by { $who }, not by you.
record-own-version = See the newest one of your own: version { $number }

news-let-in = { $who } let { $user } open “{ $name }” for you.
news-let-in-several = { $who } let { $user } open { $count } of your records for you.
news-let-in-all = { $who } gave { $user } access to all your records for you, later ones too.
news-let-in-back = Taken back on { $day }.
news-let-in-over = It ended on { $day }.
news-new-account = { $who } has a new account. What you may do for them goes on there.
news-member-over = You are no longer on the staff of { $who }, since { $day }.
news-member-over-undated = You are no longer on the staff of { $who }.

home-sharing = { $people ->
    [one] 1 person shares records with you.
   *[other] { $people } people share records with you.
}
home-sharing-more = { $people ->
    [one] At least 1 person shares records with you.
   *[other] At least { $people } people share records with you.
}
home-none-own = You have no records of your own yet.

restore-link = I have a backup file
restore-title = Bring everything back from a backup
restore-explained = A backup has everything that was here: your records where they were kept on this computer, your profile with its passphrase, and the names that you gave to people.
restore-given = Your 24 words, or the passphrase of the backup
restore-given-hint = A backup from these pages opens with the words.
restore-file = The backup, a file that ends in .age
restore-one = If the old computer still works, go on with one of the two only.
restore-button = Bring it back
restore-not-empty = Somebody has a profile on this computer already. A backup is brought back only where nobody has one, so that nothing is overwritten.
restore-wrong-key = The backup does not open with that. Nothing was changed.
restore-part = This file has only what was new since the backup before it. It is brought back together with the others; whoever set the program up can do that.
restore-done = Everything is back
restore-share-again = Whoever may open your records still may. The keys for it were not in the backup: share again with those who need them now.
restore-since = What was done after the backup was made is not in it.
restore-start-again = Close this program and start it again. Then open your profile with its passphrase.

staff-title = Staff
staff-own = Who opens for your organisation
staff-none = Nobody is on your staff.
staff-explained = Each of them opens what was shared with you, on their own machine and under their own name. Patients read who it was. They share with you as before.
staff-since = On your staff since { $day }
staff-was = On your staff from { $since } to { $end }
staff-key-not-taken = Has not taken the key yet
staff-key-taken = Has the key
staff-key-older = Has an older key; the newest comes the next time they open something
staff-key-due = A new key is due: somebody who had your newest key is no longer on your staff. They open nothing with it. The new one is for what is shared with you from now on.
staff-key-begin = Begin a new key
staff-key-stays = Your key and your card stay as they are.
staff-key-not-done = The new key is not done yet: begin it below.
staff-add = Add somebody to your staff
staff-add-explained = They need a profile of their own, on their own machine, and give you their card.
staff-add-who = Who?
staff-add-card = Their card, their account, or their name
staff-add-name = Your name for them
staff-add-name-hint = Leave it empty to call them as their card does.
staff-change = Change the end
staff-change-who = Change the end: { $who }
staff-again = Name again
staff-again-who = Name again: { $who }
staff-remove = Remove
staff-remove-who = Remove { $who } from your staff
staff-former = Who was on your staff before ({ $count })
staff-ending = You removed them here, and it is not confirmed yet. Until then they may still open something. Remove them once more, and it is sent again.
staff-naming = You named them here, and the ledger does not show it. Name them again, or remove them.
staff-named = { $who } may open for you what was shared with you. To begin, they take your key: in their own MRMS, under People, Staff.
staff-removed = { $who } can no longer open anything for you.
staff-new-key = You have a new key. This is its fingerprint:
staff-new-card = Your card is new as well. Put it where the old one was. Whoever shared with you before is asked once, the next time they share, whether you read them this fingerprint.
staff-later-versions = What was shared with you before opens as before, for those who stay. Later versions of it reach you when the patient has shared it again.
staff-saved = What they opened or saved before, they may keep.
staff-left-out = These got no part of the new key. Name them again:
staff-sure-title = { $who } would open for you
staff-sure-opens = They can open everything that was shared with you, and what is shared from now on, until it ends.
staff-sure-names = Each opening stands in the patient’s log, with their name and yours.
staff-sure-all = There is no half membership. For what others should not see, make a profile of its own, with its own card.
staff-sure-meant = Yes, { $who } works for us, and this is the right account
staff-sure-button = Add to the staff
staff-remove-title = Remove { $who } from your staff?
staff-loses = { $count ->
    [0] { $who } opens for you now, and nothing is shared with you yet.
    [one] { $who } opens the 1 record that is shared with you, and loses that.
   *[other] { $who } opens the { $count } records that are shared with you, and loses all of that.
}
staff-loses-all = { $who } opens everything that is shared with you, and loses all of that.
staff-no-member = The ledger shows no membership of { $who } now. What this profile remembers is ended all the same.
staff-remove-at-once = As soon as it is confirmed, ledger and vaults give them nothing for you, whatever is on their machine.
staff-remove-others = { $count ->
    [0] Nobody else is on your staff.
    [one] 1 other stays, and has to do nothing.
   *[other] { $count } others stay, and have to do nothing.
}
staff-sees-own = { $who } can open records of your own as well, by what you shared with them yourself. That goes on.
staff-sees-own-link = Look at it, and stop it
staff-remove-key = And your key?
staff-remove-new = Begin a new key
staff-remove-new-hint = Those who stay get it by themselves. Your card is new then: give it to those who share with you. They are asked once whether you read them the new fingerprint.
staff-remove-stays = Keep the key
staff-remove-stays-hint = Your card stays as it is. That is enough for somebody whom you trust. What a patient puts on the ledger itself for you, past the vaults, they could read.
staff-remove-choose = Say what becomes of the key.
staff-remove-button = Remove from the staff
staff-joined = You have the key. What was shared with the organisation is under “Shared with me”.
staff-joined-other-key = You have the key, and the organisation has published another one than those it gave you. Tell whoever looks after its staff.
staff-left = The key is forgotten. Nothing else has changed: you can take it again while you are a member.
staff-link = Staff, and for whom you work
works-for = For whom you work
works-for-none = You open for no organisation. A clinic that wants it adds you to its staff by your card:
works-for-named = { $organisation } names you as one of its staff.
works-for-join = Take the key
works-for-join-who = Take the key of { $organisation }
works-for-join-hint = Then you open what is shared with them. They read in their log that you took it.
works-for-live = You open for { $organisation }.
works-for-until-ended = until they end it
works-for-over = You do not open for { $organisation } any more. It ended:
works-for-shared = What is shared with them
works-for-leave = Forget the key
works-for-leave-who = Forget the key of { $organisation }
works-for-leave-hint = It is removed from this profile. You stay a member until the organisation ends that.
works-for-fingerprint = The fingerprint of its key:
works-for-fingerprint-title = The fingerprint of { $organisation }
works-for-fingerprint-hint = This is what you read to patients who compare the key of your organisation. It is the key that it has now, also after a new one was begun.
works-for-shared-notice = { $count ->
    [one] An organisation names you as one of its staff. Take its key, and what is shared with it stands here.
   *[other] { $count } organisations name you as one of their staff. Take their keys, and what is shared with them stands here.
}
tell-member = I have added you to our staff in MRMS. Open your own MRMS, under your own name: People, then Staff, and take the key there. From then on what patients share with us is under “Shared with me”. Each opening is logged under your name.
acting-share-nothing = Tick what you want to share.
acting-share-none = { $who } has no records yet, so there is nothing to share. Ask them to add some, or somebody who may.
acting-share-none-add = { $who } has no records yet, so there is nothing to share. Add a file for them first.
check-until-stopped = until it is stopped
check-purposes = What openings were for is not in the file, and not proven by it: your own profile knows it.
emergency-unnamed = You are told what it is once it is open: that is how the patient shared it.
who-former = your earlier account ({ $short })
who-former-several = your earlier account ({ $short })
acting-over-title = You do not act for { $who } any more
acting-over-why = They ended it, or its time is over.
acting-over-unsent = What you were about to do was not done, and nothing of what you had typed or chosen is kept. These are your own pages again.
acting-over-saved = You can open and change nothing of theirs any more. What you opened or saved before, you may keep.
acting-over-files = Not sent: { $names }. What you had chosen after that was not sent either.
acting-moved-title = { $who } has a new account
acting-moved-why = { $who } handed everything over to a new account, and you act for it as before. Go on there. Ask them whether it is theirs, and add its card under People.
acting-moved-go = Go on with the new account
home-may-begin = You asked to act for { $who }, and the wait is over: you can begin now.
home-ward-soon = { $name } grows up on { $day }, and what you may do ends then. { $name } can take all records over now: make a new profile on a device of their own, and hand everything over from the profile { $name } here.
home-ward-grown = { $name } has grown up ({ $day }), and you act for them no more. Nothing was handed over yet: make a new profile on a device of their own, and hand everything over from the profile { $name } here.
home-you-soon = You grow up on { $day }, and what those may do who look after you ends then. You can take your records over now: make a new profile on a device of your own, and hand everything over to it.
home-you-grown = You have grown up ({ $day }). Your records are still in this profile, whose words others may have: make a new profile on a device of your own, and hand everything over to it.
hand-over-sponsor = Somebody pays your fees here. Ask them for an invitation for the new account before you make its profile: yours does not pay for it.
home-works-for = You work here as a member of { $organisation }.
home-works-for-sharing = { $people ->
    [0] Nobody shares records with { $organisation } now.
    [one] 1 person shares records with { $organisation }: you open them under your own name.
   *[other] { $people } people share records with { $organisation }: you open them under your own name.
}
home-works-for-more = At least { $people } people share records with { $organisation }: you open them under your own name.
home-named-staff = { $organisation } names you as one of its staff. Take its key, and you open what patients share with it.
ward-take-over = The records can be taken over from now on: make a new profile on a device of the child's own, let it show its card, then open this profile here and hand everything over under Family.
ward-sponsor = Somebody pays your fees. The new profile needs an invitation of its own: ask them for one, and begin the new profile with it.
list-title = Lists of names
list-newer-hint = An organisation gave you these, with the names of its people. When it gives you a newer one, add it above as you added this one.
list-count = { $count ->
    [one] 1 person
   *[other] { $count } people
}
list-forget = Forget
list-forget-who = Forget the list { $name }
list-forgotten = The list is forgotten. Whom you added from it stays among your people.
list-added = The list is added: whom it names is shown with that name.
list-look-title = Add this list of names?
list-signed = “{ $name }”, signed by { $who }
list-explained = Have you this list from the organisation itself? Whom it names is shown to you by that name and with this list. From now on only whoever signed it can replace it.
list-same = You have this list already.
list-newer = You have an older one of it, which this one replaces.
list-joined = New on it: { $names }
list-left = No longer on it: { $names }
list-name = Your name for this list
list-add-button = Add the list
list-altered = This is no list of names, or it was altered on its way.
list-other-ledger = This list is for another ledger than yours.
list-older = You have a newer list of the same organisation.
list-alike = Another list of yours is called alike. Give this one another name.
staff-names-title = Names for your patients
staff-names-explained = A patient who does not know a member reads an account, and no name. Give your patients the list of your staff, on your web pages or by mail, signed by you: whoever adds it under People reads the names.
staff-names-without = Of these there is no card here, so they are not on the list: { $names }. Add their cards under People.
staff-names-save = { $count ->
    [one] Save the list, with 1 name
   *[other] Save the list, with { $count } names
}
staff-names-again = Save it anew when somebody comes or leaves: the newer one takes the place of the older one.
staff-names-of = Staff of { $who }
staff-names-unnamed = Staff
staff-record = Staff key
people-card-or-list = Their card, their account, or a list of names
who-own-new = your new account ({ $short })
alarm-elsewhere = On { $day } everything of yours was offered to { $who }, and not by this program. If that was not you, somebody has your 24 words.
alarm-elsewhere-means = The offer stands no more, but whoever made it can read your records as you do, and can offer everything again at any moment. Be faster than they are:
alarm-new-profile = Make a new profile with new words, on a device that nobody else uses.
alarm-hand-over = Hand everything over to the new profile.
alarm-tell = Tell the people and clinics who share with you, and send them your new card.
alarm-taken = { $who } has taken everything over from you. If that was not you, somebody had your 24 words. Nobody can undo it.
alarm-taken-yours = Still yours: files that you saved, backups, and what others share with this account.
alarm-taken-theirs = Whoever took over can read all your records, let others open them, and erase those that can be erased.
alarm-taken-evidence = Keep the evidence before anything is gone: save the log under “Who looked”.
alarm-taken-tell = Tell the people and clinics who treat you not to use this account any more, and to end what they share with it.
alarm-taken-anew = Make a new profile with new words, send everybody its card, and put your documents on record there anew. What you do not have, clinics can send you again.
alarm-was-me = That was me
alarm-was-me-explained = If you did it yourself, on another device or with another program, say so: you are not warned of it any more.
alarm-was-me-done = You said that it was you. You are not warned of it any more.
hand-over-past-back = On { $day } everything was offered to { $who }. Your account took that back on { $end }.
hand-over-past-back-elsewhere = On { $day } everything was offered to { $who }, not by this program. Your account took that back on { $end }.
hand-over-past-replaced = On { $day } everything was offered to { $who }. Another offer followed on { $end }.
hand-over-past-replaced-elsewhere = On { $day } everything was offered to { $who }, not by this program. Another offer followed on { $end }.
