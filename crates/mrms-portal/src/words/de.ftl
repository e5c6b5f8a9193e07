# Das Portal auf Deutsch.
skip = Zum Inhalt
lock = Sperren
language = Sprache
language-choose = Verwenden
cancel = Abbrechen
nav-label = Seiten
nav-home = Start
nav-records = Meine Akte
nav-shared = Mit mir geteilt
nav-people = Personen
nav-who = Wer sah hinein
nav-check = Prüfen
nav-settings = Einstellungen
idle-warning = Eine Weile ist nichts geschehen. In einer Minute wird Ihre Akte gesperrt.
idle-stay = Ich bin noch da
minutes = { $count ->
    [60] 1 Stunde
    [480] 8 Stunden
   *[other] { $count } Minuten
}
wait-seconds = Zu viele falsche Versuche. Warten Sie { $seconds } Sekunden.

enter-title = Eintreten
enter-explained = Öffnen Sie den Link, den mrms portal gezeigt hat, oder tippen Sie seinen Code hier ein. Jeder Code gilt einmal, zehn Minuten lang. mrms portal link macht einen neuen.
enter-code = Code
enter-button = Eintreten
enter-wrong = Dieser Code wurde schon benutzt, ist zu alt oder falsch. mrms portal link macht einen neuen.

unlock-title = Akte öffnen
unlock-profile = Profil
unlock-passphrase = Passphrase
unlock-minutes = Sperren, wenn nichts geschieht, nach
unlock-button = Öffnen
unlock-wrong = Die Passphrase stimmt nicht.

welcome-title = Willkommen
welcome-explained = Ihre Akte liegt verschlüsselt auf diesem Rechner. Wählen Sie eine Passphrase, die sie hier öffnet.
welcome-passphrase = Neue Passphrase
welcome-passphrase-hint = Vier oder fünf Wörter, die nichts miteinander zu tun haben, sind gut.
welcome-again = Noch einmal dieselbe
welcome-button = Anfangen
welcome-differ = Die beiden sind nicht gleich.
welcome-weak = Diese Passphrase ist zu leicht zu erraten.

words-title = Ihre 24 Wörter
words-explained = Schreiben Sie sie in dieser Reihenfolge auf Papier. Sie bringen Ihr Konto auf jedem Rechner zurück. Wer sie hat, kann Ihre Akte lesen. Die Akte selbst kommt aus einer Sicherung zurück: mrms backup.
words-noted = Ich habe sie aufgeschrieben
words-check-title = Zur Probe
words-check-button = Prüfen
words-number = Wort { $number }
words-again = Die Wörter noch einmal zeigen
words-wrong = Das steht dort nicht. Vergleichen Sie mit Ihrem Papier.

home-sentence = { $people ->
    [0] Niemand außer Ihnen kann Ihre { $records ->
        [one] Unterlage
       *[other] { $records } Unterlagen
    } sehen.
    [one] 1 Person kann etwas von Ihren { $records ->
        [one] Unterlagen
       *[other] { $records } Unterlagen
    } sehen.
   *[other] { $people } Personen können etwas von Ihren { $records ->
        [one] Unterlagen
       *[other] { $records } Unterlagen
    } sehen.
}
home-attention = Braucht Ihre Aufmerksamkeit
home-emergency = { $who } hat in einem Notfall etwas geöffnet. Lesen Sie den Grund.
home-ending = { $who } kann eine Unterlage sehen bis { $end }.
home-words = Bitte schreiben Sie Ihre 24 Wörter auf Papier.
home-add = Dateien hinzufügen
home-records = Meine ganze Akte

records-title = Meine Akte
records-search = Suche nach Name oder Art
records-search-button = Suchen
records-none = Noch ist nichts da. Fügen Sie Dateien hinzu, um anzufangen.
records-none-found = Nichts passt dazu.
records-unnamed = Ohne Namen
records-erased = Gelöscht
records-versions = { $count } Fassungen
records-readers = { $count ->
    [0] nur Sie
    [one] 1 Person
   *[other] { $count } Personen
}
kind-scan = Aufnahme
kind-picture = Bild
kind-document = Dokument
kind-health-data = Gesundheitsdaten
kind-text = Text
kind-file = Datei

record-added = Es ist in Ihrer Akte.
record-shared = Es ist geteilt.
record-stopped = Sie können es nicht mehr öffnen. Was sie schon gespeichert haben, behalten sie vielleicht.
record-author = von { $who }
record-content = Inhalt
record-download = Datei herunterladen
record-versions = Fassungen
record-version = Fassung { $number }
record-who-can = Wer kann es sehen
record-nobody-can = Niemand außer Ihnen.
record-until = bis { $end }
record-until-stopped = bis Sie es beenden
record-stop = Beenden
record-stop-who = { $who } beenden
record-share = Teilen
record-who-looked = Wer sah hinein
record-nobody-looked = Noch hat es niemand sonst geöffnet.
record-refused = abgelehnt
record-erased-explained = Diese Unterlage wurde gelöscht. Was die Tresore davon hatten, ist gelöscht.

content-no-viewer = Diese Art von Datei kann hier nicht gezeigt werden. Laden Sie sie herunter.
content-away = Der Inhalt ist nicht da: Er wurde gelöscht, oder ein Tresor ist nicht erreichbar.
content-damaged = Diese Datei ist beschädigt oder nicht das, was sie zu sein scheint. Laden Sie sie herunter, um sie mit einem anderen Programm anzusehen.
content-too-much = Diese Datei ist zu groß oder zu verschachtelt, um hier gezeigt zu werden. Laden Sie sie herunter.
content-locked = Diese Datei ist mit einem Passwort gesperrt. Laden Sie sie herunter und öffnen Sie sie mit einem Programm, das nach dem Passwort fragt.
content-no-such-page = Diese Seite gibt es nicht.
content-compression = Dieses Bild ist auf eine Weise gespeichert, die hier nicht gezeigt werden kann. Laden Sie es herunter.

add-title = Dateien hinzufügen
add-explained = Jede Datei wird eine eigene Unterlage. Sie wird auf diesem Rechner verschlüsselt, bevor sie irgendwohin geht.
add-files = Dateien
add-button = Hinzufügen
add-done = { $name } ist in Ihrer Akte.
add-failed = { $name } wurde nicht hinzugefügt: { $why }
add-progress-done = in Ihrer Akte
add-progress-failed = nicht hinzugefügt
add-too-large = Das ist zu groß für ein Formular ohne Skript. Erlauben Sie Skripte, oder nehmen Sie mrms create.
add-nothing = Es wurde keine Datei gewählt.

share-title = „{ $name }“ teilen
share-with = Mit wem?
share-other = Jemand anderes
share-other-hint = Ein Name aus Ihren Personen, oder ein Konto, das mit S beginnt.
share-how-long = Wie lange?
share-hour = 1 Stunde
share-day = 1 Tag
share-week = 1 Woche
share-month = 30 Tage
share-year = 1 Jahr
share-stopped = Bis ich es beende
share-until = (bis { $end })
share-explained = Sie sehen die jetzige Fassung und spätere. Jedes Öffnen wird ins Protokoll geschrieben.
share-button = Teilen
share-nobody = Wählen Sie, mit wem Sie teilen.
share-unclear = Dieser Name könnte mehrere meinen. Geben Sie auch das Ende des Kontos an.
share-unknown = Niemand unter Ihren Personen heißt so.
share-no-term = Wählen Sie, wie lange.
share-new-title = Ist das die richtige Person?
share-new-explained = Sie haben noch nie mit { $who } geteilt. Vergleichen Sie diese Zeichen am Telefon oder von Angesicht zu Angesicht.
share-new-button = Die Zeichen stimmen: teilen

shared-none = Zurzeit teilt niemand etwas mit Ihnen.
shared-explained = Jedes Öffnen wird ins Protokoll der Patientin oder des Patienten geschrieben.
shared-record = Unterlage { $number }
shared-open = Öffnen
shared-no-end = ohne Ende
shared-opened = Ihr Öffnen steht im Protokoll. Sie können es hier zehn Minuten lang ansehen.

people-none = Sie kennen hier noch niemanden. Bitten Sie Ihre Praxis um ihre Karte.
people-add = Jemanden hinzufügen
people-card = Die Karte
people-card-hint = Ein Text, der mit mrms: beginnt
people-name = Ihr Name dafür (ohne ihn: wie sie sich selbst nennen)
people-add-button = Hinzufügen
people-wrong-card = Das ist keine Karte, oder sie wurde unterwegs verändert.
people-invitation = Das ist eine Einladung und keine Karte. Der Befehl mrms join nimmt sie an.
people-other-ledger = Diese Karte gilt für ein anderes Register als Ihres.
people-old-card = Diese Karte haben Sie schon, oder eine neuere.
people-wrong-name = Dieser Name geht nicht: Er ist zu lang oder hat Zeichen, die man nicht sieht.
people-lookalike = Jemand unter Ihren Personen hat einen Namen, der gleich aussieht. Geben Sie einen anderen.

who-opened = { $who } hat „{ $name }“ geöffnet.
who-refused = { $who } wollte „{ $name }“ öffnen und wurde abgelehnt.
who-emergency = { $who } hat bei „{ $name }“ einen Notfall erklärt.

check-title = Nachweis prüfen
check-explained = Wählen Sie einen Nachweis (mrms evidence) oder ein ausgegebenes Protokoll (mrms audit --json). Es wird auf diesem Rechner geprüft und geht nirgendwohin.
check-file = Datei
check-button = Prüfen
check-bundle = Bewiesen: { $count } Ereignisse
check-trail = Protokoll unversehrt: { $count } Ereignisse
check-broken = Es hält nicht
check-record = Unterlage { $record }
check-head = Das Protokoll endet in
check-ledger = Vergleichen Sie den Hash des ersten Blocks mit einem, den Sie von anderswo kennen: mrms verify --genesis.

settings-account = Ihr Konto
settings-ledger = Register: { $name }, Block { $block }
settings-vaults = { $count ->
    [one] 1 Tresor
   *[other] { $count } Tresore
}
settings-words-explained = Sie werden nach Ihrer Passphrase gezeigt.
settings-words-button = Die Wörter zeigen

error-title = Das ging nicht
error-other-page = Diese Anfrage kam nicht von einer Seite des Portals. Nichts wurde getan. Gehen Sie zurück und versuchen Sie es noch einmal.
error-no-page = Diese Seite gibt es nicht.
error-refused = Es ging nicht. Der Grund:
error-away = Der Rechner mit dem Register antwortet nicht. Ihre Akte ist dort sicher. Versuchen Sie es später noch einmal.
error-broke-off = Die Arbeit brach ab. Versuchen Sie es noch einmal.
error-back = Zum Start

month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
weekday-1 = Montag
weekday-2 = Dienstag
weekday-3 = Mittwoch
weekday-4 = Donnerstag
weekday-5 = Freitag
weekday-6 = Samstag
weekday-7 = Sonntag

viewer-about = Was die Datei sagt
viewer-active = aktiv
viewer-allergies = Allergien
viewer-also = Außerdem darin
viewer-as-stored = Wie das Gerät es gesetzt hat
viewer-attachment = In dieser Datei ist ein weiteres Dokument. Laden Sie die Datei herunter, um es zu lesen.
viewer-author = Wer
viewer-born = Geboren
viewer-code = Code
viewer-completed = abgeschlossen
viewer-conclusion = Befund
viewer-curve = Kurve von { $name }
viewer-curves = Kurven
viewer-cut = In der Datei ist mehr, als hier gezeigt wird. Laden Sie sie herunter, um alles zu sehen.
viewer-date = Datum
viewer-documents = Dokumente
viewer-dose = Dosis
viewer-dose-number = Dosis Nr.
viewer-field = Feld
viewer-files = Dateien in diesem Archiv
viewer-full-range = Alle Werte
viewer-go-to = Gehe zu
viewer-how-many = Wie viele
viewer-image = Bild
viewer-inactive = inaktiv
viewer-issuer = Aussteller, nicht geprüft
viewer-lead = Ableitung
viewer-left-out-image = Ein Bild des Originals wird hier nicht gezeigt.
viewer-lot = Charge
viewer-medicines = Medikamente
viewer-message = Nachricht
viewer-mistaken = irrtümlich eingetragen
viewer-name = Name
viewer-next = Weiter
viewer-no-images = Dieses Objekt hat kein Bild. Es sagt:
viewer-normal = Normal
viewer-not-verified = Die Unterschrift dieser Karte wurde nicht geprüft. Fragen Sie den Aussteller, wenn es darauf ankommt.
viewer-number = Nummer
viewer-outside = außerhalb
viewer-page = Seite { $number } von { $count }
viewer-pages = Seiten dieses Dokuments
viewer-patient = Patient
viewer-picture = Bild { $number } von { $count }
viewer-planned = geplant
viewer-plans = Pläne
viewer-plot = { $name }: Kurve aus { $count } Werten, die in der Tabelle darunter stehen
viewer-previous = Zurück
viewer-problems = Probleme
viewer-procedures = Eingriffe
viewer-range = Von – bis
viewer-reaction = Reaktion
viewer-reason = Grund
viewer-remark = Bemerkung
viewer-reports = Berichte
viewer-resolved = behoben
viewer-results = Ergebnisse
viewer-row = Zeile
viewer-segment = Teil
viewer-severity = Schwere
viewer-sex = Geschlecht
viewer-show = Zeigen
viewer-since = Seit
viewer-size = Bytes
viewer-status = Stand
viewer-stopped = beendet
viewer-study = Aufnahme
viewer-text-of-page = Text dieser Seite
viewer-until = Bis
viewer-vaccinations = Impfungen
viewer-value = Wert
viewer-visits = Besuche
viewer-what = Was
viewer-window = Helligkeit
