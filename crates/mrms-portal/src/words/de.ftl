# Das Portal auf Deutsch.
skip = Zum Inhalt
lock = Sperren
lacks-name = Ihren Namen angeben
language = Sprache
language-choose = Verwenden
cancel = Abbrechen
copy = Kopieren
copied = Kopiert.
print = Drucken
print-hint = Ihr Browser druckt diese Seite ohne Menü und Schaltflächen.
nav-label = Seiten
nav-home = Start
nav-records = Meine Akte
nav-shared = Mit mir geteilt
nav-people = Personen
nav-who = Zugriffe
nav-check = Prüfen
nav-settings = Einstellungen
idle-warning = Eine Weile ist nichts geschehen. In einer Minute wird Ihre Akte gesperrt.
idle-stay = Ich bin noch da
idle-back = Was Sie vor der Sperre eingegeben hatten, ist wieder da. Dateien wählen Sie bitte noch einmal aus.
minutes = { $count ->
    [60] 1 Stunde
    [480] 8 Stunden
   *[other] { $count } Minuten
}
wait-seconds = Zu viele Fehlversuche. Warten Sie { $seconds } Sekunden.

enter-title = Anmelden
enter-explained = Öffnen Sie den Link, den das Programm beim Start dieser Seiten gezeigt hat, oder tippen Sie seinen Code hier ein. Jeder Code gilt einmal, zehn Minuten lang. Einen neuen gibt es, wenn Sie die Seiten neu starten; oder fragen Sie, wer diesen Rechner eingerichtet hat. Ein Browser, in dem Sie schon einmal Ihre Passphrase eingegeben haben, braucht keinen.
enter-code = Code
enter-button = Anmelden
enter-wrong = Dieser Code wurde schon benutzt, ist zu alt oder falsch. Einen neuen gibt es, wenn Sie die Seiten neu starten.

unlock-title = Akte öffnen
unlock-whose = Sie gehört zum Profil
unlock-standard = { $name } (das erste auf diesem Rechner)
unlock-profile = Profil
unlock-passphrase = Passphrase
unlock-minutes = Sperren, wenn nichts geschieht, nach
unlock-button = Öffnen
unlock-wrong = Die Passphrase stimmt nicht.

welcome-title = Willkommen
about-keeps = MRMS bewahrt Ihre medizinischen Unterlagen verschlüsselt auf diesem Rechner auf. Lesen können sie nur Sie und diejenigen, mit denen Sie sie teilen.
about-shares = Sie teilen eine Unterlage mit einer Praxis, einer Klinik oder Ihrer Familie, so lange Sie möchten, und können das jederzeit beenden.
about-tells = Wer eine Unterlage öffnet, hinterlässt einen Eintrag in einem Protokoll, das niemand ändern kann. So sehen Sie, wer wann und wofür zugegriffen hat.
welcome-explained = Ihre Akte liegt verschlüsselt auf diesem Rechner. Wählen Sie eine Passphrase, die sie hier öffnet.
welcome-passphrase = Neue Passphrase
welcome-passphrase-hint = Vier oder fünf Wörter, die nichts miteinander zu tun haben, sind gut.
welcome-again = Noch einmal dieselbe
welcome-button = Anfangen
welcome-differ = Die beiden sind nicht gleich.
welcome-weak = Diese Passphrase ist zu leicht zu erraten.

words-title = Ihre 24 Wörter
words-explained = Schreiben Sie sie in dieser Reihenfolge auf Papier. Sie bringen Ihr Konto auf jedem Rechner zurück. Wer sie hat, kann Ihre Akte lesen. Lagen Ihre Unterlagen nur auf diesem Rechner, kommen sie aus einer Sicherung zurück, die Sie unter „Einstellungen“ erstellen.
words-noted = Ich habe sie aufgeschrieben
words-check-title = Zur Probe
words-check-explained = Nehmen Sie Ihr Papier und tippen Sie diese drei Wörter davon ab. Dann ist sicher, dass Sie sie haben.
words-check-button = Prüfen
words-number = Wort { $number }
words-again = Die Wörter noch einmal zeigen
words-wrong = Das steht dort nicht. Vergleichen Sie mit Ihrem Papier.
words-wrong-at = Nicht richtig: Wort { $numbers }. Vergleichen Sie mit Ihrem Papier, oder lassen Sie sich die Wörter noch einmal zeigen.

home-sentence = { $people ->
    [0] Niemand außer Ihnen kann Ihre { $records ->
        [one] Unterlage
       *[other] { $records } Unterlagen
    } sehen.
    [one] { $records ->
        [one] 1 Person kann Ihre Unterlage sehen.
       *[other] 1 Person kann einige oder alle Ihrer { $records } Unterlagen sehen.
    }
   *[other] { $records ->
        [one] { $people } Personen können Ihre Unterlage sehen.
       *[other] { $people } Personen können einige oder alle Ihrer { $records } Unterlagen sehen.
    }
}
home-links-alone = { $links ->
    [one] Außer Ihnen kann nur etwas davon sehen, wer einen Link von Ihnen hat.
   *[other] Außer Ihnen kann nur etwas davon sehen, wer einen Ihrer { $links } Links hat.
}
home-links-too = { $links ->
    [one] Dazu kommt, wer einen Link von Ihnen hat.
   *[other] Dazu kommt, wer einen Ihrer { $links } Links hat.
}
home-empty = Sie haben noch keine Unterlagen.
home-empty-people = { $people ->
    [one] 1 Person wird sehen, was Sie hinzufügen.
   *[other] { $people } Personen werden sehen, was Sie hinzufügen.
}
home-attention = Braucht Ihre Aufmerksamkeit
home-no-money = Auf Ihrem Konto ist kein Geld für Gebühren. Deshalb lässt sich nichts ablegen und nichts teilen.
home-no-money-ask = Bitten Sie { $who } um etwas Geld für dieses Konto; von dort kam Ihre Einladung:
home-no-money-ask-them = Bitten Sie die Person, die das Programm für Sie eingerichtet hat, um etwas Geld für dieses Konto:
home-no-key = Ihr Schlüssel ist noch nicht veröffentlicht. Deshalb kann niemand etwas mit Ihnen teilen.
home-no-key-then = Er wird von selbst veröffentlicht, sobald Geld da ist.
home-no-key-fee = Das kostet eine Gebühr, die Ihr Konto bezahlt.
home-key-button = Meinen Schlüssel veröffentlichen
home-key-published = Ihr Schlüssel ist veröffentlicht: Andere können jetzt mit Ihnen teilen.
home-emergency-look = Der Grund ist noch nicht bei Ihnen angekommen. Sehen Sie im Protokoll nach.
home-refused = { $count ->
    [one] Diese Woche wurde 1 Versuch abgewiesen, eine Unterlage von Ihnen zu öffnen.
   *[other] Diese Woche wurden { $count } Versuche abgewiesen, Unterlagen von Ihnen zu öffnen.
}
home-without-key = { $count ->
    [one] Diese Woche wollte jemand eine Unterlage von Ihnen öffnen und bekam keinen Schlüssel.
   *[other] Diese Woche wollten andere { $count }-mal Unterlagen von Ihnen öffnen und bekamen keinen Schlüssel.
}
home-ending = { $who } kann „{ $name }“ noch bis { $end } sehen.
home-words = Bitte schreiben Sie Ihre 24 Wörter auf Papier.
home-begin = Beginnen Sie mit dem, was Sie zur Hand haben: einem Arztbrief, Laborwerten, dem Foto eines Papiers. Danach können Sie es teilen, zum Beispiel mit Ihrer Praxis.
home-add = Dateien hinzufügen
home-records = Meine Akte

records-title = Meine Akte
records-search = Suche nach Name, Art, Datum, Verfasser oder Nummer
records-search-button = Suchen
records-search-clear = Suche aufheben
records-order = Reihenfolge der Liste
records-order-added = Zuletzt hinzugefügte zuerst
records-order-date = Nach dem Datum der Unterlage
records-none = Noch ist nichts da. Fügen Sie Dateien hinzu, um anzufangen.
records-none-found = Nichts passt dazu.
records-unnamed = Ohne Namen
records-erased = Gelöscht
records-versions = { $count } Fassungen
records-added-on = hinzugefügt am { $day }
records-readers = { $count ->
    [0] nur Sie
    [one] 1 Person kann es sehen
   *[other] { $count } Personen können es sehen
}
records-links = { $count ->
    [one] 1 Link öffnet es
   *[other] { $count } Links öffnen es
}

results-title = Werte im Verlauf
results-explained = Werte aus allen Ihren Unterlagen, soweit sie als Daten darin stehen (FHIR, CDA, HL7): Was auf dieselbe Weise und in derselben Einheit gemessen wurde, steht zusammen. Wählen Sie einen Wert, um den Verlauf zu sehen. Ein Wert, der sich noch ändern kann, steht nur in seiner Unterlage.
results-search = Suche nach Name
results-reading = { $count ->
    [one] 1 Dokument wird noch gelesen. Diese Seite sieht von selbst wieder nach.
   *[other] { $count } Dokumente werden noch gelesen. Diese Seite sieht von selbst wieder nach.
}
results-unread = { $count ->
    [one] 1 Dokument ließ sich jetzt nicht öffnen.
   *[other] { $count } Dokumente ließen sich jetzt nicht öffnen.
}
results-cut = Es gibt mehr Werte, als hier aufbewahrt werden. Die anderen stehen in ihren Unterlagen.
results-none = In Ihren Unterlagen gibt es keine solchen Werte.
results-of = Nur die aus „{ $name }“.
results-all = Alle Werte
results-whose = von { $who }
records-names = nennt { $who }
record-names-another = Dieses Dokument nennt „{ $who }“. Ihr Name hier ist „{ $name }“. Wenn es nicht um Sie geht, geben Sie es niemandem. Sie können es unten löschen.
results-count = { $count ->
    [one] 1 Wert
   *[other] { $count } Werte
}
results-records = { $count ->
    [one] in 1 Unterlage
   *[other] in { $count } Unterlagen
}
results-band = Normalbereich laut dem neuesten Wert: { $band }. Labore haben verschiedene Bereiche; in der Tabelle steht der jedes Wertes.
results-newest = Die Kurve zeigt die neuesten { $count }.
results-record = Unterlage
kind-picture = Bild
kind-fhir = Gesundheitsdaten (FHIR)
kind-cda = Arztbrief oder Befund (CDA)
kind-hl7 = Nachricht eines Labors oder einer Klinik (HL7)
kind-pdf = Dokument (PDF)
kind-dicom = Aufnahme (DICOM)
kind-study = Aufnahme aus mehreren Bildern (DICOM)
kind-health-card = Gesundheitskarte (SMART)
kind-apple-health = Export von Apple Health
kind-archive = Archiv
kind-csv = Tabelle (CSV)
kind-json = Daten (JSON)
kind-xml = Daten (XML)
kind-text = Text
kind-file = Datei

record-added = Es ist in Ihrer Akte.
record-known = Diese Datei haben Sie schon: Hier ist sie. Es wurde nichts hinzugefügt.
record-shared = Es ist geteilt.
rights-amend = darf Fassungen hinzufügen
record-also-by-all = Diese Person darf Ihre ganze Akte sehen; so lange bleibt auch dies offen.
rights-emergency = nur im Notfall
record-stopped = Diese Person kann es nicht mehr öffnen. Was sie schon gespeichert hat, behält sie vielleicht.
record-stopped-who = { $who } kann das nicht mehr öffnen. Die Tresore löschen, was sie dafür hatten.
record-stopped-later = Fassungen, die Sie von jetzt an hinzufügen, bleiben für diese Person verschlossen.
record-stopped-before = Der Zugang war schon beendet: Es gab nichts mehr zu beenden.
record-stopped-unsure = { $who } kann das durch den bisherigen Zugang nicht mehr öffnen. Etwas, das das Register abgelehnt hat, kann trotzdem noch kommen:
record-stopped-unsure-person = Was das ist
stopped-never-opened = Diese Person hat es nie geöffnet.
stopped-opened = { $count ->
    [one] Diese Person hat es einmal geöffnet, am { $day }.
   *[other] Diese Person hat es { $count }-mal geöffnet, zuletzt am { $day }.
} Was sie gespeichert hat, kann sie behalten.
stopped-key-on-chain = Der Schlüssel steht für diese Person im Register: Von dort könnte sie es noch lesen.
stopped-key-perhaps = Was als Schlüssel für diese Person im Register steht, öffnet es vielleicht, vielleicht nicht.
stopped-acts = Was Sie mit { $who } geteilt hatten, ist beendet. { $who } handelt aber noch für Sie und kann alle Ihre Unterlagen öffnen. Auch das beenden Sie unter „Familie“.
person-stopped = { $who } kann jetzt nichts mehr von Ihnen öffnen. Die Tresore löschen, was sie dafür hatten. Was vorher zu öffnen war:
person-stopped-unsure = Was { $who } öffnen konnte, ist beendet. Etwas, das das Register vorher abgelehnt hat, kann trotzdem noch kommen: siehe unten.
person-had-all = Alle Ihre Unterlagen waren offen. Einzeln geteilt waren außerdem:
record-author = von { $who }
record-content = Inhalt
record-download = Datei herunterladen
record-versions = Fassungen
record-version = Fassung { $number }
record-version-yours = Fassung { $number }, von Ihnen
record-version-of = Fassung { $number }, von { $who }
version-called = { $who } nennt diese Fassung „{ $name }“.
version-called-by-you = Sie nennen diese Fassung „{ $name }“.
record-who-can = Wer kann es sehen
record-nobody-can = Niemand außer Ihnen.
record-until = bis { $end }
record-until-stopped = bis Sie es beenden
record-stop = Beenden
record-stop-this = Für diese Unterlage beenden
record-stop-this-who = Für diese Unterlage beenden: { $who }
record-stop-others-stay = Ihre anderen Unterlagen bleiben für diese Person offen.
record-stop-who = Für { $who } beenden
record-extend = Verlängern
record-extend-who = Zugang von { $who } verlängern
record-share = Teilen
record-who-looked = Wer hat zugegriffen
record-nobody-looked = Noch hat es niemand sonst geöffnet.
record-refused = abgewiesen
record-without-key = wollte es öffnen, bekam keinen Schlüssel
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
add-open-to = Was Sie hinzufügen, ist sofort offen für alle, die Ihre ganze Akte sehen: { $who }.
add-files = Dateien
add-name = Name
add-name-of = Name von
add-name-hint = So wie Sie es wiederfinden wollen, zum Beispiel „Blutbild, Mai“. Ohne Namen heißt es so, wie das Dokument sich selbst nennt, oder wie die Datei.
add-button = Hinzufügen
add-done = { $name } ist in Ihrer Akte.
add-known = { $name } ist schon in Ihrer Akte. Es wurde nichts hinzugefügt.
add-failed = { $name } wurde nicht hinzugefügt: { $why }
add-progress-done = in Ihrer Akte
add-progress-known = schon in Ihrer Akte, nichts wurde hinzugefügt
add-progress-failed = nicht hinzugefügt
add-archive = Das ist ein Archiv: Darin sind mehrere Dateien. Es ist noch nicht hinzugefügt.
add-archive-look = Übernehmen, was darin ist
add-archive-one = Als eine Datei hinzufügen
add-archive-whole = Archive so hinzufügen, wie sie sind, jedes als eine Datei
add-too-large = Das ist zu groß für ein Formular ohne Skript: höchstens 32 MB. Erlauben Sie Skripte in Ihrem Browser und fügen Sie es noch einmal hinzu.
add-nothing = Es wurde keine Datei gewählt.

import-link = Ein Archiv, eine CD oder einen Ordner übernehmen
foreign-open = Einen Link oder eine SMART-Gesundheitskarte öffnen, die man Ihnen gab
foreign-title = Einen Link oder eine SMART-Gesundheitskarte öffnen
foreign-explained = Ein SMART Health Link oder eine SMART-Gesundheitskarte (SMART Health Card), wie Kliniken und Apotheken sie geben: als Text, als QR-Code oder als Datei. Sie sehen, was darin ist, bevor etwas in Ihre Akte kommt. Wer den Link bereitstellt, erfährt die Adresse Ihres Netzes und den Namen unten.
foreign-link = Der Link oder die Karte als Text (beginnt mit shlink:/ oder shc:/, oder hat das in sich)
foreign-picture = Oder ein Bild des QR-Codes, oder die Datei
foreign-passcode = Code zum Öffnen
foreign-passcode-hint = Nur, wenn man Ihnen einen nannte. Zu viele falsche schließen den Link für immer.
foreign-name = Wer Sie sind
foreign-name-hint = Wer den Link gemacht hat, kann das lesen.
foreign-button = Öffnen
foreign-nothing = Fügen Sie den Link ein, oder wählen Sie ein Bild des Codes.
foreign-link-broken = Das ist kein ganzer Link. Kopieren Sie ihn ganz, von shlink:/ bis zum Ende.
foreign-card-broken = Das beginnt wie eine Gesundheitskarte und lässt sich nicht als eine lesen. Kopieren Sie sie ganz, von shc:/ bis zum Ende, jeden Code davon.
foreign-no-code = In diesem Bild lässt sich kein QR-Code lesen. Nehmen Sie es noch einmal auf, gerade von oben und mit mehr Licht.
foreign-other-code = Der Code in diesem Bild ist weder ein Link noch eine Gesundheitskarte.
foreign-too-large = Das ist größer als jeder Link, jede Karte und jedes Bild davon.
foreign-neither = Darin ist weder ein Link noch eine Gesundheitskarte.
foreign-ended = Der Link ist abgelaufen. Bitten Sie um einen neuen.
foreign-no-passcode = Der Link verlangt einen Code. Fragen Sie, wer ihn Ihnen gab.
foreign-wrong-passcode = Der Code ist falsch. Fragen Sie, wer Ihnen den Link gab; zu viele falsche schließen ihn für immer.
foreign-wrong-passcode-left = { $count ->
    [0] Der Code ist falsch, und der Link ist jetzt geschlossen. Bitten Sie um einen neuen.
    [one] Der Code ist falsch. Noch ein falscher schließt den Link für immer.
   *[other] Der Code ist falsch. Noch { $count } falsche schließen den Link für immer.
}
foreign-not-there = Der Link öffnet nichts: Er ist abgelaufen, aufgebraucht, oder es gab ihn nie. Bitten Sie um einen neuen.
foreign-too-much = Nach dem Link wurde zu oft gefragt. Warten Sie einige Minuten, und versuchen Sie es dann noch einmal.
foreign-damaged = Was der Link gibt, lässt sich nicht öffnen: Es wurde verändert, oder der Link ist nicht ganz. Bitten Sie um einen neuen.
foreign-host-away = Für diesen Link antwortet jetzt niemand. Prüfen Sie Ihre Verbindung, und versuchen Sie es später noch einmal.
import-look = Ansehen
import-look-not-yet = Nicht in Ihrer Akte: Das liegt nur auf diesem Gerät, bis Sie es in die Akte nehmen oder es lassen.
import-look-back = Zurück zu dem, was darin ist
import-title = Übernehmen, was andere Ihnen gegeben haben
import-explained = Ausgaben von Kliniken, Praxen und Apple Health, CDs mit Aufnahmen, Ordner mit Briefen: Archive werden ausgepackt, und die Aufnahmen einer Untersuchung werden eine Unterlage. Sie sehen, was darin ist, bevor etwas in Ihre Akte kommt. Bis dahin bleibt es auf diesem Rechner, verschlüsselt.
import-begun = Ansehen, was Sie vorhin gewählt haben
import-files = Dateien und Archive
import-folder = Oder ein ganzer Ordner oder eine CD
import-drop = Oder ziehen Sie Dateien, Ordner und Archive hierher.
import-button = Ansehen, was darin ist
import-found-title = Was darin ist
import-done-title = Was daraus geworden ist
import-nothing = Es ist nichts darin.
import-count-new = { $count ->
    [one] Eine Unterlage ist neu. Sie kommt in die Akte, wenn sie angekreuzt ist.
   *[other] { $count } Unterlagen sind neu. Die angekreuzten kommen in die Akte.
}
import-count-on-record = { $count ->
    [one] Eine Unterlage kam hinzu.
   *[other] { $count } Unterlagen kamen hinzu.
}
import-count-known = { $count ->
    [one] Eine ist schon in Ihrer Akte.
   *[other] { $count } sind schon in Ihrer Akte.
}
import-count-left = { $count ->
    [one] Eine Datei wird ausgelassen; der Grund steht dabei.
   *[other] { $count } Dateien werden ausgelassen; der Grund steht bei jeder.
}
import-count-failed = { $count ->
    [one] Eine ist nicht in Ihrer Akte; der Grund steht dabei.
   *[other] { $count } sind nicht in Ihrer Akte; der Grund steht bei jeder.
}
import-write = Angekreuztes in die Akte aufnehmen
import-nothing-ticked = Nichts ist angekreuzt. Kreuzen Sie an, was in die Akte soll, oder lassen Sie es.
import-whose = Um wen es darin geht
import-about = Über
import-born = { $name }, geboren { $born }
import-no-name = Jemand ohne Namen
import-not-named = Nennt niemanden, soweit es hier zu lesen ist
import-compared-own = Die Namen darin werden mit Ihrem Namen hier verglichen: „{ $name }“.
import-compared-most = Hier steht nicht, wie Sie heißen. Darum werden die Unterlagen miteinander verglichen: Die meisten nennen „{ $name }“.
import-compared-none = Hier steht nicht, wie Sie heißen, und die Unterlagen nennen verschiedene Personen. Kreuzen Sie die an, in denen es um Sie geht.
import-compared-card = Sagen, wie Sie heißen
import-doubted = { $count ->
    [one] In einer Unterlage scheint es um jemand anderen zu gehen. Sie ist zunächst nicht angekreuzt: Was in der Akte ist, bleibt im Protokoll. Sehen Sie sie an, und kreuzen Sie sie an, wenn sie Ihre ist.
   *[other] In { $count } Unterlagen scheint es um jemand anderen zu gehen. Sie sind zunächst nicht angekreuzt: Was in der Akte ist, bleibt im Protokoll. Sehen Sie sie an, und kreuzen Sie an, was Ihres ist.
}
import-group = { $count ->
    [one] eine Unterlage, { $ticked } angekreuzt.
   *[other] { $count } Unterlagen, { $ticked } angekreuzt.
}
import-more-groups = { $count ->
    [one] Die Unterlagen nennen noch eine Person; sie steht bei den Dateien unten.
   *[other] Die Unterlagen nennen noch { $count } Personen; sie stehen bei den Dateien unten.
}
import-tick = Diese ankreuzen
import-untick = Diese nicht ankreuzen
import-doubt-name = Ihr Name hier ist „{ $name }“.
import-doubt-born = In den meisten dieser Unterlagen steht: geboren { $born }.
import-doubt-most = Die meisten dieser Unterlagen nennen „{ $name }“.
import-doubt-unclear = Diese Unterlagen nennen mehrere Personen, und nichts sagt, welche davon Sie sind.
import-doubt-several = Darin geht es um mehrere Personen.
import-leave = Nichts davon
import-on-record = in Ihrer Akte
import-known = schon in Ihrer Akte
import-left = ausgelassen: { $why }
import-failed = nicht in Ihrer Akte: { $why }
import-left-empty = Sie ist leer.
import-left-program = Sie ist ein Programm oder ein Teil davon.
import-left-system = Ein Betriebssystem hat sie für sich selbst angelegt.
import-left-style = Sie sagt nur, wie andere Dateien in einem Browser aussehen.
import-left-index = Sie zählt die Aufnahmen einer CD auf, die selbst übernommen werden.
import-left-locked = Sie hat ein Passwort. Packen Sie sie selbst aus, und übernehmen Sie die Dateien.
import-left-packing = Sie ist auf eine Weise gepackt, die hier nicht gelesen wird. Packen Sie sie selbst aus, und übernehmen Sie die Dateien.
import-left-bomb = Ausgepackt wäre sie viel größer, als solche Dateien sind: Vielleicht soll sie Schaden anrichten.
import-left-damaged = Sie ist beschädigt: Ihre Bytes sind nicht die, die ihr Archiv nennt.
import-left-not-chosen = Sie haben sie nicht angekreuzt.
import-left-other-person = Darin scheint es um jemand anderen zu gehen, und Sie haben sie nicht angekreuzt.
import-left-erased = Sie haben sie früher gelöscht. „Dateien hinzufügen“ nimmt sie wieder auf.

share-title = „{ $name }“ teilen
share-extend-title = Zugang von { $who } zu „{ $name }“ verlängern
share-extend-all-title = Zugang von { $who } zu allen Ihren Unterlagen verlängern
share-extend-now = Bisher endet er am { $end }. Wählen Sie das neue Ende.
share-with = Mit wem?
share-other = Jemand anderes
share-how-long = Wie lange?
share-hour = Ungefähr 1 Stunde
share-day = 1 Tag
share-week = 1 Woche
share-month = 30 Tage
share-year = 1 Jahr
share-stopped = Bis ich es beende
share-until = (bis { $end })
share-until-minutes = ({ $count } Minuten, bis { $end })
share-has = hat Zugang, bis Sie ihn beenden
share-has-until = hat Zugang bis { $end }
share-explained = Zu sehen sind die jetzige Fassung und spätere. Jeder Zugriff wird ins Protokoll geschrieben.
share-several-title = Mit einer Person teilen
share-several-button = Mehrere teilen
share-several-what = Was?
share-several-some = Die Unterlagen, die ich unten ankreuze
share-several-all = Alle meine Unterlagen ({ $count })
share-several-all-hint = Auch spätere und alle Fassungen, bis es endet oder Sie es beenden.
share-several-again = Auch die, bei denen ich den Zugang schon einmal beendet habe
share-several-nothing = Kreuzen Sie an, was Sie teilen möchten, oder wählen Sie alle Unterlagen.
ticks-more = { $count } weitere stehen hier nicht. Über die Suche finden Sie sie.
share-called = Ihr Name wird dabei angezeigt: „{ $name }“. Er reist verschlüsselt mit dem, was Sie teilen.
share-not-called = Ihr Name wird nicht mitgeteilt: Sie haben noch keine Karte. Zu sehen wären nur Anfang und Ende Ihres Kontos.
share-button = Teilen
share-nobody = Wählen Sie, mit wem Sie teilen.
share-unclear = Dieser Name passt zu mehreren Personen. Geben Sie auch das Ende des Kontos an.
share-unknown = Niemand unter Ihren eigenen Personen heißt so, und anderswo wird nicht gesucht. Geben Sie das Konto an, oder fügen Sie die Person zuerst unter Personen hinzu.
share-no-term = Wählen Sie, wie lange.
share-new-title = Ist das die richtige Person?
share-new-explained = Für { $who } wurde hier noch nie etwas verschlüsselt. Vergleichen Sie diesen Fingerabdruck des Schlüssels am Telefon oder von Angesicht zu Angesicht.
share-new-button = Der Fingerabdruck stimmt: weiter

shared-for = für { $organisation }
shared-none = Zurzeit teilt niemand etwas mit Ihnen.
shared-explained = Jeder Zugriff wird ins Protokoll der Patientin oder des Patienten geschrieben.
shared-record = Unterlage { $number }
shared-open = Öffnen
shared-opened = Ihr Zugriff steht im Protokoll. Sie können die Unterlage hier bis { $end } ansehen, auch wenn Sie diese Seite neu laden; wenn Sie sie danach wieder öffnen, gibt es einen weiteren Eintrag.
shared-versions-hint = Jede Fassung, die Sie öffnen, ergibt einen Eintrag im Protokoll, den die Patientin oder der Patient sieht.

people-none = Sie kennen hier noch niemanden. Bitten Sie Ihre Praxis um eine Karte.
people-add = Jemanden hinzufügen
people-card = Die Karte oder das Konto dieser Person
people-card-hint = Ein Text, der mit mrms: beginnt, oder ein Konto, das mit S beginnt
people-name = Wie Sie diese Person nennen (leer: wie sie sich selbst nennt)
people-add-button = Hinzufügen
people-wrong-card = Das ist keine Karte, oder sie wurde unterwegs verändert.
people-no-card = In diesem Text ist keine Karte: Nichts darin beginnt mit „mrms:“. Kopieren Sie die ganze Nachricht noch einmal, oder bitten Sie um die Karte.
people-invitation = Das ist eine Einladung und keine Karte. „Mit einer Einladung beitreten“ nimmt sie an.
people-other-ledger = Diese Karte gilt für ein anderes Register als Ihres.
people-old-card = Sie haben eine neuere Karte von dieser Person.
name-empty = In diesem Namen ist nichts zu lesen. Geben Sie einen ein.
name-too-long = Dieser Name ist zu lang. Geben Sie einen kürzeren.
name-hidden = Dieser Name enthält unsichtbare Zeichen. Tippen Sie ihn, statt ihn einzufügen.
people-lookalike = Jemand unter Ihren Personen hat einen Namen, der gleich aussieht. Geben Sie einen anderen.

who-opened = { $who } hat „{ $name }“ geöffnet.
who-refused = { $who } wollte „{ $name }“ öffnen und wurde abgewiesen.
who-without-key = { $who } wollte „{ $name }“ öffnen und bekam keinen Schlüssel.
who-emergency = { $who } hat bei „{ $name }“ einen Notfall gemeldet.
who-emergency-opened = { $who } hat „{ $name }“ in einem Notfall geöffnet.

check-title = Nachweis prüfen
check-explained = Wählen Sie einen Nachweis, den jemand von einer Unterlage gespeichert hat, oder ein exportiertes Protokoll. Es wird auf diesem Rechner geprüft und geht nirgendwohin.
check-events = Was geschehen ist
check-more = Und { $count } weitere, die auch geprüft sind.
check-no-evidence = Diese Datei ist weder ein Nachweis noch ein exportiertes Protokoll: Es gibt nichts zu prüfen. Nachweise speichert man auf der Seite einer Unterlage; ihr Name beginnt mit „evidence“.
check-file = Datei
check-button = Prüfen
check-only = Ich möchte nur einen Nachweis prüfen
check-back = Zurück zum Anfang
check-bundle = Bewiesen: { $count } Ereignisse
check-trail = Protokoll unversehrt: { $count } Ereignisse
check-trails = Protokoll unversehrt: { $count } Ereignisse zu { $records } Unterlagen
check-of-record = Unterlage { $record }: { $count } Ereignisse
check-broken = Dieser Nachweis stimmt nicht
check-broken-why = Die Datei wurde verändert oder ist nicht vollständig. Verlassen Sie sich nicht darauf: Bitten Sie um eine andere Kopie. Das Programm sagt auf Englisch, warum:
check-forked = Das Protokoll, das hier bekannt ist, sagt an derselben Stelle etwas anderes. Jemand hat es geändert oder einen Teil zurückgenommen. Behalten Sie diese Datei, und fragen Sie, wer das Protokoll führt.
check-not-proven = Unversehrt, aber nicht bewiesen: { $count } Ereignisse
check-no-proofs = Das Protokoll, aus dem dies stammt, liefert keine Nachweise. Die Datei wurde nicht verändert; ob all das geschehen ist, lässt sich nur dort nachsehen.
check-no-chain = Nichts zeigt, dass dies noch gilt: Wer das Protokoll führte, kann seither einen Teil zurückgenommen haben. Bitten Sie um neuere Nachweise.
check-own-ledger = Es ist aus dem Protokoll, mit dem dieses Programm arbeitet, und stimmt damit überein.
check-flagged = Vorsicht: Ein Tresor widerspricht sich in dieser Datei, mit seiner eigenen Unterschrift. Behalten Sie die Datei.
check-record = Unterlage { $record }
check-head = Das Protokoll endet in
check-ledger = Vergleichen Sie dies mit dem, was Sie von anderswo kennen: Es benennt das Register, durch den Hash seines ersten Blocks.

settings-account = Ihr Konto
settings-words-explained = Geben Sie Ihre Passphrase ein, um sie zu sehen.
settings-words-button = Die Wörter zeigen

error-title = Das ging nicht
error-other-page = Diese Anfrage kam nicht von einer Seite des Portals. Nichts wurde getan. Gehen Sie zurück und versuchen Sie es noch einmal.
error-other-user = Diese Seiten sind für das Benutzerkonto dieses Rechners, das sie gestartet hat. Dieser Browser läuft offenbar unter einem anderen Benutzerkonto. Öffnen Sie die Seiten in einem Browser desselben Benutzerkontos.
error-no-page = Diese Seite gibt es nicht.
error-form = Dieses Formular ist nicht vollständig. Gehen Sie zurück und füllen Sie es noch einmal aus.
error-refused = Es ging nicht. Der Grund:
error-away = Der Rechner mit dem Register antwortet nicht. Ihre Akte ist dort sicher. Versuchen Sie es später noch einmal.
error-away-meanwhile = Ihre 24 Wörter, Sicherungen und die Sperre gehen trotzdem, unter „Einstellungen“.
opened-over = Was Sie geöffnet haben, können Sie zehn Minuten lang ansehen oder bis Sie sperren. Das ist vorbei. Um es noch einmal zu sehen, öffnen Sie es in der Liste: Das gibt einen weiteren Eintrag im Protokoll, den der Patient sieht.
error-again = Noch einmal versuchen
error-broke-off = Der Vorgang wurde unterbrochen. Versuchen Sie es noch einmal.
error-back = Zum Start
error-form-back = Zurück zu Ihren Eingaben

nav-menu = Menü
pages-label = Seiten dieser Liste
pages-before = Neuere
pages-after = Ältere
pages-of = Seite { $page } von { $pages }

who-you = Sie
who-calls = { $short } (nach eigenen Angaben „{ $name }“)
who-unknown = { $short } (nicht unter Ihren Personen)
who-listed = „{ $name }“ ({ $end }), im Verzeichnis „{ $by }“
who-not-listed = { $short }, nicht mehr im Verzeichnis „{ $by }“
who-no-key = { $short } (ein Konto ohne Schlüssel, zum Beispiel ein Link)
nameless = Der Name ist noch nicht bekannt. Er kommt mit den Schlüsseln der Unterlagen, oder mit der Karte: Bitten Sie darum.
nameless-link = Eine Karte eingeben
person-you-act = Was Sie für diese Person dürfen
who-member = { $who }, für { $organisation },
who-for-you = { $who }, in Ihrem Namen,
who-for-you-sharing = { $who }, in Ihrem Namen und zum Teilen,
who-is-person = eine Person
who-is-practice = eine Praxis
who-is-hospital = ein Krankenhaus
who-is-laboratory = ein Labor
who-is-pharmacy = eine Apotheke
who-is-insurer = eine Versicherung
who-is-auditor = eine Prüfstelle
who-is-other = etwas anderes

home-week = { $count ->
    [0] Diese Woche hat niemand zugegriffen.
    [one] Diese Woche gab es einen Zugriff.
   *[other] Diese Woche gab es { $count } Zugriffe.
}
home-week-who = { $who } hat diese Woche { $count ->
    [one] eine davon geöffnet
   *[other] { $count }-mal etwas davon geöffnet
}.
home-ending-several = { $who } kann { $count } Unterlagen nicht mehr lange sehen, die erste bis { $end }
home-ending-more = { $count } weitere enden bald

left-ended = beendet
left-minutes = { $count ->
    [one] noch 1 Minute
   *[other] noch { $count } Minuten
}
left-hours = { $count ->
    [one] noch 1 Stunde
   *[other] noch { $count } Stunden
}
left-days = noch { $count } Tage

handed-picture = Oder eine Datei, oder ein Bild des QR-Codes
handed-camera = Mit der Kamera lesen
handed-no-camera = Die Kamera geht nicht. Wählen Sie ein Bild.
handed-nothing = Fügen Sie den Text ein, oder wählen Sie eine Datei oder ein Bild.
handed-altered = Dieser Text ist nicht vollständig oder wurde unterwegs verändert. Kopieren Sie ihn noch einmal ganz.
handed-no-code = In diesem Bild ist kein lesbarer QR-Code. Machen Sie noch eines, näher und bei besserem Licht.
handed-several = In diesem Bild sind mehrere Codes. Zeigen Sie einen allein.
handed-other-code = Der QR-Code in diesem Bild ist keiner von MRMS.
handed-too-large = Dieses Bild ist zu groß.

card-name = Name
card-kind = Art
card-organisation = Organisation
card-address = Anschrift
card-account = Konto
card-fingerprint = Fingerabdruck des Schlüssels
fingerprint-theirs = Die andere Seite findet ihren Fingerabdruck im eigenen MRMS: „Personen“, dann „Meine Karte“. Lesen Sie ihn einander vor, Gruppe für Gruppe.
fingerprint-own = Diesen Fingerabdruck lesen Sie vor, wenn jemand vergleichen möchte. Andere sehen ihn auf ihrer Seite, wenn sie Ihre Karte hinzufügen oder etwas mit Ihnen teilen.
card-compare = Das sagt diese Person von sich selbst. Vergleichen Sie den Fingerabdruck des Schlüssels mit ihr, am Telefon oder von Angesicht zu Angesicht.
card-newer = Diese Karte ist neuer als die, die Sie von dieser Person haben.
card-before = Die Karte, die Sie haben
card-same = Diese Karte haben Sie schon.
card-no-key = Diese Person hat noch keinen Schlüssel veröffentlicht; so kann nichts mit ihr geteilt werden.
card-other-key = Vorsicht: Für dieses Konto ist ein anderer Schlüssel veröffentlicht: { $published }. Bitten Sie um die neueste Karte.
card-other-kind = Das ist keine Karte.

people-sees = { $count ->
    [0] sieht nichts
    [one] sieht 1 Unterlage
   *[other] sieht { $count } Unterlagen
}
people-sees-all = Ihre ganze Akte, auch Späteres
people-look-button = Ansehen
people-look-title = Ist das die Person, die Sie meinen?
people-more = Karten und Einladungen
people-request = Das ist eine Bitte und keine Karte. Beantworten Sie sie unter „Eine Bitte beantworten“.
people-own-card = Das sind Sie selbst.
people-contradicts = Diese Karte hat dieselbe Nummer wie die, die Sie haben, und sagt etwas anderes. Fragen Sie nach.
people-refused-name = Dieser Name könnte in Listen etwas anderes bedeuten. Geben Sie einen anderen.
people-alike = Dieser Name sieht aus wie der von jemandem, den Sie kennen:
people-alike-meant = Es sind zwei verschiedene Personen oder Stellen, und beide sollen so heißen.
people-account-explained = Ein Konto hat keinen Namen. Geben Sie dieser Person einen.
people-account-name = Wie Sie diese Person nennen

person-added = Diese Person ist jetzt unter Ihren Personen.
person-shared = { $who } kann sehen, was Sie geteilt haben.
person-share = Unterlagen mit dieser Person teilen
person-shut-out = Aber nicht diese: Bei ihnen haben Sie den Zugang früher beendet. Das gilt, bis Sie sie einzeln wieder teilen.
person-share-these = Auch diese teilen
person-renamed = Diese Person heißt ab jetzt so.
person-sees = Was diese Person sehen kann
person-sees-nothing = Nichts von Ihnen.
person-opened = { $count ->
    [one] einmal geöffnet, am { $day }
   *[other] { $count }-mal geöffnet, zuletzt am { $day }
}
opened-without-key = { $count ->
    [one] (noch einmal angefragt, ohne dass die Tresore einen Schlüssel herausgaben)
   *[other] (noch { $count }-mal angefragt, ohne dass die Tresore einen Schlüssel herausgaben)
}
person-not-opened = nicht geöffnet
person-stop-all = Alles beenden
person-stop-explained = Das beendet alles, was diese Person jetzt sehen kann. Was sie schon gespeichert hat, behält sie vielleicht.
person-elsewhere = Sie haben { $who } auch auf einem anderen Vertrag (Contract) etwas gegeben, und das gilt weiter: { $contracts }. Nichts auf dieser Seite beendet es. Fragen Sie, wer dieses Programm eingerichtet hat.
unasked-why = Das Register antwortet nicht auf die Frage, was { $who } jetzt öffnen kann. Es sagt:
unasked-remembered = Das haben Sie dieser Person gegeben und nicht beendet, soweit dieses Programm es weiß
unasked-record = Unterlage { $number }
unasked-explained = Sie können es trotzdem beenden. Was sie sonst noch öffnen kann, zeigt nur ein Register, das antwortet.
unasked-ended = Was Sie { $who } gegeben haben, ist beendet, soweit dieses Programm es weiß.
unasked-ended-record = { $who } kann diese Unterlage nicht mehr öffnen: Das Register hat das Ende angenommen.
unasked-record-of-another = Nach dem Register gehört diese Unterlage jemand anderem: Diese Person entscheidet, wer sie öffnet.
unasked-record-unknown = Die Unterlage selbst hat das Register nicht gezeigt. Darum ist nicht bekannt, was { $who } vorher geöffnet hat. Sehen Sie später oder über eine andere Verbindung noch einmal nach.
unasked-unknown = Das Register hat nicht geantwortet, was diese Person sonst noch öffnen kann. Sehen Sie später oder über eine andere Verbindung noch einmal nach.
unasked-look-again = Noch einmal nachsehen
unsure-ending = Das haben Sie beendet, aber die Bestätigung fehlt noch. Bis sie kommt, kann { $who } es vielleicht noch öffnen:
unsure-ending-do = Es geht von selbst weiter. Steht es morgen noch hier, drücken Sie noch einmal „Alles beenden“.
unsure-perhaps = Das wollten Sie { $who } geben. Das Register hat es abgelehnt, aber das beweist nichts: Es kann trotzdem noch kommen. Rechnen Sie damit, dass es gegeben ist:
unsure-perhaps-do = Damit es sicher nicht kommt, drücken Sie „Alles beenden“.
unsure-more = dass diese Person Ihr Kontakt oder Ihr Personal wird oder alles von Ihnen übernimmt: Sehen Sie unter „Familie“ nach
unsure-line-ending = Von Ihnen beendet, noch nicht bestätigt
unsure-line-perhaps = Vom Register abgelehnt, kann trotzdem noch kommen
home-unsure-ending = Sie haben beendet, was { $who } sehen kann, aber die Bestätigung fehlt noch.
home-unsure-perhaps = Was Sie { $who } geben wollten, wurde abgelehnt und kann trotzdem noch kommen. Sehen Sie nach.
person-looked = Wann diese Person zugegriffen hat
person-never-looked = Diese Person hat noch nie etwas von Ihnen geöffnet.
person-all-looks = Alle Zugriffe dieser Person
person-card = Die Karte dieser Person
person-no-card = Sie haben keine Karte von dieser Person.
person-key-now = Das ist der Schlüssel, den es dort jetzt gibt. Auf Ihrer Karte steht ein anderer: { $before }
person-rename = Ihr Name für diese Person
name-give = Namen geben
name-change = Namen ändern
name-of = { $action }: { $who }
name-hint = Nur Sie sehen diesen Namen. Schreiben Sie, woran Sie sie erkennen, zum Beispiel „Klinikum Nord, Notaufnahme“.
name-save = Namen speichern
name-card = Wenn Sie die Karte haben, geben Sie sie ein: Der Name kommt mit ihr.
person-forget = Diese Person vergessen
person-forget-explained = Vergessen entfernt Name und Karte. Was diese Person sehen kann, kann sie weiterhin sehen.

join-title = Mit einer Einladung beitreten
join-explained = Mit einer Einladung, zum Beispiel Ihrer Klinik, arbeiten Sie mit deren Register und deren Tresoren. Sie sehen zuerst, was die Einladung verlangt.
invite-title = Jemanden einladen
invite-explained = Wer Ihre Einladung annimmt, arbeitet mit demselben Rechner und denselben Tresoren wie Sie: Dann können Sie miteinander teilen. Von Ihren Unterlagen sieht dadurch niemand etwas.
invite-pays = Die Gebühren werden für alle bezahlt, die beitreten.
invite-pays-nobody = Niemand bezahlt die Gebühren für die, die beitreten. Sie brauchen zuerst Geld auf ihrem Konto: Vorher können sie nichts ablegen und nichts teilen, und niemand kann mit ihnen teilen. Ihre Startseite zeigt ihnen das Konto, das sie Ihnen nennen. Wer dieses Programm eingerichtet hat, kann Geld darauf geben oder hier einen Dienst starten, der Gebühren für andere bezahlt.
invite-how-long = Bis wann kann sie angenommen werden?
invite-button = Einladung erstellen
invite-made = Das ist die Einladung. Sie gilt bis { $end }. Schicken Sie den Text, oder lassen Sie beim Beitritt den Code scannen.
invite-for-one = Sie ist für eine Person, deren Gebühren damit bezahlt werden. Schicken Sie sie so, wie Sie ein Passwort schicken würden.
invite-near = Die Adressen darin führen nur zu diesem Rechner; anderswo kann sie niemand annehmen. Wer das Programm eingerichtet hat, kann andere angeben.
invite-no-node = Dieser Rechner ist noch für niemanden sonst da, also gibt es nichts, wozu man einladen könnte. Wer das Programm eingerichtet hat, kann ihn für andere starten.
invite-no-sponsor = Dieser Rechner bezahlt Gebühren für andere, doch unter welcher Adresse, ist hier nicht bekannt; darum wurde nichts erstellt. Wer das Programm eingerichtet hat, kann sie in den Einstellungen nennen.
invite-no-card = Erstellen Sie zuerst Ihre Karte: Eine Einladung sagt, wer Sie sind.
join-invitation = Die Einladung
join-hint = Ein Text, der mit mrms: beginnt, oder die Adresse der Stelle, die einlädt
join-look = Ansehen
join-question = „{ $name }“ lädt Sie ein
join-trust = Worauf Sie sich verlassen würden
join-found = Gefunden bei { $place }
join-ledger = Das Protokoll, wer was sehen darf, führt
join-vaults = { $count ->
    [one] 1 Tresor bewahrt die Schlüssel zu dem auf, was Sie teilen:
   *[other] { $count } Tresore bewahren die Schlüssel zu dem auf, was Sie teilen; { $needed } davon braucht es zum Öffnen:
}
join-does-not-answer = antwortet jetzt nicht
join-fees-own = Gebühren zahlen Sie selbst.
join-fees-paid = Gebühren zahlt für Sie
join-until = Sie gilt bis { $end }.
join-few-vaults = { $there } der Tresore antworten jetzt, und { $needed } braucht es, um etwas zu teilen.
join-own-records = { $count ->
    [one] 1 Unterlage von Ihnen steht im eigenen Register dieses Rechners und bleibt dort. Nach dem Beitritt bietet die erste Seite an, sie mitzunehmen.
   *[other] { $count } Unterlagen von Ihnen stehen im eigenen Register dieses Rechners und bleiben dort. Nach dem Beitritt bietet die erste Seite an, sie mitzunehmen.
}
join-anyway = Ich weiß das und trete trotzdem bei.
join-say-anyway = Bestätigen Sie, dass Sie gelesen haben, was in Rot steht.
join-button = Beitreten
join-other-kind = Das ist keine Einladung.
join-altered = Das ist keine Einladung, oder sie wurde unterwegs verändert.
join-none = In diesem Text ist keine Einladung: Nichts darin beginnt mit „mrms:“. Kopieren Sie die ganze Nachricht noch einmal, oder bitten Sie um die Einladung.
join-expired = Diese Einladung gilt nicht mehr. Bitten Sie um eine neue.
join-plain = { $place } ist nicht verschlüsselt: Alle unterwegs könnten mitlesen und ändern.
join-away = { $place } antwortet nicht, so kann nichts geprüft werden. Versuchen Sie es später.
join-not-published = { $place } zeigt keine Einladung.
join-differs = { $place } ist etwas anderes, als die Einladung nennt. Nichts wurde geändert. Fragen Sie, wer Sie eingeladen hat.
join-unknown-contract = Die Regeln in jenem Register sind nicht die, die dieses Programm kennt.
join-overridden = Dieses Portal wurde mit eigenem Register, Vertrag oder Tresor gestartet, die einer Einladung vorgingen. Starten Sie es ohne.
welcome-joined = Sie werden mit „{ $name }“ arbeiten.
welcome-invitation = Ich habe eine Einladung, zum Beispiel einer Klinik

share-what = Zu sehen ist genau dies:
share-by-card = Mit einer Karte, eingefügt oder gescannt
share-date = Bis zum Ende dieses Tages:
share-date-day = Tag
share-no-date = Wählen Sie den Tag, bis zu dem es zu sehen ist.
share-date-past = Dieser Tag ist vorbei. Wählen Sie einen späteren.
share-more = Weitere Rechte
share-amend = es öffnen und neue Fassungen hinzufügen
share-history = Auch frühere Fassungen dürfen geöffnet werden
key-changed = { $who } hat einen neuen Schlüssel. Das ist üblich, wenn jemand eine Praxis oder Klinik verlässt oder ein neues Gerät bekommt. Ebenso sähe es aus, wenn jemand das Konto übernommen hätte: Vergleichen Sie deshalb den Fingerabdruck, am Telefon oder von Angesicht zu Angesicht.
key-not-on-card = { $who } hat einen anderen Schlüssel als den auf der Karte, die Sie haben. Das ist üblich, wenn jemand eine Praxis oder Klinik verlässt oder ein neues Gerät bekommt. Ebenso sähe es aus, wenn jemand das Konto übernommen hätte: Vergleichen Sie deshalb den Fingerabdruck, am Telefon oder von Angesicht zu Angesicht.
key-before = Vorher
key-now = Jetzt
key-again = Vergleichen Sie, und sagen Sie dann, dass er stimmt: Was { $who } bei Ihnen öffnen darf, wird dann mit dem neuen Schlüssel noch einmal geteilt.
new-key = { $who } hat einen neuen Schlüssel. Was Sie hinzufügen, kommt dort nicht an, bis Sie ihn verglichen und noch einmal geteilt haben.
new-key-line = Hat einen neuen Schlüssel: Was Sie hinzufügen, kommt dort nicht an.
new-key-compare = Schlüssel vergleichen und noch einmal teilen
new-key-compared = Sie haben den Schlüssel verglichen. Was diese Person sehen kann, öffnet sich mit ihm, auch die neuesten Fassungen.
new-key-title = Den neuen Schlüssel von { $who } vergleichen
new-key-button = Der Fingerabdruck stimmt: mit dem neuen Schlüssel noch einmal teilen

record-amended = Die neue Fassung ist in Ihrer Akte.
record-without = { $who } hat keinen Schlüssel zur neuen Fassung bekommen und kann sie nicht öffnen. Teilen Sie sie noch einmal.
record-renamed = Der neue Name gilt.
rename-title = „{ $name }“ umbenennen
rename-button = Umbenennen
rename-name = Neuer Name
rename-explained = Was gespeichert ist, bleibt unverändert: Eine Fassung mit demselben Dokument und dem neuen Namen kommt hinzu. Wer es sehen kann, liest den neuen Namen.
record-emergency = Jemand hat für diese Unterlage einen Notfall gemeldet. Lesen Sie, warum.
record-emergency-declared = hat einen Notfall gemeldet
record-emergency-read = hat es in einem Notfall geöffnet
record-log = Das ganze Protokoll, mit den Tresoren verglichen
record-more = Mehr
record-amend = Fassung hinzufügen
amend-title = Eine Fassung hinzufügen
amend-explained = Die älteren Fassungen bleiben, und die Unterlage behält ihren Namen. Wer sie sehen kann, sieht auch die neue Fassung, wenn hier nichts anderes steht. Um eine ältere wieder nach vorn zu holen, öffnen und speichern Sie sie und fügen Sie sie hier hinzu.
erase-title-short = Löschen

log-title = Das Protokoll von „{ $name }“
log-agree = Das Protokoll ist vollständig, und die der Tresore stimmen überein.
log-agree-partly = Die Protokolle stimmen überein, soweit sie verglichen werden konnten.
log-differ = Die Protokolle der Tresore weichen vom Register ab.
differ-without-entry = { $vault } hat einen Schlüssel herausgegeben (Zeile { $number } seines Protokolls), zu dem das Protokoll keinen Eintrag hat.
differ-other-entry = { $vault } hat auf den Eintrag { $number } hin einen Schlüssel herausgegeben, der von etwas anderem handelt.
differ-twice = { $vault } hat auf den Eintrag { $number } hin einen zweiten Schlüssel herausgegeben.
differ-interrupted = Zum Öffnen in Eintrag { $number } { $count ->
    [0] hat kein Tresor
    [one] hat nur 1 Tresor
   *[other] haben nur { $count } Tresore
} einen Schlüssel herausgegeben: Es wurde unterbrochen, oder der Schlüssel war schon da.
differ-reason = { $vault } hat im Notfall einen Schlüssel herausgegeben (Zeile { $number } seines Protokolls), mit einem anderen Grund als dem gemeldeten.
differ-no-reason = { $vault } hat einen Schlüssel ohne den Grund des Notfalls herausgegeben, den der Eintrag { $number } meldet.
differ-unreadable = Der Grund des Notfalls, den der Eintrag { $number } meldet, lässt sich mit Ihren Schlüsseln nicht öffnen.
differ-altered = Das Protokoll von { $vault } geht nicht auf: Es wurde verändert.
differ-anchored = Das Protokoll von { $vault } ist nicht das, das im Register hinterlegt wurde.
differ-seen = Das Protokoll von { $vault } wurde gekürzt oder umgeschrieben, seit es hier zuletzt gelesen wurde.
differ-not-asked = { $vault } wurde nicht gefragt. Das Programm sagt dazu auf Englisch:
differ-own-vault = der Tresor dieses Rechners
log-purpose = für { $purpose }
log-purpose-asked = die Tresore werden gerade nach dem Zweck gefragt
log-reason-asked = die Tresore werden gerade nach dem Grund gefragt
log-reason = Angegebener Grund: „{ $reason }“
log-no-reason = Der Grund hat Sie nicht erreicht: Kein Tresor, der gefragt wurde, hat ihn. Fragen Sie danach.
log-why = Grund
log-review = Ich habe es gelesen
log-reviewed = Es ist vermerkt, dass Sie es gelesen haben.
log-evidence = Nachweis zum Aufbewahren
evidence-title = Nachweis darüber, was mit „{ $name }“ geschah
evidence-what = Das ist eine Datei mit den Nachweisen für alles, was mit dieser Unterlage geschah: wer Zugang bekam, wer sie geöffnet hat, wer abgewiesen wurde, und wann.
evidence-for = Bewahren Sie sie auf oder geben Sie sie jemandem, der sie prüfen soll: einer Anwältin, einer Behörde, einer Prüfstelle. Dazu braucht niemand Zugang zu Ihrer Akte und auch nicht dieses Programm; „Prüfen“ tut es ebenfalls.
evidence-has = Darin stehen Konten und Zeiten und nichts vom Inhalt der Unterlage.
evidence-save = Nachweis speichern
log-back = Zurück zur Unterlage
log-entry = Eintrag { $index } von „{ $name }“
log-who = Wer
log-whom = Betrifft
log-action = Was
log-what-for = Wofür
log-when = Wann
log-transaction = Transaktion
log-head = Prüfwert des Protokolls danach
log-unknown = das Register sagt es nicht
log-entry-explained = Der Eintrag wurde mit dem Prüfwert des Protokolls verglichen. Mit dem Nachweis kann es jeder prüfen, ohne diesem Programm zu glauben.
log-whole = Das ganze Protokoll
did-create = { $who } hat es angelegt
did-amend = { $who } hat eine Fassung hinzugefügt
did-grant = { $who } hat { $whom } Zugang gegeben
did-revoke = { $who } hat den Zugang von { $whom } beendet
did-access = { $who } hat es geöffnet
did-emergency = { $who } hat einen Notfall gemeldet
did-emergency-read = { $who } hat es in einem Notfall geöffnet
did-offer = { $who } hat es { $whom } geschickt
did-accept = { $who } hat es angenommen
did-other = { $who }: { $action } { $whom }
did-envelope = { $who } hat einen Schlüssel für { $whom } hinterlegt
did-envelope-you = Sie haben einen Schlüssel für { $whom } hinterlegt
did-try = { $who } wollte { $what }
did-try-you = Sie wollten { $what }
try-create = es anlegen
try-amend = eine Fassung hinzufügen
try-grant = { $whom } Zugang geben
try-revoke = den Zugang von { $whom } beenden
try-access = es öffnen
try-emergency = einen Notfall melden
try-emergency-read = es in einem Notfall öffnen
try-envelope = einen Schlüssel für { $whom } hinterlegen
try-offer = es { $whom } schicken
try-accept = es annehmen
purpose-treat = Behandlung
purpose-etreat = Notfallbehandlung
purpose-coc = Abstimmung der Behandlung
purpose-hpaymt = Abrechnung
purpose-hoperat = den Betrieb der Einrichtung
purpose-hresch = Forschung
purpose-patrqt = einen Wunsch der Patientin oder des Patienten
purpose-famrqt = einen Wunsch der Familie
purpose-other = einen anderen Zweck

who-times = { $count }-mal an diesem Tag
who-nobody = Niemand sonst hat zugegriffen oder es versucht.
who-count-opened = Geöffnet: { $count }
who-count-refused = Abgewiesen: { $count }
who-count-declared = Gemeldete Notfälle: { $count }
who-weeks = Die letzten Wochen
who-week = Woche ab { $day }: geöffnet { $opened }, abgewiesen { $refused }
who-weeks-table = Dasselbe in Worten
who-filter = Zeigen
who-filter-all = Alles
who-filter-opened = Geöffnet
who-filter-refused = Abgewiesen
who-filter-emergency = Notfälle
who-filter-person = Wer
who-filter-everybody = Alle
who-filter-button = Zeigen
who-export = Zum Aufbewahren oder für andere
who-export-explained = Das ganze Protokoll als Datei: für eine Tabelle, zum Prüfen oder für andere Gesundheitsprogramme. Darin stehen Konten und keine Namen.
who-report = Der Bericht über Offenlegungen auf Papier: wer was zu lesen bekam, wann und wofür, in den letzten sechs Jahren, mit Namen. Er ist auf Englisch.

why-no-access = Das wurde Ihnen nie zugänglich gemacht. Bitten Sie darum.
why-expired = Dieser Zugang ist abgelaufen. Bitten Sie darum, es noch einmal zu teilen.
why-revoked = Dieser Zugang wurde beendet. Nur wer ihn gab, kann ihn wieder geben.
why-emergency-only = Sie dürfen das nur in einem Notfall öffnen.
why-no-amend = Sie dürfen das öffnen, aber nichts hinzufügen. Fragen Sie nach.
why-no-emergency = Ihr Zugang öffnet das auch im Notfall nicht.
why-old-version = Diese Fassung ist älter als Ihr Zugang.
why-not-yours = Diese Unterlage gehört jemand anderem.
why-no-member = Sie gehören nicht mehr zu dieser Einrichtung. Wer sie verwaltet, kann Sie wieder aufnehmen.
why-no-record = Diese Unterlage gibt es nicht.
why-self = Das sind Sie selbst.
why-no-offer = Es wird Ihnen nicht mehr angeboten.
why-no-key = Diese Person hat noch keinen Schlüssel veröffentlicht, so kann nichts für sie verschlüsselt werden. Bitten Sie sie, ihr MRMS einmal zu öffnen.
why-key-changed = Der Schlüssel dieser Person ist ein anderer als vorher. Teilen Sie zuerst etwas mit ihr: Dann werden Sie um den Vergleich gebeten.
why-key-not-on-card = Der Schlüssel dieser Person ist nicht der auf ihrer Karte. Bitten Sie um die neueste Karte.
why-key-missing = Der Schlüssel kam nicht mit, so könnten Sie es nicht lesen. Bitten Sie darum, es noch einmal zu schicken.
why-vaults-away = Zu wenige der Tresore, die die Schlüssel aufbewahren, antworten jetzt. Ihre Akte ist sicher. Versuchen Sie es später.
why-no-share = Die Tresore haben geantwortet. Sie haben für Sie keinen Schlüssel zu dieser Fassung. Bitten Sie die Person, der die Akte gehört, sie noch einmal mit Ihnen zu teilen.
why-no-share-new-key = Die Tresore haben geantwortet. Sie haben für Sie keinen Schlüssel zu dieser Fassung, weil Ihr eigener Schlüssel neu ist. Bitten Sie die Person, der die Akte gehört, seinen Fingerabdruck mit Ihnen zu vergleichen und noch einmal zu teilen: Es steht auf ihrer Startseite. Was sie vorher geteilt hat, öffnet sich wie bisher.
why-no-share-new-key-of = Die Tresore haben geantwortet. Sie haben für Ihre Organisation keinen Schlüssel zu dieser Fassung, weil deren Schlüssel neu ist. Bitten Sie die Person, der die Akte gehört, seinen Fingerabdruck mit Ihnen zu vergleichen und noch einmal zu teilen: Es steht auf ihrer Startseite. Was sie vorher geteilt hat, öffnet sich wie bisher.
why-no-share-program = Die Tresore haben geantwortet. Sie haben für Sie noch keinen Schlüssel zu dieser Fassung. Ein Programm der Person, der die Akte gehört, hinterlegt ihn dort: Es muss einmal laufen. Bitten Sie sie, oder wer es auf ihrem Rechner starten kann, diese Seiten mit ihrem Profil zu öffnen.
no-share-fingerprint = Der Fingerabdruck Ihres Schlüssels, den die Patientin oder der Patient mit Ihnen vergleicht:
no-share-fingerprint-of = Der Fingerabdruck des Schlüssels Ihrer Einrichtung, den die Patientin oder der Patient mit Ihnen vergleicht:
no-share-earlier = Eine frühere Fassung lässt sich vielleicht jetzt öffnen. Das ergibt einen weiteren Eintrag im Protokoll, den die Person sieht.
no-share-open-earlier = Fassung { $number } öffnen
why-no-salt = Diese Unterlage wurde löschbar angelegt, und der Teil ihres Schlüssels, den nur ein Tresor hat (das Salz), fehlt. Ihre Wörter allein öffnen sie nicht. Fragen Sie, wer den Tresor betreibt, nach einer Kopie mit den Schlüsseln, oder spielen Sie eine Sicherung ein, die sie hat. Alle anderen Unterlagen lassen sich öffnen.
why-salt-away = Diese Unterlage wurde löschbar angelegt. Die Tresore, die antworten, haben den Teil ihres Schlüssels nicht, den sie aufbewahren sollen (das Salz), und einer, der ihn haben kann, antwortet nicht. Versuchen Sie es, wenn er antwortet.
why-unknown-rights = Das Register nennt Rechte, die Sie nicht auf diesem Rechner gegeben haben. Sagen Sie selbst, was erlaubt ist.
why-no-card = Erstellen Sie zuerst Ihre eigene Karte.
why-own-key = Ihr eigener Schlüssel ist noch nicht veröffentlicht.
why-no-reason = Schreiben Sie den Grund in eine Zeile.
why-busy = Ein anderes Programm benutzt Ihre Akte gerade. Versuchen Sie es gleich noch einmal.
why-damaged = Eine Datei, in der sich Ihr Profil etwas merkt, ist beschädigt. Darum geht das gerade nicht:
why-no-funds = Auf Ihrem Konto ist nicht genug für die Gebühr.
why-pending = Wartet auf Bestätigung. Es ist abgeschickt und noch nicht im Protokoll; es geht von selbst weiter.
why-maybe-sent = Vielleicht ist es abgeschickt, doch auf der Festplatte dieses Rechners ist kein Platz, um es zu vermerken. Schaffen Sie Platz, und versuchen Sie es noch einmal: Zuerst wird nachgesehen, was schon abgeschickt ist.
why-empty = Die Datei ist leer.
why-fee = Die Gebühr ist höher, als Ihre Einstellungen erlauben. Versuchen Sie es später.
why-burn-height = Das Register nennt eine Zeit, die nicht stimmen kann. Nichts wurde geteilt oder geändert. Prüfen Sie das Datum dieses Rechners und fragen Sie dann, wer den Dienst betreibt.
why-sponsor = Wer Ihre Gebühren zahlt, zahlt diese nicht.
why-sponsor-away = Wer Ihre Gebühren zahlt, antwortet jetzt nicht. Versuchen Sie es später.
why-ledger-damaged = Mit dem Protokoll auf diesem Rechner stimmt etwas nicht. Ändern Sie nichts, und fragen Sie, wer diesen Rechner eingerichtet hat. Unter Einstellungen steht, was nicht stimmt.
why-storage = Die Festplatte dieses Rechners ist voll oder nicht beschreibbar.
why-record-exists = Eine Unterlage mit dieser Nummer gibt es schon. Es wurde nichts hinzugefügt: Versuchen Sie es noch einmal.
why-no-version = Diese Unterlage hat keine Fassung mit dieser Nummer.
why-version-taken = Inzwischen hat jemand anders eine Fassung hinzugefügt. Sehen Sie sie an, und fügen Sie dann Ihre hinzu.
why-foreign-id = Diese Nummer ist für Unterlagen von jemand anderem bestimmt. Es wurde nichts hinzugefügt.
why-end-past = Dieses Ende ist schon vorbei. Wählen Sie ein späteres.
why-no-grant = Diese Person hat dazu keinen Zugang mehr: Es gibt nichts mehr zu beenden.
why-invalid-rights = Was diese Person darf, wurde nicht so gewählt, wie es möglich ist. Wählen Sie es noch einmal.
why-no-such-member = Diese Person gehört nicht mehr zur Organisation.
why-invalid-wait = Eine Wartezeit dauert mindestens einen Tag und höchstens ein Jahr.
why-not-whole = Was gesendet wurde, war nicht vollständig, und es wurde nichts geändert. Versuchen Sie es noch einmal. Geschieht es wieder, fragen Sie, wer diesen Rechner eingerichtet hat.
why-cannot-read = Diese Person darf diese Fassung jetzt nicht öffnen; darum wurde kein Schlüssel für sie hinterlegt.
why-vault-log = Das Protokoll eines Tresors widerspricht dem, was er früher gesagt hat. Fragen Sie, wer den Tresor betreibt.

shared-soon = Endet bald
shared-new = Neu
shared-others = Schon geöffnet
shared-ended = Beendet
shared-ended-why = Dieser Zugang ist zu Ende: Er ist abgelaufen oder wurde beendet.
shared-cut-short = Mit Ihnen wurde mehr geteilt, als hier angesehen wird.
shared-all = Alles zeigen
purpose-title = Wofür
purpose-choose = Wählen Sie
purpose-button = Für diesen Besuch verwenden
purpose-first = Wählen Sie zuerst, wofür Sie Unterlagen öffnen. Es steht im Protokoll der Patientin oder des Patienten.
report-add = Bericht hinzufügen
report-explained = Ihr Bericht wird die nächste Fassung dieser Unterlage. Die Patientin oder der Patient sieht ihn, mit Ihrem Namen.
report-added = Ihr Bericht ist in der Akte.
whose-title = Wessen Unterlage ist das?
whose-explained = Jemand, den Sie kennen, hat diese Unterlage angelegt, und nach dem Register gehört sie jetzt { $who }. Was Sie hinzufügen, wird für { $who } verschlüsselt. Sagen Sie nur ja, wenn Sie wissen, dass es stimmt.
whose-account = Konto:
whose-theirs = Sie gehört { $who }
whose-not = Ich weiß es nicht: zurück zu dem, was mit mir geteilt ist
emergency-short = Notfall
emergency-title = Einen Notfall melden
emergency-of = { $name } von { $who }
emergency-at-once = Die Unterlage öffnet sich sofort, ohne dass die Patientin oder der Patient gefragt wird.
emergency-read = Die Patientin oder der Patient erfährt davon und liest Ihren Grund in Ihren Worten.
emergency-log = Es steht für immer im Protokoll, unter Ihrem Namen. Niemand kann es entfernen.
emergency-day = Der Notfall endet von selbst nach etwa einem Tag.
emergency-reason = Warum?
emergency-meant = Das ist ein Notfall.
emergency-button = Notfall melden und öffnen

request-title = Um Unterlagen bitten
request-again = Noch einmal bitten
request-explained = Sie bekommen einen Text für die Patientin oder den Patienten. Er gibt noch keinen Zugang: Wer ihn bekommt, liest ihn, wählt die Unterlagen und teilt sie oder nicht. Von einer Ablehnung erfahren Sie nichts.
request-what = Was möchten Sie sehen? Schreiben Sie es in verständlichen Worten
request-length = Wie lange
request-button = Bitte erstellen
request-made = Ihre Bitte
request-give = Geben Sie diesen Text oder dieses Bild weiter. Die Bitte kann bis { $end } beantwortet werden.
answer-title = Eine Bitte beantworten
answer-explained = Jemand bittet, etwas von Ihnen zu sehen. Sie sehen zuerst, wer und was.
answer-request = Die Bitte
answer-hint = Ein Text, der mit mrms: beginnt
answer-question = { $who } bittet zu sehen
answer-terms = Für { $length }. Zweck: { $purpose }.
answer-days = { $count } Tage
answer-which = Welche Unterlagen sollen zu sehen sein?
answer-refuse = Wenn Sie das nicht möchten, verlassen Sie die Seite. Wer gebeten hat, erfährt es nicht.
answer-no-record = Wählen Sie mindestens eine Unterlage.
answer-longer = Gebeten wurde um eine kürzere Zeit.
answer-other-kind = Das ist keine Bitte.
answer-altered = Das ist keine Bitte, oder sie wurde unterwegs verändert.
answer-none = In diesem Text ist keine Bitte um Zugang: Nichts darin beginnt mit „mrms:“. Kopieren Sie die ganze Nachricht noch einmal, oder lassen Sie sie sich noch einmal schicken.
answer-other-ledger = Diese Bitte gilt einem anderen Register als Ihrem.
answer-expired = Diese Bitte kann nicht mehr beantwortet werden. Bitten Sie um eine neue.
answer-own = Das ist Ihre eigene Bitte. Geben Sie sie der Person, deren Unterlagen Sie sehen möchten.
answer-other-key = Der Schlüssel auf der Karte in dieser Bitte ist nicht der veröffentlichte. Bitten Sie auf einem anderen Weg um eine neue.

own-card-title = Meine Karte
own-card-explained = Was Sie über sich selbst sagen, unterschrieben, damit andere Sie unter ihre Personen aufnehmen. Die anderen vergleichen mit Ihnen den Fingerabdruck Ihres Schlüssels.
own-card-text = Dasselbe als Text
own-card-picture = Bild speichern
own-card-make = Karte erstellen
own-card-change = Ändern
own-card-button = Karte erstellen
own-card-done = Das ist jetzt Ihre Karte.

inbox-title = An Sie geschickt
inbox-none = Nichts wartet auf Ihre Antwort.
inbox-explained = Was Sie annehmen, wird Ihre Unterlage: Sie entscheiden, wer sie noch öffnen darf. Wer sie schrieb, bleibt vermerkt.
inbox-from = von { $who }
inbox-no-key = Der Schlüssel kam nicht mit. Bitten Sie darum, es noch einmal zu schicken.
inbox-accept = Annehmen
inbox-read = Erst lesen
inbox-refuse = Ablehnen
inbox-refused = Abgelehnt ({ $count })
inbox-refused-done = Es ist weggelegt. Wer es geschickt hat, erfährt das nicht.
inbox-withdrawn = { $who } hat „{ $name }“ zurückgenommen.
inbox-cut-short = Es wurde mehr geschickt oder geteilt, als angesehen wurde.
send-title = Ein Dokument schicken
send-to = Ein Dokument an { $who } schicken
send-explained = Ab dann kann diese Person es lesen, und niemand sonst außer Ihnen. Nimmt sie es an, gehört es ihr, und Sie können es nicht mehr öffnen.
send-nobody = Sie kennen noch niemanden, dem Sie schicken könnten.
send-label = Wie es heißt
send-button = Schicken
send-done = Es ist geschickt. Nimmt die andere Seite es an, gehört es ihr.
erase-title = „{ $name }“ löschen?
erase-explained = Das lässt sich nicht rückgängig machen. Jeder Zugang endet, und die Tresore löschen, was sie davon haben. Was dann noch da ist, Fassung für Fassung:
erase-stays-chain = der verschlüsselte Text bleibt im Register; wer den Schlüssel oder Ihre Wörter hat, kann ihn lesen
erase-stays-wraps = nichts, was jemand öffnen kann: Der Inhalt ist weg. Im Register bleiben verschlossene Schlüssel, die zu nichts mehr passen
erase-stays-nothing = nichts, was jemand öffnen kann
erase-stays-vaults = Tresore, die nicht antworten, haben es vielleicht noch
erase-stays-unknown = es wurde von anderer Software geschrieben und bleibt
erase-copy-beside = Das eigene Register dieses Rechners hat noch die Unterlage, von der diese hierher geholt wurde. Dieser Befehl, in einem Terminal, löscht sie dort:
erase-log-stays = Die Einträge im Protokoll bleiben: wer Zugang hatte und wer zugegriffen hat. Wer eine Kopie gespeichert hat, behält sie vielleicht.
erase-word = löschen
erase-type = Tippen Sie das Wort „{ $word }“, wenn Sie es so meinen
erase-wrong-word = Das ist nicht das Wort. Nichts wurde gelöscht.
erase-button = Endgültig löschen
erase-done-title = Gelöscht
erase-done = Jeder Tresor hat gelöscht, was er hatte.
erase-unfinished = { $count } von { $all } Tresoren haben nicht gelöscht. Bis dahin behalten sie, was sie haben. Versuchen Sie es wieder, wenn sie antworten.
erase-unfinished-before = Sie wurde gelöscht, aber nicht jeder Tresor war erreichbar: Einer bewahrt sie vielleicht noch auf. Löschen Sie sie noch einmal.
erase-again = Noch einmal löschen lassen

share-allow = Erlaubt ist
share-read = es öffnen
share-emergency = es nur in einem Notfall öffnen, mit einem Grund, den Sie lesen

home-joined = Die Einladung ist angenommen: Damit arbeiten Sie ab jetzt.
home-empty-here = Sie haben hier noch keine Unterlagen.
home-left-there = { $count ->
    [one] Eine Unterlage von Ihnen liegt nur auf diesem Rechner, aus der Zeit vor dem Beitritt. Holen Sie sie hierher.
   *[other] { $count } Unterlagen von Ihnen liegen nur auf diesem Rechner, aus der Zeit vor dem Beitritt. Holen Sie sie hierher.
}
left-there-title = Unterlagen aus der Zeit vor dem Beitritt
left-there-none = Es ist alles hier.
left-there-explained = { $count ->
    [one] Diese Unterlage steht im eigenen Register dieses Rechners. Sie ist noch da, aber wer jetzt mit Ihnen arbeitet, sieht sie nicht:
   *[other] Diese { $count } Unterlagen stehen im eigenen Register dieses Rechners. Sie sind noch da, aber wer jetzt mit Ihnen arbeitet, sieht sie nicht:
}
left-there-what = Beim Herholen wird jede mit allen Fassungen noch einmal verschlüsselt aufgenommen. Niemand sieht sie, bis Sie sie teilen. Was dort geteilt war und wer dort zugegriffen hat, bleibt dort stehen. Fassungen, die jemand anders hinzugefügt hat, stehen hier als von Ihnen hinzugefügt.
left-there-button = Hierher holen
left-there-brought = Sie sind jetzt hier.
home-offers = { $count ->
    [one] Etwas wurde an Sie geschickt und wartet auf Ihre Antwort.
   *[other] { $count } Sendungen warten auf Ihre Antwort.
}
home-no-backup = Sie haben noch nie eine Sicherung erstellt. Geht dieser Rechner kaputt, ist Ihre Akte verloren.
home-no-backup-elsewhere = Sie haben noch nie eine Sicherung erstellt. Ohne Sicherung gehen mit diesem Rechner Ihre Einstellungen und die Namen verloren, die Sie anderen gegeben haben. Ihre Unterlagen liegen dort, wo Sie mitarbeiten, und Ihre 24 Wörter bringen sie zurück.
home-old-backup = Ihre letzte Sicherung ist über einen Monat alt.
settings-state = Zustand der Dienste
settings-doctor = Das wurde gerade geprüft. Öffnen Sie die Seite noch einmal, um es wieder zu prüfen.
settings-trustees = Ihre Wörter können auch auf Menschen verteilt werden, denen Sie vertrauen: Einige von ihnen zusammen bringen Ihr Konto zurück.
settings-lock = Sperre
settings-lock-button = Übernehmen
settings-lock-done = Dieser Besuch wird nach dieser Zeit gesperrt.
settings-browsers = Browser, die ohne Code hereinkommen
settings-browsers-explained = Ein Browser, in dem Sie einmal Ihre Passphrase eingegeben haben, braucht beim nächsten Mal keinen Code, auch nicht, wenn der Rechner aus war. Nach Ihrer Passphrase fragt er weiterhin. Wer 90 Tage nicht hier war, braucht einen neuen Code.
settings-browsers-count = { $count ->
    [0] Zurzeit ist es keiner.
    [one] Zurzeit ist es einer.
   *[other] Zurzeit sind es { $count }.
}
settings-browsers-button = Alle Browser wieder nach einem Code fragen
settings-browsers-done = Jeder Browser braucht beim nächsten Mal einen neuen Code. Alle anderen sind schon abgemeldet.
passphrase-title = Passphrase ändern
passphrase-explained = Die Passphrase öffnet Ihre Akte auf diesem Rechner. Ihre 24 Wörter und alles, was Sie teilen, bleiben, wie sie sind, wenn Sie sie ändern.
passphrase-old = Die jetzige Passphrase
passphrase-old-wrong = Die jetzige Passphrase stimmt nicht. Es wurde nichts geändert.
passphrase-changed = Die Passphrase ist geändert. Ab jetzt öffnet die neue Ihre Akte hier.
passphrase-windows = { $count ->
    [0] In diesem Browser bleibt Ihre Akte offen. In keinem anderen war sie offen.
    [one] In diesem Browser bleibt Ihre Akte offen. Ein anderer, in dem sie offen war, ist gesperrt.
   *[other] In diesem Browser bleibt Ihre Akte offen. { $count } andere, in denen sie offen war, sind gesperrt.
}
passphrase-agent-ended = Auch für Befehle im Terminal war sie entsperrt. Sie fragen jetzt wieder nach der Passphrase.
passphrase-agent-goes-on = Für Befehle im Terminal ist sie noch entsperrt: Das ließ sich nicht beenden. Es endet von selbst binnen eines Tages.
passphrase-others = Andere Programme, die Ihre Akte schon geöffnet haben, behalten sie offen, bis sie beendet werden: zum Beispiel eines, das Ihnen meldet, was geschieht.
passphrase-backups = Eine Sicherung von vorher bringt die alte Passphrase zurück. Erstellen Sie unter „Einstellungen“ eine neue.
passphrase-forgotten = Haben Sie sie vergessen? Sperren Sie diese Seiten: Unter der Passphrase steht, wie Sie Ihr Konto zurückbringen.
settings-told = Benachrichtigt werden
settings-told-explained = Die Startseite sagt Ihnen, wenn jemand abgewiesen wurde, wenn ein Notfall gemeldet wurde und wenn ein Zugang endet. Sie können es auch erfahren, wenn keine Seite offen ist, auf diesem Bildschirm oder Ihrem Telefon: Wer diesen Rechner eingerichtet hat, kann das einschalten.
settings-parts = Teile dieser Seite
told-none = Es ist keine Benachrichtigung eingeschaltet.
told-on = Diese Benachrichtigungen sind eingeschaltet. Sie kommen, solange das Programm läuft, das darauf achtet:
told-desktop = auf dem Bildschirm dieses Rechners
told-ntfy = auf Ihrem Telefon, über ntfy
told-webhook = mit einer Nachricht an eine Adresse im Netz
told-names = Nachrichten nennen Menschen beim Namen. Sie sagen nie, wie ein Dokument heißt.
told-no-names = Nachrichten nennen niemanden und sagen nie, wie ein Dokument heißt.
state-ledger = Das Protokoll
state-vault = Der Tresor
state-clock = Die Uhr dieses Rechners
state-fine = in Ordnung
state-away = antwortet jetzt nicht
state-other-vault = ist nicht, wie er war. Fragen Sie, wer ihn betreibt.
state-withheld = zeigt nicht alles, was Sie getan haben. Fragen Sie, wer es führt.
state-broken = ist nicht mehr das, das Sie vorher gesehen haben. Vergleichen Sie Nachweise und fragen Sie, wer es führt.
state-clock-behind = geht nach. Stellen Sie sie: Zugänge enden nach ihr.
state-account = Ihr Konto
state-no-money = hat kein Geld für Gebühren. Auf der Startseite steht, an wen Sie sich wenden.
state-own-key = Ihr Schlüssel
state-no-key = ist nicht veröffentlicht, deshalb kann niemand mit Ihnen teilen. Auf der Startseite steht, was zu tun ist.
backup-title = Sicherungen
backup-explained = Eine Sicherung ist eine verschlüsselte Datei mit Ihren Unterlagen und Einstellungen. Ihre 24 Wörter öffnen sie. Bewahren Sie sie auf einem anderen Datenträger auf. Sie enthält keine Tresorschlüssel: Nach dem Zurückholen teilen Sie erneut, was Sie geteilt hatten, und löschbar angelegte Unterlagen kommen nicht zurück.
backup-explained-elsewhere = Eine Sicherung ist eine verschlüsselte Datei mit Ihrem Profil, Ihren Einstellungen und den Namen, die Sie anderen gegeben haben. Ihre 24 Wörter öffnen sie. Bewahren Sie sie auf einem anderen Datenträger auf. Ihre Unterlagen sind nicht darin: Sie liegen dort, wo Sie mitarbeiten. Eine Kopie davon macht „Alles mitnehmen“.
backup-made = Zuletzt erstellt: { $time }
backup-checked = Zuletzt geprüft: { $time }
backup-never = nie
backup-button = Sicherung erstellen
backup-waits = Bei großen Unterlagen dauert es einige Minuten, bis der Download beginnt. Als erstellt gilt sie, wenn alles hinausgegangen ist. Prüfen Sie sie dann unten.
backup-file = Eine Sicherung zum Prüfen
backup-check = Prüfen
backup-check-done = Die Sicherung ist vollständig: Sie wurde bis zum letzten Byte gelesen.
backup-broken = Das ist keine Sicherung, die Ihre Wörter öffnen, oder sie ist beschädigt.

record-author-you = von Ihnen
who-to-you = Ihnen
who-weeks-hint = Die neueste Woche steht rechts. Ein voller Punkt steht für einen Zugriff, ein leerer für eine Abweisung. Wählen Sie eine Woche, um nur sie zu sehen.
did-create-you = Sie haben es angelegt
did-amend-you = Sie haben eine Fassung hinzugefügt
did-grant-you = Sie haben { $whom } Zugang gegeben
did-revoke-you = Sie haben den Zugang von { $whom } beendet
did-access-you = Sie haben es geöffnet
did-emergency-you = Sie haben einen Notfall gemeldet
did-emergency-read-you = Sie haben es in einem Notfall geöffnet
did-offer-you = Sie haben es { $whom } geschickt
did-accept-you = Sie haben es angenommen
did-other-you = Sie: { $action } { $whom }

own-card-kind = Was Sie sind
own-card-fingerprint = Fingerabdruck Ihres Schlüssels

home-reading = Ihre Akte wird gelesen …
home-reading-explained = Es sind viele Unterlagen, darum dauert es beim ersten Mal einen Augenblick. Diese Seite geht von selbst weiter.

export-title = Alles mitnehmen
export-explained = Alle Fassungen jeder Unterlage als gewöhnliche Dateien, in einem Archiv (tar), mit einem Verzeichnis. Es ist nicht verschlüsselt: Bewahren Sie es auf, wo niemand sonst es liest.
export-button = Alles mitnehmen

join-used = Diese Einladung wurde schon von jemand anderem benutzt oder zurückgenommen. Bitten Sie um eine neue.
join-own-name = Ihr Name, für alle, mit denen Sie teilen
join-own-name-hint = Er reist verschlüsselt mit dem, was Sie teilen; sonst erfährt ihn niemand. Ohne ihn sind nur Anfang und Ende Ihres Kontos zu sehen.

person-key-on-chain = der Schlüssel steht im Register: Zugriffe sind nicht bekannt
person-key-perhaps = was als Schlüssel für diese Person im Register steht, öffnet es vielleicht: Zugriffe sind nicht bekannt

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
viewer-alone = Diese Seite für sich öffnen, so groß wie das Fenster
viewer-being-prepared = wird vorbereitet
viewer-came-back = wieder aufgetreten
viewer-cancelled = abgesagt
viewer-corrected = berichtigt
viewer-declined = abgelehnt
viewer-draft = Entwurf
viewer-fit = Passend
viewer-given = verabreicht
viewer-handed-out = abgegeben
viewer-in-progress = läuft
viewer-in-remission = in Remission
viewer-larger = Größer
viewer-largest = Am größten
viewer-also = Außerdem darin
viewer-as-stored = Wie vom Gerät eingestellt
viewer-automatic = Automatisch
viewer-attachment = In dieser Datei ist ein weiteres Dokument. Laden Sie die Datei herunter, um es zu lesen.
viewer-author = Verfasst von
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
viewer-kind = Art
viewer-lead = Ableitung
viewer-link = Dieses Dokument liegt nicht in der Datei: Sie hat nur seine Adresse, die nicht geöffnet wurde:
viewer-left-out-image = Ein Bild des Originals wird hier nicht gezeigt.
viewer-lot = Charge
viewer-medicines = Medikamente
viewer-message = Nachricht
viewer-mistaken = irrtümlich eingetragen
viewer-name = Name
viewer-next = Weiter
viewer-nobody-named = Es steht nicht da, um wen es geht
viewer-no-images = Dieses Objekt hat kein Bild. Es sagt:
viewer-normal = Normal
viewer-not-done = nicht durchgeführt
viewer-not-given = nicht verabreicht
viewer-not-obtained = konnte nicht bestimmt werden
viewer-not-so = Trifft nicht zu: widerlegt oder irrtümlich eingetragen
viewer-not-taken = nicht genommen
viewer-not-verified = Die Unterschrift dieser Karte wurde nicht geprüft. Fragen Sie den Aussteller, wenn es darauf ankommt.
viewer-number = Nummer
viewer-on-hold = ausgesetzt
viewer-outside = außerhalb des Normalen
viewer-plot-span = Niedrigster Wert: { $least }. Höchster Wert: { $most }. Von { $first } bis { $last }.
viewer-page = Seite { $number } von { $count }
viewer-pages = Seiten dieses Dokuments
viewer-past-problems = Frühere Gesundheitsprobleme
viewer-patient = Patientin oder Patient
viewer-picture = Bild { $number } von { $count }
viewer-planned = geplant
viewer-pending = steht noch aus
viewer-plans = Pläne
viewer-plot = { $name }: Kurve aus { $count } Werten, die in der Tabelle darunter stehen
viewer-possible = eine Möglichkeit
viewer-preliminary = vorläufig
viewer-prescribed = verordnet
viewer-previous = Zurück
viewer-problems = Gesundheitsprobleme
viewer-procedures = Eingriffe
viewer-proposed = vorgeschlagen
viewer-range = Von – bis
viewer-reaction = Reaktion
viewer-reason = Grund
viewer-refuted = widerlegt
viewer-remark = Bemerkung
viewer-reports = Berichte
viewer-resolved = behoben
viewer-results = Ergebnisse
viewer-row = Zeile
viewer-segment = Teil
viewer-severity = Schweregrad
viewer-several-people = Achtung: Dieses Dokument betrifft mehr als eine Person. Anzahl der Personen:
viewer-sex = Geschlecht
viewer-show = Zeigen
viewer-since = Seit
viewer-size = Bytes
viewer-social-history = Lebensumstände
viewer-status = Status
viewer-stopped = beendet
viewer-study = Aufnahme
viewer-superseded = durch Neueres ersetzt
viewer-text-of-page = Text dieser Seite
viewer-unconfirmed = nicht bestätigt
viewer-unknown = unbekannt
viewer-until = Bis
viewer-vaccinations = Impfungen
viewer-value = Wert
viewer-visits = Besuche und Aufenthalte
viewer-vital-signs = Vitalwerte
viewer-what = Was
viewer-window = Helligkeit
home-handed-over = Ihre Akte wurde an { $who } übergeben ({ $day }). Sie können nichts mehr daran ändern.
home-waits-for = Sie haben darum gebeten, für { $who } zu handeln. Wenn niemand ablehnt, können Sie ab { $end } beginnen.
home-keyless = Sie dürfen die Unterlagen von { $who } öffnen, aber die Schlüssel dazu sind noch nicht da. Ein Programm von dort hinterlegt sie und muss einmal laufen. Bitten Sie darum, auch wer es dort am Computer starten kann, diese Seiten mit jenem Profil zu öffnen.
home-asked = { $who }, Ihre Vertrauensperson, möchte für Sie handeln. Wenn Sie nicht ablehnen, geht das ab { $end }.
home-asked-ready = { $who }, Ihre Vertrauensperson, möchte für Sie handeln und kann jetzt anfangen. Sie können noch ablehnen.
home-acts-since = { $who } handelt für Sie seit { $day }.
home-acts = { $who } handelt für Sie.
home-refuse = Ablehnen
home-contact-refused = Diese Person kann nicht für Sie handeln und erst wieder fragen, wenn Sie sie neu benennen.
notes-title = Was Sie beendet haben, ging anderen Ihrer Aktionen vor
notes-read = Das habe ich gelesen
news-title = Neues für Sie
news-added = { $who } hat „{ $name }“ ergänzt.
news-put-on = { $who } hat „{ $name }“ für Sie aufgenommen.
news-added-more = { $who } hat zu { $count ->
    [one] einer weiteren Unterlage
   *[other] { $count } weiteren Unterlagen
} etwas hinzugefügt.
news-shared = { $count ->
    [one] { $who } hat 1 Unterlage mit Ihnen geteilt.
   *[other] { $who } hat { $count } Unterlagen mit Ihnen geteilt.
}
news-shared-all = { $who } hat die ganze Akte mit Ihnen geteilt.
news-delegate = Sie dürfen für { $who } handeln.
news-delegate-over = Sie handeln nicht mehr für { $who }.
news-contact = { $who } hat Sie als Vertrauensperson benannt, für den Tag, an dem das eigene Handeln nicht möglich ist. Jetzt müssen Sie nichts tun.
news-contact-over = Sie sind keine Vertrauensperson von { $who } mehr.
news-offered = { $who } bietet Ihnen alles an. Bitten Sie um den Text, und übernehmen Sie damit.
tell-title = Der anderen Seite Bescheid geben
tell-explained = Das eigene Programm der anderen Seite zeigt es beim nächsten Öffnen. Sie können gleich Bescheid geben: Kopieren Sie diesen Text in eine Nachricht. Er enthält kein Geheimnis und nichts vom Inhalt der Unterlagen.
tell-text = Text für eine Nachricht
tell-card = Ihr Name steht dort, sobald Ihre Karte angekommen ist: Schicken Sie sie mit dem Text.
tell-card-link = Ihre Karte
tell-hello = Hallo, hier ist { $me }.
tell-hello-unnamed = Hallo!
tell-delegate = Ich habe Sie in MRMS benannt, damit Sie für mich handeln können. Öffnen Sie Ihr eigenes MRMS, unter Ihrem eigenen Namen: Unter Familie steht es, mit einem Knopf zum Anfangen. Sie brauchen keines meiner Wörter und keine Passphrase von mir.
tell-contact = Ich habe Sie in MRMS als Vertrauensperson benannt, für den Tag, an dem ich nicht selbst handeln kann. Jetzt müssen Sie nichts tun. Kommt dieser Tag, öffnen Sie Ihr eigenes MRMS und bitten Sie unter Familie darum, für mich zu handeln; nach einer Wartezeit können Sie anfangen.
tell-delegate-over = Ich habe in MRMS beendet, dass Sie für mich handeln. Ihr eigenes MRMS zeigt es unter Familie. Sie müssen nichts tun.
tell-contact-over = Sie sind in MRMS nicht mehr meine Vertrauensperson. Sie müssen nichts tun.
tell-shared = Ich habe in MRMS etwas mit Ihnen geteilt. Öffnen Sie Ihr eigenes MRMS: Es steht dort unter „Mit mir geteilt“. Geben Sie dort zuerst an, wofür Sie es öffnen; ich kann das lesen.
tell-shared-for = Ich habe in MRMS etwas von { $who } mit Ihnen geteilt. Öffnen Sie Ihr eigenes MRMS: Es steht dort unter „Mit mir geteilt“. Geben Sie dort zuerst an, wofür Sie es öffnen; das steht im Protokoll.
tell-stopped = Ich habe in MRMS Ihren Zugang zu etwas von mir beendet. Sie müssen nichts tun. Unter „Mit mir geteilt“ können Sie noch einmal darum bitten.
tell-offered = Ich biete Ihnen in MRMS alles an, was in meinem Konto ist. Dazu bekommen Sie einen Text von mir. Öffnen Sie Ihr neues Profil, dann Familie, dann „Übernehmen“, und fügen Sie den Text dort ein.
account-whole = Das ganze Konto
note-displaced = Wird zurückgenommen: { $what }. Sobald es sicher ist, steht es hier.
note-taken-back = Wurde zurückgenommen: { $what }. Tun Sie es noch einmal, wenn Sie es noch wollen.
note-in-part = Wurde zum Teil zurückgenommen: { $what }. Sehen Sie nach, was da ist, bevor Sie es noch einmal tun.
note-faster = Wurde trotzdem getan: { $what }. Es bleibt nichts zu tun.
note-nonce-unsure = Das Register sagt nicht, welche Nummer Ihr nächster Vorgang hat. Was Sie beendet haben, wurde mit der Nummer gesendet, die dieses Programm kennt. Sehen Sie später nach, ob es beendet ist.
note-fee-unsure = Das Register nennt keine Gebühr, die Ihre Einstellungen erlauben. Was Sie beendet haben, wurde mit der Gebühr gesendet, die dieses Programm gewählt hat. Wartet es zu lange, kann mehr bieten, wer dieses Programm eingerichtet hat.
note-perhaps-given = Das Register hat dies abgelehnt, aber das beweist nichts, und es kann trotzdem geschehen: { $what }. Rechnen Sie damit, dass es getan ist. Damit es sicher nicht kommt, öffnen Sie unter „Personen“ die Seite der Person und drücken „Alles beenden“.
note-nodes-disagree = Die Server des Registers sagen Verschiedenes über das, was Sie beendet haben. Allen wurde gesagt, dass es endet. Sehen Sie später nach, ob es beendet ist.
note-unremembered = Was Sie gegeben haben, ist hier nicht bekannt: Die Datei, die es festhält, ist beschädigt. Was das Register zeigt, ist beendet. Bitten Sie, wer diesen Rechner eingerichtet hat, die Datei zurückzuholen.
damaged-title = Eine Datei Ihres Profils ist beschädigt
damaged-banner = Etwas, was sich Ihr Profil merkt, ist gerade nicht lesbar, zum Beispiel Namen. Ihre Unterlagen sind nicht betroffen, und alles, was Sie teilen, können Sie beenden.
damaged-more = Was Sie tun können
damaged-explained = Hier lag, was sich Ihr Profil merkt: Namen, die Sie anderen gegeben haben, und deren Karten, Ihr eigener Name oder was andere zu Ihrer Akte hinzugefügt haben. Was jetzt dort liegt, hat Ihr Profil nicht so geschrieben:
damaged-stays = Bis das behoben ist, stehen Personen, deren Namen dort lagen, hier mit den Enden ihrer Konten. An der Datei wurde nichts geändert. Alles, was Sie teilen, können Sie beenden; was die Datei braucht, muss warten, zum Beispiel Namen geben.
damaged-backup-title = Zurückholen
damaged-backup = Eine Sicherung enthält sie. Bitten Sie, wer diesen Rechner eingerichtet hat, die Datei von dort zurückzuholen.
damaged-aside-title = Oder neu anfangen
damaged-aside-explained = Dann geht es ohne das weiter, was darin stand: Personen und Namen können Sie neu eingeben, das Übrige wird neu nachgesehen. Die beschädigte Datei bleibt unter einem anderen Namen liegen; gelöscht wird sie nicht.
damaged-aside-button = Die beschädigte Datei beiseitelegen
damaged-aside = Die beschädigte Datei liegt jetzt beiseite. Sie können wieder Personen eingeben und Namen geben.
damaged-none = Alles, was Ihr Profil aufbewahrt, ist wieder lesbar.
act-add = Hinzufügen zur Akte
act-share = „{ $name }“ teilen mit { $who }
act-share-all = die ganze Akte teilen mit { $who }
act-delegate = { $who } handeln lassen
act-contact = { $who } als Vertrauensperson benennen
act-send = ein Dokument schicken an { $who }
act-open = „{ $name }“ öffnen
act-other = eine Aktion, die gewartet hat
why-handed-over = Sie haben alles an ein anderes Konto übergeben. Nur dieses kann das jetzt tun.
why-staff-stands = Zu Ihrem Personal gehört noch jemand. Nach der Übergabe kann das niemand mehr beenden: Beenden Sie zuerst diese Zugehörigkeiten.
recover-link = Ich hatte schon eine Akte und habe meine 24 Wörter oder die Hilfe von Menschen, die ich bestimmt habe
recover-forgotten = Ich habe die Passphrase vergessen, aber meine 24 Wörter oder die Hilfe von Menschen, die ich bestimmt habe
recover-title = Ihr Konto zurückholen
recover-explained = Geben Sie Ihre 24 Wörter ein. Oder bitten Sie die Menschen, auf die Sie sie verteilt haben, und fügen Sie deren Antworten untereinander ein.
recover-given = Ihre 24 Wörter oder die Antworten
recover-given-hint = In der Reihenfolge ihrer Nummern. Großbuchstaben und Zeilenumbrüche sind gleichgültig.
recover-name = Ein Name dafür auf diesem Rechner
recover-name-hint = Kleinbuchstaben, Ziffern und Bindestriche, höchstens 32, und ein Name, den es hier noch nicht gibt.
recover-name-taken = Diesen Namen gibt es auf diesem Rechner schon. Wählen Sie einen anderen.
recover-button = Zurückholen
recover-wrong-count = Es müssen 24 Wörter sein. Sie haben { $count } eingegeben.
recover-wrong-word = Wort { $number } steht nicht in der Liste der Wörter. Vergleichen Sie es mit Ihrem Zettel.
recover-wrong-words = Diese Wörter gehören nicht zusammen: Eines ist falsch, oder zwei sind vertauscht.
recover-share-mistyped = Antwort { $number } hat einen Tippfehler oder ist nicht vollständig. Vergleichen Sie sie Gruppe für Gruppe.
recover-no-share = In diesem Text steht keine Antwort, die hier gelesen werden kann.
recover-too-few = Es braucht { $needed } Antworten. Sie haben { $found } eingegeben.
recover-other-set = Antwort { $number } ist von einem anderen Tag oder von jemand anderem als die erste. Lassen Sie sie weg, und bitten Sie um die andere Datei.
recover-twice = Antwort { $number } steht zweimal da und zählt einmal.
recover-altered = Eine der Antworten wurde unterwegs verändert. Bitten Sie noch einmal darum. Haben Sie mehr als nötig, lassen Sie eine nach der anderen weg.
recover-done = Ihr Konto ist zurück
recover-opens = { $opened } von { $records } Ihrer Unterlagen lassen sich öffnen.
recover-where = Wo sind Ihre Unterlagen?
recover-where-explained = Wenn Sie mit einer Klinik oder mit jemandem aus Ihrer Familie gearbeitet haben, nehmen Sie zuerst deren Einladung an: Damit finden Ihre Wörter Ihre Unterlagen und den Schlüssel, den Sie zuletzt benutzt haben. Bitten Sie um eine neue; sie ist ein Text oder ein Code. Werden mit ihr auch Ihre Gebühren bezahlt, behandeln Sie sie wie ein Passwort.
recover-where-alone = Wenn Ihre Unterlagen nur auf dem verlorenen Rechner waren, bringt sie allein eine Sicherung zurück. Ihre Wörter öffnen sie.
recover-words-alone = Ich habe weder eine Sicherung noch eine Einladung
recover-words-alone-explained = Ihre Wörter allein bringen Ihr Konto zurück. Unterlagen, die nur auf einem verlorenen Rechner waren, bringen sie nicht zurück. Eine Sicherung lässt sich danach nicht mehr einspielen: Wenn Sie vielleicht eine haben, suchen Sie sie zuerst.
recover-with = Ihr Konto wird dort gesucht, wo hier gearbeitet wird: bei „{ $name }“.
recover-right = Ihre Wörter stimmen: Das Konto ist wieder Ihres.
recover-what = Was zurückkommt, und woher
recover-what-account = Ihr Konto
recover-account = Ist zurück, aus Ihren Wörtern.
recover-what-records = Ihre Unterlagen, und wer sie sehen kann
recover-records = Sind zurück, aus dem Protokoll.
recover-records-not-yet = Noch nicht. Sie kommen mit der Einladung von dort, wo Sie gearbeitet haben. Eine Sicherung wird auf einem Rechner eingespielt, auf dem noch niemand ein Profil hat.
recover-what-people = Die Namen anderer
recover-people = Noch nicht. Sie kommen mit der Karte jeder Person. Bis dahin sehen Sie die Enden der Konten.
recover-people-inviter = „{ $name }“ ist zurück, mit der Einladung. Alle anderen kommen mit ihren Karten. Bis dahin sehen Sie die Enden der Konten.
recover-what-own = Wie Sie heißen
recover-own = Noch nicht. Sagen Sie es wieder auf Ihrer Karte, unter „Personen“.
recover-what-links = Links, die Sie gemacht haben
recover-links = Gelten weiter bis zu ihrem Ende, ohne ihre Namen. Auf der Seite der Unterlage können Sie jeden beenden.
recover-card = Die Karte einer Person einlesen
recover-none = Dieses Konto hat hier noch keine Unterlagen ({ $ledger }).
recover-none-next = Unterlagen sind dort, wo Sie vorher gearbeitet haben: bei einer Klinik oder auf einem anderen Rechner. Die Einladung von dort bringt sie hierher.
recover-join = Die Einladung von dort, wo Ihre Unterlagen sind
recover-ledger = Sehen, welches Protokoll das ist
recover-former = Die anderen hat das Konto geschrieben, das Ihnen übergeben wurde. Sie lassen sich öffnen, sobald Sie die Übergabe angenommen haben.
recover-go-on = Weiter
recover-sealed = Das ist eine verschlüsselte Antwort. Sie wird unter „Die Antworten Ihrer Vertrauten sammeln“ geöffnet.
recover-ask-link = Meine Vertrauten sollen mir ihre Antworten verschlüsselt schicken
recover-begun = { $count ->
    [0] Sie haben einen Schlüssel für die Antworten Ihrer Vertrauten gemacht. Noch ist keine Antwort da.
    [one] Sie haben einen Schlüssel für die Antworten Ihrer Vertrauten gemacht. 1 Antwort ist da.
   *[other] Sie haben einen Schlüssel für die Antworten Ihrer Vertrauten gemacht. { $count } Antworten sind da.
}
recover-begun-link = Dort weitermachen
answers-title = Die Antworten Ihrer Vertrauten sammeln
answers-explained = Mit einem Schlüssel, den Sie für dieses eine Mal machen, können Ihre Vertrauten Ihnen ihre Antworten verschlüsselt schicken: als E-Mail oder in einem Chat. Es dauert, so lange es dauert. Sie können diese Seite schließen und an einem anderen Tag wiederkommen.
answers-begin = Den Schlüssel machen
answers-key = Ihr Schlüssel für die Antworten
answers-key-give = Geben Sie diesen Schlüssel allen Ihren Vertrauten, als Text oder als Bild des Codes. Die Vertrauten öffnen „Personen“, dann „Jemand hat seine Wörter verloren, und ich habe eine Datei dafür“, und geben ihn dort ein. Was dabei herauskommt, schicken sie Ihnen.
answers-fingerprint = Lesen Sie ihnen diesen Fingerabdruck am Telefon oder persönlich vor, damit sie wissen, dass der Schlüssel von Ihnen ist:
answers-key-text = Der Schlüssel
answers-here = Die Antworten
answers-none = Noch ist keine Antwort da.
answers-count = Da: { $found }. Nötig: { $needed }.
answers-owner = Die Antworten bringen das Konto { $who } zurück.
answers-one = Antwort { $number } von { $count }
answers-leave-out = Weglassen
answers-leave-out-one = Weglassen: Antwort { $number } von { $count }
answers-text = Noch eine Antwort: was man Ihnen geschickt oder vorgelesen hat
answers-text-hint = Alles davon: von „-----BEGIN AGE“ bis „END AGE ENCRYPTED FILE-----“, oder von „mrms-share-1“ bis zum Ende.
answers-file = Oder die Datei, die man Ihnen geschickt hat
answers-add = Diese Antwort hinzufügen
answers-nothing = Fügen Sie eine Antwort ein, oder wählen Sie eine Datei.
answers-too-large = Das ist zu groß für eine Antwort: höchstens { $most } MB. Eine Antwort ist kurz, also ist dies etwas anderes.
answers-none-yet = Noch ist keine Antwort da. Ihr Konto kommt zurück, wenn genug da sind: Fügen Sie hinzu, was man Ihnen geschickt hat.
answers-not-opened = Ihr Schlüssel öffnet diese Antwort nicht. Sie ist für einen anderen Schlüssel, wurde unterwegs verändert, oder sie ist die Datei selbst: Wer sie aufbewahrt, muss sie öffnen und Ihnen schicken, was herauskommt.
answers-enough = Es sind genug Antworten da
answers-forget = Aufgeben und Schlüssel und Antworten wegwerfen
answers-forget-explained = Was für diesen Schlüssel verschlüsselt wurde, lässt sich danach nicht mehr öffnen. Ihre Vertrauten behalten ihre Dateien und können auf einen neuen Schlüssel noch einmal antworten.
answers-forget-button = Wegwerfen
trustees-title = Ihre Wörter auf Menschen verteilen
trustees-explained = Jede Person bekommt eine Datei, die nur sie öffnen kann. Eine Datei allein verrät nichts. Einige zusammen bringen Ihr Konto zurück, wenn Sie Wörter, Passphrase und diesen Rechner verlieren.
trustees-no-people = Sie brauchen mindestens zwei Menschen, die Sie hier kennen.
trustees-who = Auf wen
trustees-threshold = Wie viele davon nötig sind
trustees-threshold-hint = Fünf Menschen, von denen drei nötig sind, sind eine gute Wahl. Weniger als nötig erfahren nichts.
trustees-go-on = Weiter
trustees-no-quorum = Wählen Sie mindestens zwei Menschen. Nötig sein können höchstens so viele, wie Sie gewählt haben.
trustees-no-key = { $who } hat noch keinen Schlüssel veröffentlicht; also kann nichts für diese Person verschlüsselt werden.
trustees-same-key = Zwei davon haben denselben Schlüssel, oder Sie sind es selbst. Wählen Sie andere.
trustees-any = Je { $threshold } dieser { $count } werden Ihr Konto zurückbringen können:
trustees-warning = Zusammen könnten sie auch Ihre ganze Akte öffnen. Zurücknehmen lassen sich die Dateien nicht.
trustees-button = Dateien machen
trustees-done = Ihre Wörter sind verteilt
trustees-give = Speichern Sie jede Datei, und geben Sie sie der Person, für die sie ist, per Mail oder auf einem Stick. Niemand sonst kann sie öffnen.
trustees-file = { $name } speichern
trustees-note = Schreiben Sie auf Papier, wer welche Datei hat. Es steht sonst nirgends, und diese Seite kommt nicht wieder.
trustees-answer-link = Jemand hat seine Wörter verloren, und ich habe eine Datei dafür
trustees-answer-title = Jemandem helfen, dessen Wörter verloren sind
trustees-answer-explained = Wählen Sie die Datei, die Sie einmal bekommen haben. Sie sehen, von wem sie ist, bevor etwas gezeigt wird.
trustees-answer-file = Die Datei, zum Beispiel share-1-of-5.age
trustees-answer-look = Ansehen
trustees-no-file = Das ist keine solche Datei. Wählen Sie die, die Sie bekommen haben.
trustees-not-yours = Diese Datei wurde nicht für Sie gemacht oder wurde verändert.
trustees-said = Das ist Teil { $number } von { $count } der Wörter von { $who }. { $threshold } Teile bringen das Konto zurück.
trustees-spoken = Sprechen Sie zuerst mit der Person, am Telefon oder persönlich: Wer genug Teile sammelt, kann ihre ganze Akte öffnen.
trustees-spoken-yes = Ich habe selbst mit der Person gesprochen
trustees-not-spoken = Sprechen Sie zuerst mit der Person.
trustees-once = Die Person hat mir einen Schlüssel dafür gegeben
trustees-once-key = Der Schlüssel dafür, der mit age1pq1 beginnt
trustees-once-hint = Ein langer Text. Wer ihn hat, zeigt dazu einen Code, den Sie scannen können.
trustees-once-wrong = Das ist kein solcher Schlüssel. Kopieren Sie ihn ganz.
trustees-show = Meinen Teil zeigen
trustees-answer = Ihre Antwort an diese Person
trustees-answer-secret = Lesen Sie sie vor, oder übergeben Sie sie auf Papier. Schicken Sie sie nicht per Mail oder Chat: Sie ist nicht verschlüsselt.
trustees-once-for = Ihre Antwort ist für diesen Schlüssel verschlüsselt. Lassen Sie sich seinen Fingerabdruck vorlesen:
trustees-answer-save = Als Datei speichern

links-title = Ihre Links
links-explained = Ein Link lässt jemanden ohne Konto öffnen, was Sie wählen, in jedem Betrachter für SMART Health Links. Jede Öffnung steht in Ihrem Protokoll.
links-none = Sie haben noch keine Links gemacht.
link-number = Link { $number }
link-named = Link { $number } („{ $label }“)
link-begun = Er wurde unterbrochen und öffnet nichts. Schalten Sie ihn ein oder löschen Sie ihn.
link-armed = Er kann benutzt werden.
link-ended = Er ist zu Ende.
link-revoked = Er öffnet nichts: Alles, was er gab, wurde widerrufen.
link-used-up = Er wurde so oft benutzt, wie er kann, und öffnet nichts mehr.
link-shut = Falsche Codes haben ihn geschlossen. Er öffnet nichts.
link-paused = Er ist angehalten und öffnet nichts.
link-destroying = Er öffnet nichts. Der Rechner für Links hat noch eine verschlüsselte Kopie: Löschen Sie ihn noch einmal.
link-destroyed = Er ist gelöscht.
link-text = Der Link. Wer ihn hat, kann öffnen, was dahinter liegt.
link-any-browser = Er öffnet sich in jedem Browser, auch über die Kamera eines Telefons. Die Seite fragt, wer öffnet.
link-here-alone = Er öffnet sich nur auf diesem Computer: Die verschlüsselte Kopie liegt unter keiner Adresse, die andere erreichen.
link-program-alone = Er öffnet sich in Programmen für Gesundheitslinks. Eine Seite, die ihn im Browser öffnet, gibt es dort, wo die verschlüsselte Kopie liegt, gerade nicht.
link-plain-title = Für ein Programm, das Gesundheitslinks liest
link-plain = Derselbe Link als einfacher Text, für ein solches Programm oder für eine Klinik, die einen eigenen Betrachter benutzt.
link-passcode = Passcode: { $passcode }. Sagen Sie ihn auf einem anderen Weg als den Link.
link-sheet = Ein Blatt zum Drucken
link-sheet-how = Lesen Sie diesen Code mit einem Betrachter für SMART Health Links ein, oder tippen Sie dort die Adresse ab.
link-sheet-camera = Lesen Sie diesen Code mit der Kamera eines Telefons ein: Er öffnet sich im Browser. Auch ein Programm für Gesundheitslinks liest ihn.
link-sheet-address = Die Adresse:
link-sheet-until = Er lässt sich öffnen bis { $end }.
link-sheet-passcode = Dazu gehört ein Code. Er steht nicht auf diesem Blatt: Wer Ihnen das Blatt gegeben hat, sagt ihn auf einem anderen Weg.
link-sheet-log = Jedes Öffnen steht im Protokoll der Person, deren Unterlagen das sind.
link-sheet-back = Zurück zum Link
link-sheet-none = Dieser Link öffnet jetzt nichts; darum gibt es kein Blatt. Schalten Sie ihn zuerst ein.
link-gives = Was er enthält
link-used = Wer ihn benutzt hat
link-uses = { $count ->
    [one] Einmal benutzt, seit er eingeschaltet ist.
   *[other] { $count }-mal benutzt, seit er eingeschaltet ist.
}
link-attempts = { $count ->
    [one] Noch 1 falscher Code ist möglich.
   *[other] Noch { $count } falsche Codes sind möglich.
}
link-given = Geöffnet von jemandem, angeblich „{ $who }“
link-listed = Die Liste der Dateien wurde abgefragt, angeblich von „{ $who }“
link-wrong-passcode = Falscher Code von jemandem, angeblich „{ $who }“
link-refused = Abgewiesen: jemand, angeblich „{ $who }“
link-said-to-be = Wer einen Link öffnet, sagt selbst, wer er ist. Niemand prüft das.
link-host-away = Der Rechner für Links war nicht zu erreichen. Er hat vielleicht noch eine verschlüsselte Kopie.
link-host-silent = Im Moment antwortet hier niemand auf Links, also öffnet ein Link nichts. Bitten Sie die Person, die das Programm für Sie eingerichtet hat, den Dienst für Links zu starten.
link-unpaid = Wer Ihre Gebühren bezahlt, übernimmt sie nicht für Links, die dieser Rechner beantwortet: Den Link könnte niemand öffnen. Bitten Sie darum, dass auch Links bezahlt oder dort beantwortet werden.
link-differs = Was der Rechner für Links notiert hat, passt nicht zu den Protokollen Ihrer Unterlagen. Löschen Sie diesen Link.
link-pause = Jetzt anhalten
link-rearm-title = Wieder einschalten, mit der neuesten Fassung
link-rearm = Einschalten
link-destroy-title = Löschen
link-destroy-explained = Er kann nicht wieder eingeschaltet werden. Was jemand gespeichert hat, behält er vielleicht.
link-destroy = Diesen Link löschen
new-link-title = Ein Link zu „{ $name }“
new-link-version-title = { $who } nennt diese Fassung „{ $name }“. Der Link sagt das nicht.
new-link-button = Link machen
link-host-missing = Ein Link braucht einen Rechner, der auf ihn antwortet, und hier ist keiner eingerichtet
link-host-what = Ein Rechner für Links läuft immer, und andere erreichen ihn. Er bewahrt verschlüsselt und ohne Schlüssel auf, was ein Link gibt, und gibt es heraus, wenn jemand den Link öffnet.
link-host-theirs = Vielleicht hat Ihre Klinik einen, oder jemand in Ihrer Familie: Bitten Sie um die Adresse und um den Zugangscode, mit dem Sie dort etwas ablegen dürfen („deposit key“). Wer Ihnen dieses Programm eingerichtet hat, trägt beides in die Einstellungen ein und startet es neu.
link-host-own = Oder wer Ihnen dieses Programm eingerichtet hat, startet einen solchen Dienst zusammen mit ihm. Sobald einer antwortet, steht hier der Knopf für einen neuen Link.
link-host-meanwhile = Ohne ihn können Sie:
link-host-share = Mit jemandem teilen, der MRMS hat
link-host-save = Eine Unterlage als Datei speichern und selbst weitergeben
link-host-none = Für einen Link hierauf fehlt hier ein Rechner für Links.
link-host-none-more = Was das ist, und wie Sie einen bekommen
new-link-passcode = Wer den Link und seinen Code hat, in jedem Betrachter für Gesundheits-Links
new-link-open = Wer den Link hat, ohne Code
new-link-clinic = Eine Klinik in den USA, die den Code scannt (KTC)
new-link-clinic-explained = Solche Scanner nehmen eine einzige Datei und keinen Code. PDF lesen sie sicher; andere Arten von Dokumenten zeigen sie vielleicht nicht. Die Klinik findet Sie über Ihren Namen und Ihren Geburtstag; beides wird deshalb mitgegeben.
new-link-name = Ihr Name, wie die Klinik ihn kennt
new-link-born = Ihr Geburtstag
new-link-no-name = Der Scanner einer Klinik braucht Ihren Namen.
new-link-wrong-born = Diesen Tag gibt es nicht.
new-link-whom = Wer öffnet ihn?
new-link-kept = Wo liegt die verschlüsselte Kopie?
new-link-kept-here = Bei diesem Programm selbst
new-link-kept-at = Die verschlüsselte Kopie liegt bei { $place }.
new-link-others = Andere oder mehrere Unterlagen wählen
new-link-title-several = Ein Link zu { $count } Unterlagen
new-link-changed = Inzwischen hat sich etwas geändert. Sehen Sie noch einmal an, was der Link gibt.
new-link-too-many = Ein Link gibt höchstens 20 Unterlagen.
new-link-too-large = Das ist zu groß für einen Link: höchstens 12 MB für eine Unterlage und 24 MB für alle.
new-link-host-away = Die Stelle, bei der der Link liegt, antwortet nicht. „Ihre Links“ sagt, wie es um ihn steht. Versuchen Sie es dort später wieder.
new-link-host-refuses = Die Stelle, bei der der Link liegen sollte, nimmt ihn nicht an. Fragen Sie, wer Ihnen den Schlüssel dafür gegeben hat.
link-records-title = Ein Link zu Ihren Unterlagen
link-records-which = Welche Unterlagen?
link-records-hint = Noch wird nichts weitergegeben: Die nächste Seite zeigt, was der Link gibt.
link-records-go-on = Weiter
link-clinic = Er ist für den Scanner einer Klinik (KTC): eine einzige Datei, ohne Code.
size-bytes = { $count } Bytes
size-kilobytes = { $count } KB
size-megabytes = { $count } MB
new-link-uses = Wie oft er benutzt werden kann. Leer heißt: beliebig oft.
new-link-label = Wie er heißt, für die Person, die ihn öffnet
new-link-explained = Wer den Link hat, kann ihn weitergeben. Sie können ihn jederzeit anhalten oder löschen. Was jemand gespeichert hat, behält er vielleicht.
new-link-wrong-uses = Geben Sie eine Zahl ab 1 an, oder lassen Sie das Feld leer.
new-link-wrong-label = Der Name eines Links ist eine Zeile mit höchstens 80 Zeichen.

nav-family = Familie
who-earlier-account = { $who } (früheres Konto { $short })
who-new-account = { $who } (neues Konto { $short })
why-no-power = Das wurde Ihnen nicht erlaubt. Fragen Sie nach.
why-no-delegate = Diese Person handelt nicht mehr für Sie.
person-acts = Handelt für Sie.
record-acts = handelt für Sie und sieht die ganze Akte

powers-see = Ihre ganze Akte öffnen
powers-share = anderen Zugang geben und wieder nehmen
powers-end-only = beenden, was andere öffnen dürfen
powers-add = Unterlagen und Fassungen hinzufügen
powers-you-see = die ganze Akte öffnen
powers-you-share = anderen Zugang geben und wieder nehmen
powers-you-end-only = beenden, was andere öffnen dürfen
powers-you-add = Unterlagen und Fassungen hinzufügen
powers-they-may = Darf: { $what }.
powers-you-may = Sie dürfen: { $what }.
exactly-see = Diese Person kann jede Unterlage von Ihnen öffnen, in allen Fassungen, auch was Sie später hinzufügen.
exactly-share = Sie kann andere Ihre Unterlagen öffnen lassen, jeden und auch sich selbst, und das beenden.
exactly-end = Sie kann beenden, was andere öffnen dürfen. Sie lässt niemanden ein, weil sie selbst nichts sieht.
exactly-add = Sie kann für Sie Unterlagen hinzufügen, und neue Fassungen zu denen, die da sind.
exactly-not-see = Sie kann nicht sehen, was in Ihrer Akte steht.
exactly-not-share = Sie kann niemand anderen einlassen.
exactly-not-add = Sie kann nichts hinzufügen.
exactly-never = Sie kann nie jemand anderen für Sie handeln lassen, nie eine Unterlage weggeben und nie eine löschen.
exactly-log = Alles, was diese Person tut, steht in Ihrem Protokoll, unter ihrem Namen. Sie können das jederzeit beenden.
preset-title = Was ist erlaubt?
preset-full = Alles: sehen, teilen, hinzufügen
preset-full-for = oft für jemanden, der sich um alles kümmert
preset-reader = Sehen
preset-reader-for = oft für jemanden, der nur mitlesen soll
preset-adolescent = Hinzufügen
preset-adolescent-for = oft für Eltern eines jungen Menschen, der seine Akte für sich behält
preset-chosen = Was ich hier ankreuze
preset-chosen-for = eines oder mehreres davon
preset-see = jede Unterlage sehen
preset-share = teilen: anderen Personen Zugang geben und wieder nehmen
preset-add = Unterlagen und Fassungen hinzufügen

someone-hint = Mit dem Namen finden Sie nur Personen, die Sie selbst eingetragen haben. Für alle anderen geben Sie das Konto an, das mit S beginnt, oder fügen Sie den Text der Karte ein, der mit mrms: beginnt.
someone-add = Jemanden unter Personen hinzufügen
someone-nobody = Wählen Sie, wen Sie meinen.
someone-card-first = Jemand unter Ihren Personen heißt fast gleich. Nehmen Sie diese Karte zuerst unter Personen auf, mit einem anderen Namen.

family-mine = Wer für Sie handelt
family-mine-none = Niemand handelt für Sie.
family-until-ended = bis es beendet wird
family-name = Jemanden für mich handeln lassen
family-theirs = Für wen Sie handeln
family-theirs-none = Sie handeln für niemanden. Wer das möchte, benennt Sie im eigenen MRMS.
family-theirs-explained = Sie handeln unter Ihrem eigenen Namen: Jeder Ihrer Schritte steht in deren Protokoll.
family-until-day = bis zum Ende des Tages: { $day }
family-keys-lacking = { $count ->
    [one] Der Schlüssel von 1 Unterlage ist noch unterwegs. Er kommt an, während Sie diese Seiten benutzen.
   *[other] Die Schlüssel von { $count } Unterlagen sind noch unterwegs. Sie kommen an, während Sie diese Seiten benutzen.
}
family-keys-forgotten = Es wurden keine Schlüssel hinterlegt: Dieses Profil weiß nicht, dass es diese Person benannt hat. Benennen Sie sie noch einmal.
family-change = Ändern
family-change-who = Ändern, was { $who } darf
family-former = Wer früher für Sie handelte ({ $count })
family-end-granted-link = Beenden, was diese Person erlaubt hat
family-act-for = Für { $who } handeln
family-named = Diese Person handelt ab jetzt für Sie.
family-own = Das sind wieder Ihre eigenen Seiten.
family-ended = { $who } handelt nicht mehr für Sie.
family-ended-kept = Wer dadurch Zugang hat, behält ihn, bis er von selbst endet.
family-ended-all = Alles, was dadurch erlaubt wurde, ist damit beendet.
family-still-open = { $count ->
    [one] { $who } kann noch 1 Unterlage von Ihnen öffnen, durch eine eigene Erlaubnis.
   *[other] { $who } kann noch { $count } Unterlagen von Ihnen öffnen, durch eigene Erlaubnisse.
}
family-still-open-link = Ansehen und beenden
family-ended-saved = Was vorher geöffnet oder gespeichert wurde, bleibt vielleicht dort.
family-end-title = Soll { $who } nicht mehr für Sie handeln?
family-end-granted-title = Beenden, was { $who } für Sie erlaubt hat?
family-end-granted = Was wird aus dem, was diese Person erlaubt hat?
family-end-keep = Behalten: Wer eingelassen wurde, darf öffnen, was erlaubt wurde, bis dieser Zugang von selbst endet
family-granted-list = { $who } hat die Folgenden eingelassen, und sie können noch öffnen:
family-granted-none = { $who } hat niemanden eingelassen, der noch etwas öffnen kann.
family-granted-unknown = { $who } hat vielleicht andere eingelassen. Aus dem Protokoll geht nicht hervor, wer was erlaubt hat.
family-granted-all = die ganze Akte, auch spätere Einträge
family-end-end = Ebenfalls beenden, als würden Sie alles einzeln beenden
family-end-button = Beenden
family-end-choose = Sagen Sie, was aus dem wird, was erlaubt wurde.
family-name-title = Jemanden für Sie handeln lassen
family-name-explained = Diese Person benutzt ihr eigenes MRMS, unter ihrem eigenen Namen. Ihre 24 Wörter braucht sie nie.
family-name-who = Wen?
family-name-next = Weiter
family-no-powers = Wählen Sie, was erlaubt ist.
family-sure-title = { $who } würde für Sie handeln
family-sure-explained = Genau das wird { $who } tun können:
family-sure-before = Das ersetzt, was jetzt gilt:
family-sure-meant = Ja, { $who } soll das tun können
family-sure-button = Für mich handeln lassen

acting-label = Für wen Sie handeln
acting-banner = Sie sehen die Akte von { $who }.
acting-until = Bis { $end }.
acting-end = Zurück zu meiner Akte
acting-back = Weiter für diese Person handeln
acting-records = Die Akte
acting-add = Dateien für diese Person hinzufügen
acting-own-title = Diese Seite betrifft Ihre eigenen Dinge
acting-own-explained = Sie handeln jetzt für { $who }. Ihre eigenen Seiten sind wieder da, wenn Sie das beenden.
acting-own-form = Nichts wurde getan: Dieses Formular betrifft Ihre eigenen Dinge, und Sie handeln gerade für jemand anderen. Beenden Sie das zuerst.
acting-none = Sie handeln gerade für niemanden. Unter Familie steht, für wen Sie handeln dürfen.
acting-other = Nichts wurde getan: Dieses Formular gehört zu einer Seite für jemand anderen. Gehen Sie zurück, und öffnen Sie die Seite noch einmal.
acting-not-theirs = Sie handeln nicht für dieses Konto: Sie wurden nicht benannt, oder es ist beendet.
acting-records-of = Akte von { $who }
acting-sees-nothing = Sie dürfen nicht sehen, was in diesen Unterlagen steht.
acting-search = Suche nach Name, Art, Datum oder Nummer
acting-no-records = Noch ist nichts da.
acting-unnamed = Unterlage { $number }
acting-readers = { $count ->
    [0] sonst sieht es niemand
    [one] 1 Person kann es sehen
   *[other] { $count } Personen können es sehen
}
acting-added = Es ist in der Akte von { $who }.
acting-nobody-looked = Niemand sonst hat zugegriffen oder es versucht.
acting-open-explained = Wenn Sie es öffnen, steht das im Protokoll von { $who }, unter Ihrem Namen.
acting-which-version = Welche Fassung
acting-nobody-can = Sonst niemand.
acting-acts = handelt für { $who } und sieht die ganze Akte
acting-you-act = handeln für { $who } und sehen die ganze Akte
acting-sees-all = die ganze Akte; das beendet nur die Person, der sie gehört
acting-opened = Ihr Zugriff steht im Protokoll von { $who }. Sie können die Unterlage hier bis { $end } ansehen, auch wenn Sie diese Seite neu laden; wenn Sie sie danach wieder öffnen, gibt es einen weiteren Eintrag.
acting-for = { $who }, für { $patient }
acting-declared = hat einen Notfall gemeldet
acting-in-emergency = in einem Notfall
acting-who-of = Zugriffe auf die Akte von { $who }
acting-who-hint = Die Protokolle der Tresore werden auf den Seiten der Person verglichen, der die Akte gehört.
acting-share-explained = Sie lassen jemanden das für { $who } öffnen. Was Sie nicht selbst geschrieben haben, öffnen Sie dabei zuerst, und das steht im Protokoll von { $who }.
acting-share-emergency = es nur in einem Notfall öffnen, mit einem Grund, den die Person liest, der die Akte gehört
acting-add-explained = Jede Datei wird eine eigene Unterlage dieser Person, mit Ihrem Namen als Verfasser. Sie wird auf diesem Rechner verschlüsselt, bevor sie irgendwohin geht.
acting-amend-explained = Die älteren Fassungen bleiben. Auf der neuen steht Ihr Name. Andere, die die Unterlage sehen dürfen, sehen die neue, sobald das Programm der Person gelaufen ist, der die Akte gehört.

contact-mine = Wer für Sie handeln soll, wenn Sie es nicht können
contact-mine-none = Sie haben niemanden benannt. Eine Vertrauensperson kann jetzt nichts tun. Wenn sie darum bittet und Sie nicht ablehnen, handelt sie nach einer Wartezeit für Sie.
contact-name = Vertrauensperson benennen
contact-title = Eine Vertrauensperson, für den Tag, an dem Sie nicht handeln können
contact-explained = Eine Vertrauensperson kann jetzt nichts tun. Wenn sie darum bittet, erfahren Sie es sofort und können ablehnen, solange sie wartet. Tun Sie das nicht, handelt sie für Sie. Das ist für einen Unfall, eine lange Krankheit und die Zeit nach Ihrem Tod.
contact-days = Wie viele Tage muss sie nach ihrer Bitte warten?
contact-days-hint = 1 bis { $count }. In dieser Zeit können Sie ablehnen.
contact-wrong-days = Geben Sie eine Zahl von Tagen an, von 1 bis 365.
contact-waits = { $count ->
    [one] Hat nicht gebeten. Würde danach 1 Tag warten.
   *[other] Hat nicht gebeten. Würde danach { $count } Tage warten.
}
contact-asked = Bittet, für Sie zu handeln. Wenn Sie nicht ablehnen, geht das ab { $end }.
contact-asked-now = Bittet, für Sie zu handeln, und kann jederzeit anfangen.
contact-remove = Zurücknehmen
contact-remove-who = Zurücknehmen, dass { $who } Ihre Vertrauensperson ist
contact-sure-title = { $who } wäre Ihre Vertrauensperson
contact-sure-explained = { $count ->
    [one] Jetzt ändert sich nichts. Wenn { $who } bittet und Sie nicht innerhalb von 1 Tag ablehnen, ist dann genau das möglich:
   *[other] Jetzt ändert sich nichts. Wenn { $who } bittet und Sie nicht innerhalb von { $count } Tagen ablehnen, ist dann genau das möglich:
}
contact-sure-keys = Wenn es so weit ist, muss Ihr Programm einmal laufen, damit die Vertrauensperson die Schlüssel zu Ihrer Akte bekommt: auf diesem Rechner oder dort, wo Ihr Profil aus einer Sicherung wiederhergestellt wird. Lassen Sie es laufen, oder zeigen Sie jemandem, wie es gestartet wird.
contact-sure-meant = Ja, { $who } soll das werden können
contact-sure-button = Diese Vertrauensperson benennen
contact-named = Das ist ab jetzt Ihre Vertrauensperson.
contact-removed = Das ist keine Vertrauensperson mehr und kann nicht mehr bitten, bis Sie sie wieder benennen.
contact-theirs = Wer Sie als Vertrauensperson benannt hat
contact-theirs-none = Niemand unter Ihren Personen hat Sie benannt.
contact-theirs-hint = Nachgesehen wird nur bei Personen, die Sie hier kennen. Hat Sie jemand anderes benannt, geben Sie unten das Konto an, oder fügen Sie die Karte hinzu.
contact-you-wait = { $count ->
    [one] Nicht jetzt: erst wenn Sie darum bitten und 1 Tag ohne Ablehnung vergangen ist.
   *[other] Nicht jetzt: erst wenn Sie darum bitten und { $count } Tage ohne Ablehnung vergangen sind.
}
contact-you-asked = Sie haben gebeten. Ohne Ablehnung können Sie ab { $end } anfangen.
contact-you-ready = Sie haben gebeten, und es wurde nicht abgelehnt: Sie können jetzt anfangen.
contact-then = Von da an:
contact-ask = Bitten, handeln zu dürfen
contact-ask-title = Bitten, für { $who } handeln zu dürfen?
contact-ask-explained = { $who } erfährt es sofort und kann ablehnen, solange Sie warten. Vor { $end } ändert sich nichts. Ab dann können Sie anfangen, wenn nicht abgelehnt wurde. Es steht im Protokoll.
contact-ask-button = Ja, bitten
contact-refuse-title = Ablehnen, dass { $who } für Sie handelt?
contact-remove-title = Zurücknehmen, dass { $who } Ihre Vertrauensperson ist?
contact-refuse-explained = { $who } kann dann nicht für Sie handeln und erst wieder bitten, wenn Sie neu benennen. Das ist auf der anderen Seite zu sehen.
contact-accept = Anfangen zu handeln
contact-other = Jemand anderes hat mich benannt
contact-other-who = Wer? Ein Name aus Ihren eigenen Personen, oder ein Konto, das mit S beginnt
contact-asked-done = Sie haben gebeten. Die andere Seite erfährt es und kann ablehnen.
contact-accepted = Sie handeln ab jetzt. Es steht im Protokoll der Person, für die Sie handeln, und sie kann es beenden. Wenn Sie Unterlagen öffnen dürfen: Ein Programm dieser Person hinterlegt die Schlüssel für Sie und muss dafür jetzt einmal laufen.
why-not-named = Sie wurden nicht als Vertrauensperson benannt, oder seither abgelehnt.
why-asked-already = Darum haben Sie schon gebeten.
why-not-asked = Sie haben noch nicht gebeten, und die Wartezeit beginnt erst damit.
why-too-early = Die Wartezeit ist noch nicht vorbei.
why-no-contact = Das ist keine Vertrauensperson von Ihnen.
why-contact-acts = Sie ist keine Vertrauensperson mehr: Sie handelt jetzt für Sie, und das ist NICHT beendet. Beenden Sie es unter „Familie“.

ward-title = Kinder mit einem Profil hier
ward-none = Sie betreuen kein Kind mit einem Profil hier.
ward-explained = Sie handeln für diese Kinder, bis der Tag kommt. Die Akten öffnen Sie unter Familie, wie bei allen, für die Sie handeln; die eigenen Seiten eines Kindes öffnet die Passphrase seines Profils.
ward-grows-up = wird erwachsen am { $day }
ward-handed-over = alles wurde an { $who } übergeben
ward-grown-up = ist erwachsen; noch wurde nichts übergeben. Öffnen Sie dieses Profil, und übergeben Sie es unter Familie.
ward-add = Ein Profil für ein Kind anlegen
ward-add-explained = Die Akte eines Kindes gehört vom ersten Tag an dem Kind. Bis dahin handeln Sie für das Kind, unter Ihrem eigenen Namen. Was Sie dürfen, endet mit dem Tag.
ward-name = Ein Name für das Profil
ward-unfinished = Nicht fertig: Sie handeln noch nicht für dieses Kind.
ward-unfinished-account = Es fehlt ein Eintrag im Protokoll des Kindes und dessen Gebühr. Wer Ihre Gebühren zahlt, fragt vielleicht nach dem Konto des Kindes:
ward-finish = Das Profil { $name } fertigstellen
ward-finish-explained = Ein früherer Versuch hat dieses Profil gemacht und wurde unterbrochen. Hiermit handeln Sie für das Kind, und die 24 Wörter des Kindes werden gezeigt.
ward-passphrase-before = Die Passphrase, die Sie diesem Profil gegeben haben
ward-invitation = Die eigene Einladung des Kindes
ward-invitation-hint = Wer Ihre Gebühren zahlt, zahlt mit jeder Einladung vielleicht nur für ein Konto. Bitten Sie dann dort um eine Einladung für das Kind und fügen Sie sie hier ein.
ward-needs-invitation = Wer Ihre Gebühren zahlt, zahlt mit Ihrer Einladung nicht für das Konto des Kindes. Bitten Sie dort um eine Einladung für das Kind und fügen Sie sie hier ein. Es wurde nichts gemacht.
ward-no-invitation = Das ist keine Einladung, oder sie wurde unterwegs verändert.
ward-other-invitation = Diese Einladung zahlt hier keine Gebühren. Bitten Sie den, der Ihre Gebühren zahlt, um eine für das Kind.
ward-day = Der Tag, an dem es erwachsen wird
ward-day-hint = Was Sie für das Kind dürfen, endet mit diesem Tag.
ward-no-day = Geben Sie den Tag an, innerhalb der nächsten hundert Jahre.
ward-day-past = Dieser Tag ist vorbei. Wählen Sie einen späteren.
ward-button = Profil anlegen
ward-made = Das Profil { $name } ist bereit
ward-made-explained = Sie handeln für { $name } bis zum Ende des Tages: { $day }. Das steht im Protokoll des Kindes. Danach übernimmt das Kind alles mit einem eigenen neuen Profil: Öffnen Sie hier das Profil { $name }, und übergeben Sie es unter Familie.
ward-words = Die 24 Wörter des Profils für das Kind
ward-words-explained = Schreiben Sie sie in dieser Reihenfolge auf Papier, und bewahren Sie sie getrennt von Ihren eigenen auf. Hier stehen sie jetzt; später unter Einstellungen, wenn dieses Profil offen ist.
ward-words-missing = Noch hat niemand gezeigt, dass die 24 Wörter auf Papier stehen. Sperren Sie Ihr Profil, und öffnen Sie das des Kindes: Seine erste Seite führt zu den Wörtern.

hand-over-link = Alles an ein neues Konto übergeben oder von einem übernehmen
hand-over-title = Ein neues Konto für alles
hand-over-explained = Für ein neues Gerät, für Wörter, die jemand anderes haben könnte, und für ein Kind, das erwachsen wird. Alles geht in einem Schritt an ein neues Konto mit neuen Wörtern.
hand-over-before = Sie haben am { $day } von { $who } übernommen.
hand-over-give = Alles übergeben
hand-over-all = Die ganze Akte geht an das neue Konto, mit ihrer Geschichte und allem, was andere damit dürfen.
hand-over-nothing-left = Hat das neue Konto angenommen, entscheidet es allein. Dieses Konto kann nichts mehr ändern.
hand-over-others = Wer Unterlagen öffnen oder für Sie handeln darf, darf es weiter, wenn das neue Konto es nicht beendet.
hand-over-no-way-back = Niemand kann es rückgängig machen. Bevor es angenommen ist, können Sie das Angebot zurücknehmen.
hand-over-old-words = Wer die Wörter dieses Kontos hat, behält, was damit bis dahin zu lesen war.
hand-over-offered = Alles ist { $who } angeboten und noch nicht angenommen.
hand-over-offered-thief = Es kann jederzeit übernommen werden. Wenn Sie das nicht waren, hat jemand Ihre Wörter: Nehmen Sie es sofort zurück.
hand-over-offered-explained = Noch hat sich nichts geändert. Geben Sie dem neuen Konto diesen Text: Er hat die Schlüssel zu Ihrer früheren Akte, und niemand sonst kann ihn gebrauchen; er darf mit der Post gehen.
hand-over-no-memory = Ihre Personen und was Sie geteilt haben sind zu viele, um mitzureisen: Das neue Konto fragt einmal nach jedem, der etwas öffnen darf.
hand-over-save = Den Text als Datei speichern
hand-over-text = Für das neue Konto
hand-over-back = Zurück
hand-over-withdraw = Angebot zurücknehmen
hand-over-withdrawn = Niemandem ist mehr etwas angeboten.
hand-over-offer = Alles einem neuen Konto anbieten
hand-over-new-first = Legen Sie zuerst das neue Profil an, mit neuen Wörtern, und lassen Sie sich seine Karte zeigen. Nehmen Sie damit noch nichts in die Akte auf.
hand-over-card = Die Karte des neuen Kontos, oder das Konto
hand-over-question = Alles { $who } anbieten?
hand-over-word = alles
hand-over-wrong-word = Das ist nicht das Wort. Nichts wurde angeboten.
hand-over-button = Alles anbieten
hand-over-no-account = Ein Vertrag kann nichts übernehmen. Geben Sie ein Konto an.
hand-over-oneself = Niemand übergibt an sich selbst. Legen Sie zuerst ein neues Profil an.
hand-over-take = Übernehmen
hand-over-take-explained = Jemand hat Ihnen alles angeboten und Ihnen einen Text gegeben. Sie sehen zuerst, wer Unterlagen öffnen oder handeln darf, und sagen bei jedem, ob das weitergeht.
hand-over-accept = Mit einem Text übernehmen
hand-over-given = Was man Ihnen gegeben hat
handed-text-hint = Ein Text, der mit mrms: beginnt
hand-over-no-text = Das ist kein Text zum Übernehmen. Kopieren Sie ihn ganz.
hand-over-take-from = Von { $who } übernehmen
hand-over-taken-before = Sie haben schon übernommen. Das hier bringt die Schlüssel und beendet, was Sie wählen.
hand-over-take-meant = Von { $who } übernehmen. Ich allein entscheide dann, und niemand kann es rückgängig machen.
hand-over-take-button = Übernehmen
hand-over-not-meant = Sagen Sie, dass Sie es so meinen.
hand-over-taken = Sie haben übernommen
hand-over-taken-explained = { $count ->
    [one] Sie allein entscheiden jetzt. 1 Unterlage gehört Ihnen.
   *[other] Sie allein entscheiden jetzt. { $count } Unterlagen gehören Ihnen.
}
hand-over-not-ended = { $count } von dem, was enden sollte, endete nicht. Übernehmen Sie noch einmal mit demselben Text, oder beenden Sie es unter Personen und Familie.
hand-over-taken-others = Was weitergeht, steht unter Personen und Familie.
hand-over-keep-text = Bewahren Sie den Text bei Ihren 24 Wörtern auf: Die Wörter allein öffnen nicht, was vor heute geschrieben wurde.
hand-over-tell = Was andere mit dem früheren Konto geteilt haben, bleibt dort. Schicken Sie den anderen Ihre neue Karte.
held-explained = Außer Ihnen dürfen die Folgenden Unterlagen öffnen oder für Sie handeln. Sagen Sie bei jedem, ob das weitergeht.
held-nobody = Niemand sonst darf etwas öffnen oder für Sie handeln.
held-link = { $name }, mit dem früheren Konto gemacht: wer ihn hat
held-records = { $count ->
    [one] darf 1 Unterlage öffnen,
   *[other] darf { $count } Unterlagen öffnen,
}
held-all = darf die ganze Akte öffnen, auch Späteres,
held-contact = Ist eine Vertrauensperson, für später.
held-keep = Das geht weiter
held-end = Das endet
held-unanswered = Sagen Sie bei jedem, ob es weitergeht.
why-not-sealed = Keiner Ihrer Schlüssel öffnet diesen Text. Bitten Sie noch einmal darum: Das frühere Konto macht ihn für Ihren jetzigen Schlüssel.
why-for-another = Das wurde an ein anderes Konto übergeben, nicht an Sie.
why-another-won = Jemand anderes hat vor Ihnen übernommen. Nur einer kann es, und der Erste hat es getan.
why-offered-to-another = Das Angebot gilt jetzt einem anderen Konto.
why-elsewhere = Das ist für ein anderes Register als Ihres.
why-not-new = Jenes Konto hat schon eine Akte oder ein Protokoll. Nur ein neues Konto kann übernehmen.
why-no-text = Das ist kein Text zum Übernehmen, oder er wurde unterwegs verändert.

list-more = und { $count } weitere

beside-all = { $who } kann schon alle Ihre Unterlagen öffnen. Solange läuft, was Sie hier teilen, zählt nur das: Zu sehen sind die jetzige Fassung und spätere, oder was Sie hier wählen. Danach gilt wieder der Zugang zu allen Unterlagen, und es bleibt offen.
beside-all-theirs = { $who } kann schon alle Unterlagen von { $patient } öffnen. Solange läuft, was Sie hier teilen, zählt nur das: Zu sehen sind die jetzige Fassung und spätere, oder was Sie hier wählen. Danach gilt wieder der Zugang zu allen Unterlagen, und es bleibt offen.
beside-acts = { $who } handelt für Sie und kann darum alle Ihre Unterlagen öffnen, auch ohne dass Sie dies teilen, und auch danach.
beside-acts-theirs = { $who } handelt für { $patient } und kann darum alle Unterlagen von { $patient } öffnen, auch ohne dass Sie dies teilen, und auch danach.
beside-stopped = Hier wurde der Zugang von { $who } schon einmal beendet. Wenn Sie es teilen, kann diese Person es wieder öffnen:
beside-stopped-all = Endet das von selbst, bleibt es trotzdem offen, denn diese Person darf alle Unterlagen sehen. Um es zu schließen, beenden Sie den Zugang noch einmal.
beside-sure = Wenn Sie das möchten, drücken Sie auf „Teilen“.
beside-has = { $who } hat schon Zugang dazu:
beside-sooner = Der Zugang, den { $who } schon hat, dauert länger als das:
beside-sooner-then = Wenn Sie es so teilen, wie hier gewählt, endet dieser Zugang früher: { $end }.

ends-title = Das endet:
ends-all = der Zugang zu allen Ihren Unterlagen, auch zu späteren
ends-acts = das Recht, für Sie zu handeln
ends-member = die Mitgliedschaft: als Ihr Personal öffnet diese Person für Sie
ends-offer = Ihr Angebot, dieser Person alles zu übergeben
ends-contact = dass diese Person als Ihr Kontakt einmal für Sie handeln darf
ends-hidden = Auch das haben Sie dieser Person gegeben, aber das Register zeigt es nicht. Es endet ebenfalls:
ends-not-let-in = Wem diese Person in Ihrem Namen Zugang gegeben hat, der behält ihn, bis er von selbst endet oder Sie ihn beenden:
ends-let-in = Wem sie Zugang gegeben hat
ends-acted = Diese Person handelt nicht mehr für Sie. Wem sie in Ihrem Namen Zugang gegeben hat, der behält ihn vorerst:

record-by-another = Sie sehen Fassung { $number }. Geschrieben hat sie { $who }.
record-all-by-another = Das hat { $who } geschrieben, nicht Sie.
record-own-version = Ihre eigene neueste ansehen: Fassung { $number }

news-let-in = { $who } hat „{ $name }“ in Ihrem Namen mit { $user } geteilt.
news-let-in-several = { $who } hat { $count } Ihrer Unterlagen in Ihrem Namen mit { $user } geteilt.
news-let-in-all = { $who } hat alle Ihre Unterlagen in Ihrem Namen mit { $user } geteilt, auch spätere.
news-let-in-back = Zurückgenommen am { $day }.
news-let-in-over = Beendet am { $day }.
news-new-account = { $who } hat ein neues Konto. Was Sie für diese Person tun dürfen, geht dort weiter.
news-member-over = Sie gehören seit { $day } nicht mehr zum Team von { $who }.
news-member-over-undated = Sie gehören nicht mehr zum Team von { $who }.

home-sharing = { $people ->
    [one] 1 Person teilt Unterlagen mit Ihnen.
   *[other] { $people } Personen teilen Unterlagen mit Ihnen.
}
home-sharing-more = { $people ->
    [one] Mindestens 1 Person teilt Unterlagen mit Ihnen.
   *[other] Mindestens { $people } Personen teilen Unterlagen mit Ihnen.
}
home-none-own = Eigene Unterlagen haben Sie noch keine.

restore-link = Ich habe eine Sicherung als Datei
restore-title = Alles aus einer Sicherung zurückholen
restore-explained = Eine Sicherung enthält alles, was hier war: Ihre Unterlagen, soweit sie auf diesem Rechner lagen, Ihr Profil mit seiner Passphrase und die Namen, die Sie anderen gegeben haben.
restore-given = Ihre 24 Wörter oder die Passphrase der Sicherung
restore-given-hint = Eine Sicherung von diesen Seiten öffnen Sie mit den Wörtern.
restore-file = Die Sicherung, eine Datei, deren Name auf .age endet
restore-one = Wenn der alte Rechner noch läuft, arbeiten Sie nur mit einem von beiden weiter.
restore-button = Zurückholen
restore-not-empty = Auf diesem Rechner hat schon jemand ein Profil. Eine Sicherung wird nur zurückgeholt, wo noch niemand eines hat, damit nichts überschrieben wird.
restore-wrong-key = Damit öffnet sich die Sicherung nicht. Nichts wurde geändert.
restore-part = Diese Datei enthält nur, was seit der Sicherung davor neu war. Sie wird zusammen mit den anderen zurückgeholt; das kann, wer das Programm eingerichtet hat.
restore-done = Alles ist wieder da
restore-share-again = Wer Ihre Unterlagen öffnen durfte, darf es weiterhin. Die Schlüssel dafür waren nicht in der Sicherung: Teilen Sie erneut mit allen, die sie jetzt brauchen.
restore-since = Was nach der Sicherung geschehen ist, ist nicht dabei.
restore-start-again = Beenden Sie das Programm und starten Sie es neu. Öffnen Sie dann Ihr Profil mit seiner Passphrase.

staff-title = Team
staff-own = Wer für Ihre Einrichtung öffnet
staff-none = Niemand ist in Ihrem Team.
staff-explained = Jede und jeder öffnet, was mit Ihnen geteilt wurde, am eigenen Gerät und unter dem eigenen Namen. Patienten lesen, wer es war. Sie teilen mit Ihnen wie bisher.
staff-since = In Ihrem Team seit { $day }
staff-was = In Ihrem Team von { $since } bis { $end }
staff-key-not-taken = Hat den Schlüssel noch nicht geholt
staff-key-taken = Hat den Schlüssel
staff-key-older = Hat einen älteren Schlüssel; der neueste kommt beim nächsten Öffnen
staff-key-due = Ein neuer Schlüssel ist fällig: Jemand, der Ihren neuesten Schlüssel hatte, ist nicht mehr im Team. Damit lässt sich nichts mehr öffnen. Der neue gilt für das, was ab jetzt mit Ihnen geteilt wird.
staff-key-begin = Neuen Schlüssel beginnen
staff-key-stays = Ihr Schlüssel und Ihre Karte bleiben, wie sie sind.
staff-key-not-done = Der neue Schlüssel ist noch nicht fertig: Beginnen Sie ihn unten.
staff-add = Jemanden ins Team aufnehmen
staff-add-explained = Diese Person braucht ein eigenes Profil am eigenen Gerät und gibt Ihnen ihre Karte.
staff-add-who = Wen?
staff-add-card = Die Karte, das Konto oder der Name dieser Person
staff-add-name = Ihr Name für diese Person
staff-add-name-hint = Leer lassen, um sie so zu nennen wie ihre Karte.
staff-change = Ende ändern
staff-change-who = Ende ändern: { $who }
staff-again = Erneut benennen
staff-again-who = Erneut benennen: { $who }
staff-remove = Entfernen
staff-remove-who = Entfernen: { $who }
staff-former = Wer früher in Ihrem Team war ({ $count })
staff-ending = Sie haben diese Person hier entfernt, und das ist noch nicht bestätigt. Bis dahin kann sie vielleicht noch etwas öffnen. Entfernen Sie sie noch einmal, dann wird es erneut gesendet.
staff-naming = Sie haben diese Person hier benannt, und das Register zeigt es nicht. Benennen Sie sie erneut, oder entfernen Sie sie.
staff-named = { $who } darf für Sie öffnen, was mit Ihnen geteilt wurde. Zuerst holt diese Person Ihren Schlüssel: im eigenen MRMS unter Personen, Team.
staff-removed = { $who } kann für Sie nichts mehr öffnen.
staff-new-key = Sie haben einen neuen Schlüssel. Das ist sein Fingerabdruck:
staff-new-card = Auch Ihre Karte ist neu. Legen Sie sie dorthin, wo die alte war. Wer schon mit Ihnen geteilt hat, wird beim nächsten Teilen einmal gefragt, ob Sie diesen Fingerabdruck vorgelesen haben.
staff-later-versions = Was vorher mit Ihnen geteilt wurde, öffnet sich für alle, die bleiben, wie bisher. Spätere Versionen davon erreichen Sie, wenn der Patient es erneut geteilt hat.
staff-saved = Was vorher geöffnet oder gespeichert wurde, bleibt vielleicht dort.
staff-left-out = Diese haben keinen Teil des neuen Schlüssels bekommen. Benennen Sie sie erneut:
staff-sure-title = { $who } würde für Sie öffnen
staff-sure-opens = Diese Person kann alles öffnen, was mit Ihnen geteilt wurde und ab jetzt geteilt wird, bis es endet.
staff-sure-names = Jedes Öffnen steht im Protokoll des Patienten, mit ihrem Namen und Ihrem.
staff-sure-all = Eine halbe Mitgliedschaft gibt es nicht. Für das, was andere nicht sehen sollen, legen Sie ein eigenes Profil mit eigener Karte an.
staff-sure-meant = Ja, { $who } arbeitet bei uns, und das ist das richtige Konto
staff-sure-button = Ins Team aufnehmen
staff-remove-title = { $who } aus dem Team entfernen?
staff-loses = { $count ->
    [0] { $who } öffnet jetzt für Sie; bisher ist nichts mit Ihnen geteilt.
    [one] { $who } öffnet die 1 Unterlage, die mit Ihnen geteilt ist, und verliert das.
   *[other] { $who } öffnet die { $count } Unterlagen, die mit Ihnen geteilt sind, und verliert das alles.
}
staff-loses-all = { $who } öffnet alles, was mit Ihnen geteilt ist, und verliert das alles.
staff-no-member = Das Register zeigt jetzt keine Mitgliedschaft von { $who }. Was dieses Profil weiß, wird trotzdem beendet.
staff-remove-at-once = Sobald es bestätigt ist, geben Register und Tresore dieser Person für Sie nichts mehr, was auch immer auf ihrem Gerät liegt.
staff-remove-others = { $count ->
    [0] Sonst ist niemand in Ihrem Team.
    [one] 1 andere Person bleibt und muss nichts tun.
   *[other] { $count } andere bleiben und müssen nichts tun.
}
staff-sees-own = { $who } kann auch eigene Unterlagen von Ihnen öffnen, weil Sie sie selbst geteilt haben. Das geht weiter.
staff-sees-own-link = Ansehen und beenden
staff-remove-key = Und Ihr Schlüssel?
staff-remove-new = Neuen Schlüssel beginnen
staff-remove-new-hint = Wer bleibt, bekommt ihn von selbst. Ihre Karte ist dann neu: Geben Sie sie allen, die mit Ihnen teilen. Sie werden einmal gefragt, ob Sie den neuen Fingerabdruck vorgelesen haben.
staff-remove-stays = Schlüssel behalten
staff-remove-stays-hint = Ihre Karte bleibt, wie sie ist. Das genügt bei jemandem, dem Sie vertrauen. Was ein Patient an den Tresoren vorbei direkt im Register für Sie ablegt, könnte diese Person lesen.
staff-remove-choose = Sagen Sie, was aus dem Schlüssel wird.
staff-remove-button = Aus dem Team entfernen
staff-joined = Sie haben den Schlüssel. Was mit der Einrichtung geteilt wurde, steht unter „Mit mir geteilt“.
staff-joined-other-key = Sie haben den Schlüssel, aber die Einrichtung hat einen anderen veröffentlicht als die, die sie Ihnen gegeben hat. Sagen Sie es denen, die das Team verwalten.
staff-left = Der Schlüssel ist vergessen. Sonst hat sich nichts geändert: Solange Sie Mitglied sind, können Sie ihn wieder holen.
staff-link = Team, und für wen Sie arbeiten
works-for = Für wen Sie arbeiten
works-for-none = Sie öffnen für keine Einrichtung. Eine Praxis, die das möchte, nimmt Sie mit Ihrer Karte in ihr Team auf:
works-for-named = { $organisation } hat Sie ins Team aufgenommen.
works-for-join = Schlüssel holen
works-for-join-who = Schlüssel holen: { $organisation }
works-for-join-hint = Danach öffnen Sie, was mit der Einrichtung geteilt ist. Sie liest in ihrem Protokoll, dass Sie ihn geholt haben.
works-for-live = Sie öffnen für { $organisation }.
works-for-until-ended = bis es dort beendet wird
works-for-over = Sie öffnen nicht mehr für { $organisation }. Es endete:
works-for-shared = Was mit der Einrichtung geteilt ist
works-for-leave = Schlüssel vergessen
works-for-leave-who = Schlüssel vergessen: { $organisation }
works-for-leave-hint = Er wird aus diesem Profil entfernt. Mitglied bleiben Sie, bis die Einrichtung das beendet.
works-for-fingerprint = Der Fingerabdruck ihres Schlüssels:
works-for-fingerprint-title = Der Fingerabdruck von { $organisation }
works-for-fingerprint-hint = Das lesen Sie Patientinnen und Patienten vor, die den Schlüssel Ihrer Einrichtung vergleichen. Es ist der Schlüssel, den sie jetzt hat, auch nachdem ein neuer begonnen wurde.
works-for-shared-notice = { $count ->
    [one] Eine Einrichtung hat Sie in ihr Team aufgenommen. Holen Sie ihren Schlüssel, dann steht hier, was mit ihr geteilt ist.
   *[other] { $count } Einrichtungen haben Sie in ihr Team aufgenommen. Holen Sie ihre Schlüssel, dann steht hier, was mit ihnen geteilt ist.
}
tell-member = Ich habe Sie in MRMS in unser Team aufgenommen. Öffnen Sie Ihr eigenes MRMS, unter Ihrem eigenen Namen: Personen, dann Team, und holen Sie dort den Schlüssel. Ab dann steht unter „Mit mir geteilt“, was Patienten mit uns teilen. Jedes Öffnen wird unter Ihrem Namen protokolliert.
acting-share-nothing = Kreuzen Sie an, was Sie teilen möchten.
acting-share-none = { $who } hat noch keine Unterlagen, also gibt es nichts zu teilen. Bitten Sie darum, dass welche hinzugefügt werden.
acting-share-none-add = { $who } hat noch keine Unterlagen, also gibt es nichts zu teilen. Fügen Sie zuerst eine Datei hinzu.
check-until-stopped = bis es beendet wird
check-purposes = Wofür geöffnet wurde, steht nicht in der Datei und ist durch sie nicht bewiesen: Ihr eigenes Profil weiß es.
emergency-unnamed = Was es ist, erfahren Sie, sobald es geöffnet ist: So hat der Patient es geteilt.
who-former = { $short } (Ihr früheres Konto)
who-former-several = { $short } (Ihr früheres Konto)
acting-over-title = Sie handeln nicht mehr für { $who }
acting-over-why = Es wurde dort beendet, oder die Zeit ist abgelaufen.
acting-over-unsent = Was Sie gerade tun wollten, wurde nicht getan, und von dem, was Sie eingegeben oder gewählt hatten, bleibt nichts. Das sind wieder Ihre eigenen Seiten.
acting-over-saved = Sie können dort nichts mehr öffnen und nichts mehr ändern. Was Sie vorher geöffnet oder gespeichert haben, dürfen Sie behalten.
acting-over-files = Nicht gesendet: { $names }. Was Sie danach noch gewählt hatten, wurde auch nicht gesendet.
acting-moved-title = { $who } hat ein neues Konto
acting-moved-why = { $who } hat alles an ein neues Konto übergeben, und Sie handeln dort wie bisher. Machen Sie dort weiter. Fragen Sie nach, ob es wirklich das neue Konto ist, und nehmen Sie seine Karte unter „Personen“ auf.
acting-moved-go = Mit dem neuen Konto weitermachen
home-may-begin = Sie haben darum gebeten, für { $who } zu handeln, und die Wartezeit ist vorbei: Sie können jetzt anfangen.
home-ward-soon = { $name } wird am { $day } erwachsen, und was Sie dürfen, endet dann. { $name } kann jetzt alles selbst übernehmen: mit einem neuen Profil auf einem eigenen Gerät, an das Sie hier aus dem Profil { $name } alles übergeben.
home-ward-grown = { $name } ist erwachsen ({ $day }), und Sie handeln nicht mehr für { $name }. Noch wurde nichts übergeben: Legen Sie zusammen ein neues Profil auf einem eigenen Gerät an, und übergeben Sie hier aus dem Profil { $name } alles.
home-you-soon = Sie werden am { $day } erwachsen, und was andere für Sie dürfen, endet dann. Sie können Ihre Akte jetzt selbst übernehmen: Legen Sie ein neues Profil auf einem eigenen Gerät an, und übergeben Sie alles an dieses.
home-you-grown = Sie sind erwachsen ({ $day }). Ihre Akte liegt noch in diesem Profil, dessen Wörter andere haben können: Legen Sie ein neues Profil auf einem eigenen Gerät an, und übergeben Sie alles an dieses.
hand-over-sponsor = Jemand zahlt hier Ihre Gebühren. Bitten Sie dort um eine Einladung für das neue Konto, bevor Sie dessen Profil anlegen: Mit Ihrer wird dafür nicht gezahlt.
home-works-for = Sie arbeiten hier im Team von { $organisation }.
home-works-for-sharing = { $people ->
    [0] Zurzeit teilt niemand Unterlagen mit { $organisation }.
    [one] 1 Person teilt Unterlagen mit { $organisation }: Sie öffnen sie unter Ihrem eigenen Namen.
   *[other] { $people } Personen teilen Unterlagen mit { $organisation }: Sie öffnen sie unter Ihrem eigenen Namen.
}
home-works-for-more = Mindestens { $people } Personen teilen Unterlagen mit { $organisation }: Sie öffnen sie unter Ihrem eigenen Namen.
home-named-staff = { $organisation } hat Sie ins Team aufgenommen. Holen Sie den Schlüssel, dann öffnen Sie, was dort geteilt ist.
ward-take-over = Ab jetzt kann die Akte übernommen werden: Legen Sie ein neues Profil auf einem eigenen Gerät des Kindes an, lassen Sie sich seine Karte zeigen, öffnen Sie dann hier dieses Profil, und übergeben Sie unter Familie alles.
ward-sponsor = Jemand zahlt Ihre Gebühren. Das neue Profil braucht eine eigene Einladung: Bitten Sie dort darum, und beginnen Sie das neue Profil damit.
list-title = Namenslisten
list-newer-hint = Diese haben Sie von einer Einrichtung, mit den Namen ihrer Leute. Wenn Sie eine neuere bekommen, fügen Sie sie oben ebenso hinzu.
list-count = { $count ->
    [one] 1 Person
   *[other] { $count } Personen
}
list-forget = Vergessen
list-forget-who = Vergessen: die Liste { $name }
list-forgotten = Die Liste ist vergessen. Wen Sie daraus aufgenommen haben, bleibt unter Ihren Personen.
list-added = Die Liste ist hinzugefügt: Wer darauf steht, erscheint mit diesem Namen.
list-look-title = Diese Namensliste hinzufügen?
list-signed = „{ $name }“, unterschrieben von { $who }
list-explained = Haben Sie diese Liste von der Einrichtung selbst? Wer darauf steht, erscheint bei Ihnen mit diesem Namen und mit dieser Liste. Von jetzt an kann sie nur ersetzen, wer sie unterschrieben hat.
list-same = Diese Liste haben Sie schon.
list-newer = Sie haben eine ältere davon, die hiermit ersetzt wird.
list-joined = Neu darauf: { $names }
list-left = Nicht mehr darauf: { $names }
list-name = Ihr Name für diese Liste
list-add-button = Liste hinzufügen
list-altered = Das ist keine Namensliste, oder sie wurde unterwegs verändert.
list-other-ledger = Diese Liste ist für ein anderes Register als Ihres.
list-older = Sie haben eine neuere Liste derselben Einrichtung.
list-alike = Eine andere Ihrer Listen heißt ähnlich. Geben Sie dieser einen anderen Namen.
staff-names-title = Namen für Ihre Patienten
staff-names-explained = Wer ein Mitglied Ihres Teams nicht kennt, liest ein Konto und keinen Namen. Geben Sie Ihren Patienten die von Ihnen unterschriebene Liste Ihres Teams, auf Ihren Webseiten oder per E-Mail: Wer sie unter Personen hinzufügt, liest die Namen.
staff-names-without = Von diesen ist hier keine Karte, deshalb stehen sie nicht auf der Liste: { $names }. Fügen Sie die Karten unter Personen hinzu.
staff-names-save = { $count ->
    [one] Liste speichern, mit 1 Namen
   *[other] Liste speichern, mit { $count } Namen
}
staff-names-again = Speichern Sie sie neu, wenn jemand kommt oder geht: Die neuere ersetzt die ältere.
staff-names-of = Team von { $who }
staff-names-unnamed = Team
staff-record = Schlüssel des Teams
people-card-or-list = Die Karte oder das Konto dieser Person, oder eine Namensliste
who-own-new = { $short } (Ihr neues Konto)
alarm-elsewhere = Am { $day } wurde alles, was Sie haben, { $who } angeboten, und nicht von diesem Programm. Wenn Sie das nicht waren, hat jemand Ihre 24 Wörter.
alarm-elsewhere-means = Das Angebot gilt nicht mehr. Wer es gemacht hat, kann Ihre Unterlagen aber so lesen wie Sie und jederzeit wieder alles anbieten. Seien Sie schneller:
alarm-new-profile = Legen Sie ein neues Profil mit neuen Wörtern an, auf einem Gerät, das sonst niemand benutzt.
alarm-hand-over = Übergeben Sie alles an das neue Profil.
alarm-tell = Sagen Sie den Personen und Kliniken Bescheid, die mit Ihnen teilen, und schicken Sie ihnen Ihre neue Karte.
alarm-taken = { $who } hat alles von Ihnen übernommen. Wenn Sie das nicht waren, hatte jemand Ihre 24 Wörter. Niemand kann es rückgängig machen.
alarm-taken-yours = Ihnen bleiben: Dateien, die Sie gespeichert haben, Sicherungen, und was andere mit diesem Konto teilen.
alarm-taken-theirs = Wer übernommen hat, kann alle Ihre Unterlagen lesen, andere sie öffnen lassen und löschen, was sich löschen lässt.
alarm-taken-evidence = Sichern Sie die Beweise, bevor etwas verschwindet: Speichern Sie das Protokoll unter „Zugriffe“.
alarm-taken-tell = Bitten Sie die Personen und Kliniken, die Sie behandeln, dieses Konto nicht mehr zu benutzen und zu beenden, was sie mit ihm teilen.
alarm-taken-anew = Legen Sie ein neues Profil mit neuen Wörtern an, schicken Sie allen dessen Karte, und nehmen Sie Ihre Dokumente dort neu auf. Was Ihnen fehlt, können Kliniken noch einmal schicken.
alarm-was-me = Das war ich
alarm-was-me-explained = Wenn Sie es selbst waren, auf einem anderen Gerät oder mit einem anderen Programm, sagen Sie es: Dann werden Sie davor nicht mehr gewarnt.
alarm-was-me-done = Sie haben gesagt, dass Sie es waren. Sie werden davor nicht mehr gewarnt.
hand-over-past-back = Am { $day } wurde alles { $who } angeboten. Ihr Konto hat das am { $end } zurückgenommen.
hand-over-past-back-elsewhere = Am { $day } wurde alles { $who } angeboten, nicht von diesem Programm. Ihr Konto hat das am { $end } zurückgenommen.
hand-over-past-replaced = Am { $day } wurde alles { $who } angeboten. Am { $end } folgte ein anderes Angebot.
hand-over-past-replaced-elsewhere = Am { $day } wurde alles { $who } angeboten, nicht von diesem Programm. Am { $end } folgte ein anderes Angebot.
