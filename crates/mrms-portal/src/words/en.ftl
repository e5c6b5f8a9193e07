# The portal in English.
skip = Skip to the content
lock = Lock
language = Language
language-choose = Use
cancel = Cancel
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
minutes = { $count ->
    [60] 1 hour
    [480] 8 hours
   *[other] { $count } minutes
}
wait-seconds = Too many wrong tries. Wait { $seconds } seconds.

enter-title = Come in
enter-explained = Open the link that mrms portal showed, or type its code here. Each code works once, for ten minutes. mrms portal link makes another.
enter-code = Code
enter-button = Come in
enter-wrong = This code was used, is too old, or is not right. mrms portal link makes another.

unlock-title = Open your records
unlock-profile = Profile
unlock-passphrase = Passphrase
unlock-minutes = Lock when nothing happens for
unlock-button = Open
unlock-wrong = The passphrase is not right.

welcome-title = Welcome
welcome-explained = Your records are encrypted on this machine. Choose a passphrase that opens them here.
welcome-passphrase = New passphrase
welcome-passphrase-hint = Four or five words that have nothing to do with one another are good.
welcome-again = The same again
welcome-button = Begin
welcome-differ = The two are not the same.
welcome-weak = This passphrase is too easy to guess.

words-title = Your 24 words
words-explained = Write them on paper, in this order. They bring your account back on any machine. Whoever has them can read your records. The records themselves come back from a backup: mrms backup.
words-noted = I have written them down
words-check-title = Let us check
words-check-button = Check
words-number = Word { $number }
words-again = Show the words again
words-wrong = That is not what stands there. Compare it with your paper.

home-sentence = { $people ->
    [0] Nobody but you can see your { $records ->
        [one] record
       *[other] { $records } records
    }.
    [one] 1 person can see some of your { $records ->
        [one] record
       *[other] { $records } records
    }.
   *[other] { $people } people can see some of your { $records ->
        [one] record
       *[other] { $records } records
    }.
}
home-attention = Needs your attention
home-emergency = { $who } opened a record in an emergency. Look at the reason.
home-ending = { $who } can see a record until { $end }.
home-words = Please write down your 24 words on paper.
home-add = Add files
home-records = All my records

records-title = My records
records-search = Search by name or kind
records-search-button = Search
records-none = There are no records yet. Add files to begin.
records-none-found = No record matches.
records-unnamed = Without a name
records-erased = Erased
records-versions = { $count } versions
records-readers = { $count ->
    [0] only you
    [one] 1 person
   *[other] { $count } people
}
kind-scan = Scan
kind-picture = Picture
kind-document = Document
kind-health-data = Health data
kind-text = Text
kind-file = File

record-added = It is on record.
record-shared = It is shared.
record-stopped = They can't open it again. They may keep what they already saved.
record-author = by { $who }
record-content = Content
record-download = Download the file
record-versions = Versions
record-version = Version { $number }
record-who-can = Who can see it
record-nobody-can = Nobody but you.
record-until = until { $end }
record-until-stopped = until you stop it
record-stop = Stop
record-stop-who = Stop { $who }
record-share = Share
record-who-looked = Who looked
record-nobody-looked = Nobody else has opened it yet.
record-refused = refused
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
add-files = Files
add-button = Add
add-done = { $name } is on record.
add-failed = { $name } was not added: { $why }
add-progress-done = on record
add-progress-failed = not added
add-too-large = This is too large for a form without script. Allow scripts, or use mrms create.
add-nothing = No file was chosen.

share-title = Share “{ $name }”
share-with = With whom?
share-other = Somebody else
share-other-hint = A name among your people, or an account that begins with S.
share-how-long = For how long?
share-hour = 1 hour
share-day = 1 day
share-week = 1 week
share-month = 30 days
share-year = 1 year
share-stopped = Until I stop it
share-until = (until { $end })
share-explained = They see the present version and later ones. Every opening is written into the log.
share-button = Share
share-nobody = Choose with whom to share.
share-unclear = This name could mean several people. Give the end of the account as well.
share-unknown = Nobody among your people has this name.
share-no-term = Choose for how long.
share-new-title = Is this the right person?
share-new-explained = You never shared with { $who }. Compare these signs with them, by telephone or face to face.
share-new-button = The signs are the same: share

shared-none = Nobody shares anything with you now.
shared-explained = Each opening is written into the patient's log.
shared-record = record { $number }
shared-open = Open
shared-no-end = without an end
shared-opened = Your opening stands in the patient's log. You can look at it here for ten minutes.

people-none = You know nobody here yet. Ask your clinic for its card.
people-add = Add somebody
people-card = Their card
people-card-hint = A text that begins with mrms:
people-name = Your name for them (without it: what they call themselves)
people-add-button = Add
people-wrong-card = This is no card, or it was altered on its way.
people-invitation = This is an invitation and no card. The command mrms join takes it.
people-other-ledger = This card is for another ledger than yours.
people-old-card = You have this card already, or a newer one.
people-wrong-name = This name can't be taken: it is too long, or has signs that can't be seen.
people-lookalike = Somebody among your people has a name that looks the same. Give another name.

who-opened = { $who } opened “{ $name }”.
who-refused = { $who } tried to open “{ $name }” and was refused.
who-emergency = { $who } declared an emergency on “{ $name }”.

check-title = Check evidence
check-explained = Choose an evidence bundle (mrms evidence) or an exported log (mrms audit --json). It is checked on this machine and goes nowhere.
check-file = File
check-button = Check
check-bundle = Proven: { $count } events
check-trail = Log intact: { $count } events
check-broken = It does not hold
check-record = Record { $record }
check-head = The log ends in
check-ledger = Compare the hash of the ledger's first block with one that you know from elsewhere: mrms verify --genesis.

settings-account = Your account
settings-ledger = Ledger: { $name }, block { $block }
settings-vaults = { $count ->
    [one] 1 vault
   *[other] { $count } vaults
}
settings-words-explained = They are shown after your passphrase.
settings-words-button = Show the words

error-title = That did not work
error-other-page = This request did not come from a page of the portal. Nothing was done. Go back and try again.
error-no-page = There is no such page.
error-refused = It could not be done. This is why:
error-away = The computer with the ledger does not answer. Your records are safe there. Try again later.
error-broke-off = The work broke off. Try again.
error-back = Back to Home

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
viewer-also = Also in it
viewer-as-stored = As the scanner set it
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
viewer-lead = Lead
viewer-left-out-image = A picture of the original is not shown here.
viewer-lot = Lot
viewer-medicines = Medicines
viewer-message = Message
viewer-mistaken = entered by mistake
viewer-name = Name
viewer-next = Next
viewer-no-images = This object has no picture. It says:
viewer-normal = Normal
viewer-not-verified = The signature of this card was not checked. Ask the issuer if it matters.
viewer-number = Number
viewer-outside = outside
viewer-page = Page { $number } of { $count }
viewer-pages = Pages of this document
viewer-patient = Patient
viewer-picture = Picture { $number } of { $count }
viewer-planned = planned
viewer-plans = Plans
viewer-plot = { $name }: plot of { $count } values, which stand in the table below
viewer-previous = Back
viewer-problems = Problems
viewer-procedures = Procedures
viewer-range = From – to
viewer-reaction = Reaction
viewer-reason = Reason
viewer-remark = Remark
viewer-reports = Reports
viewer-resolved = resolved
viewer-results = Results
viewer-row = Row
viewer-segment = Part
viewer-severity = Severity
viewer-sex = Sex
viewer-show = Show
viewer-since = Since
viewer-size = Bytes
viewer-status = Status
viewer-stopped = stopped
viewer-study = Scan
viewer-text-of-page = Text of this page
viewer-until = Until
viewer-vaccinations = Vaccinations
viewer-value = Value
viewer-visits = Visits
viewer-what = What
viewer-window = Brightness
