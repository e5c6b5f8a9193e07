# El portal en español.
skip = Ir al contenido
lock = Bloquear
lacks-name = Indique su nombre
language = Idioma
language-choose = Usar
cancel = Cancelar
copy = Copiar
copied = Copiado.
print = Imprimir
print-hint = Su navegador imprime esta página sin el menú ni los botones.
nav-label = Páginas
nav-home = Inicio
nav-records = Mi historia clínica
nav-shared = Compartido conmigo
nav-people = Personas
nav-who = Quién lo ha visto
nav-check = Comprobar
nav-settings = Ajustes
idle-warning = Hace un rato que no pasa nada. En un minuto se bloqueará su historia.
idle-stay = Sigo aquí
idle-back = Lo que había escrito antes del bloqueo está aquí de nuevo. Los archivos hay que elegirlos otra vez.
minutes = { $count ->
    [60] 1 hora
    [480] 8 horas
   *[other] { $count } minutos
}
wait-seconds = Demasiados intentos fallidos. Espere { $seconds } segundos.

enter-title = Entrar
enter-explained = Abra el enlace que mostró el programa al iniciar estas páginas, o escriba aquí su código. Cada código sirve una vez, durante diez minutos. Para tener otro, inicie las páginas de nuevo, o pregunte a quien preparó este equipo. Un navegador en el que ya escribió su frase de contraseña no necesita ninguno.
enter-code = Código
enter-button = Entrar
enter-wrong = Este código ya se usó, es demasiado viejo o no es correcto. Para tener otro, inicie las páginas de nuevo.

unlock-title = Abrir su historia
unlock-whose = Es la del perfil
unlock-standard = { $name } (el primero de este equipo)
unlock-profile = Perfil
unlock-passphrase = Frase de contraseña
unlock-minutes = Bloquear si no pasa nada durante
unlock-button = Abrir
unlock-wrong = La frase de contraseña no es correcta.

welcome-title = Le damos la bienvenida
about-keeps = MRMS guarda sus documentos médicos cifrados en este equipo. Solo pueden leerlos usted y las personas con quienes los comparta.
about-shares = Usted comparte un documento con una consulta, una clínica o su familia durante el tiempo que elija, y puede retirar el acceso en cualquier momento.
about-tells = Quien abre un documento deja una entrada en un registro que nadie puede cambiar. Así ve usted quién lo abrió, cuándo y para qué.
welcome-explained = Su historia está cifrada en este equipo. Elija una frase de contraseña que la abra aquí.
welcome-passphrase = Nueva frase de contraseña
welcome-passphrase-hint = Cuatro o cinco palabras que no tengan nada que ver entre sí son buenas.
welcome-again = La misma otra vez
welcome-button = Empezar
welcome-differ = Las dos no son iguales.
welcome-weak = Esta frase de contraseña es demasiado fácil de adivinar.

words-title = Sus 24 palabras
words-explained = Escríbalas en papel, en este orden. Devuelven su cuenta en cualquier equipo. Quien las tenga puede leer su historia. Si sus documentos estaban solo en este equipo, vuelven de una copia de seguridad, que se hace en Ajustes.
words-noted = Las he anotado
words-check-title = Vamos a comprobarlo
words-check-explained = Tome su papel y escriba estas tres palabras. Así es seguro que las tiene.
words-check-button = Comprobar
words-number = Palabra { $number }
words-again = Mostrar las palabras otra vez
words-wrong = Eso no es lo que está escrito. Compárelo con su papel.
words-wrong-at = No es correcto: palabra { $numbers }. Compárelo con su papel, o haga que se muestren otra vez.

home-sentence = { $people ->
    [0] Nadie más que usted puede ver { $records ->
        [one] su documento
       *[other] sus { $records } documentos
    }.
    [one] { $records ->
        [one] 1 persona puede ver su documento.
       *[other] 1 persona puede ver algunos de sus { $records } documentos, o todos.
    }
   *[other] { $records ->
        [one] { $people } personas pueden ver su documento.
       *[other] { $people } personas pueden ver algunos de sus { $records } documentos, o todos.
    }
}
home-links-alone = { $links ->
    [one] Aparte de usted, solo quien tenga un enlace suyo puede ver algo de su historia.
   *[other] Aparte de usted, solo quien tenga uno de sus { $links } enlaces puede ver algo de su historia.
}
home-links-too = { $links ->
    [one] También quien tenga un enlace suyo.
   *[other] También quien tenga uno de sus { $links } enlaces.
}
home-empty = Aún no tiene documentos.
home-empty-people = { $people ->
    [one] 1 persona verá lo que añada.
   *[other] { $people } personas verán lo que añada.
}
home-attention = Requiere su atención
home-no-money = En su cuenta no hay dinero para las tasas, así que no se puede guardar ni compartir nada.
home-no-money-ask = Pida a { $who }, de donde vino su invitación, que ponga dinero en esta cuenta:
home-no-money-ask-them = Pida a quien le instaló este programa que ponga dinero en esta cuenta:
home-no-key = Su clave aún no está publicada, así que nadie puede compartir con usted.
home-no-key-then = Se publica sola en cuanto haya dinero.
home-no-key-fee = Cuesta una tasa, que paga su cuenta.
home-key-button = Publicar mi clave
home-key-published = Su clave está publicada: ahora otras personas pueden compartir con usted.
home-emergency-look = El motivo aún no le ha llegado. Mire el registro.
home-refused = { $count ->
    [one] Esta semana se rechazó 1 intento de abrir un documento suyo.
   *[other] Esta semana se rechazaron { $count } intentos de abrir documentos suyos.
}
home-without-key = { $count ->
    [one] Esta semana alguien intentó abrir un documento suyo y no recibió la clave.
   *[other] Esta semana otros intentaron abrir documentos suyos { $count } veces y no recibieron la clave.
}
home-ending = { $who } puede ver «{ $name }» hasta el { $end }.
home-words = Por favor, escriba sus 24 palabras en papel.
home-begin = Empiece con lo que tenga a mano: un informe de su médico, unos análisis, la foto de un papel. Después puede compartirlo, por ejemplo con su consulta.
home-add = Añadir archivos
home-records = Mi historia clínica

records-title = Mi historia clínica
records-search = Buscar por nombre, tipo, fecha, autor o número
records-search-button = Buscar
records-search-clear = Quitar la búsqueda
records-order = Orden de la lista
records-order-added = Lo último añadido primero
records-order-date = Por la fecha del documento
records-none = Todavía no hay nada. Añada archivos para empezar.
records-none-found = Nada coincide.
records-unnamed = Sin nombre
records-erased = Borrado
records-versions = { $count } versiones
records-added-on = añadido el { $day }
records-readers = { $count ->
    [0] solo usted
    [one] 1 persona puede verlo
   *[other] { $count } personas pueden verlo
}
records-links = { $count ->
    [one] 1 enlace lo abre
   *[other] { $count } enlaces lo abren
}

results-title = Resultados a lo largo del tiempo
results-explained = Cifras de todos sus documentos, si están en ellos como datos (FHIR, CDA, HL7): lo que se midió del mismo modo y en la misma unidad está junto. Toque una para ver su evolución. Un resultado que aún puede cambiar está solo en su documento.
results-search = Buscar por nombre
results-reading = { $count ->
    [one] Falta 1 documento por leer. Esta página vuelve a mirar por sí sola.
   *[other] Faltan { $count } documentos por leer. Esta página vuelve a mirar por sí sola.
}
results-unread = { $count ->
    [one] 1 documento no se pudo abrir ahora.
   *[other] { $count } documentos no se pudieron abrir ahora.
}
results-cut = Hay más resultados de los que se guardan aquí. Los demás están en sus documentos.
results-none = En sus documentos no hay resultados de este tipo.
results-of = Solo los de «{ $name }».
results-all = Todos los resultados
results-whose = de { $who }
records-names = nombra a { $who }
record-names-another = Este documento nombra a «{ $who }». Su nombre aquí es «{ $name }». Si no trata de usted, no lo comparta con nadie. Puede borrarlo abajo.
results-count = { $count ->
    [one] 1 resultado
   *[other] { $count } resultados
}
results-records = { $count ->
    [one] en 1 documento
   *[other] en { $count } documentos
}
results-band = Normal según el resultado más reciente: { $band }. Cada laboratorio tiene sus valores; la tabla muestra los de cada resultado.
results-newest = El gráfico muestra los { $count } más recientes.
results-record = Documento
kind-picture = Imagen
kind-fhir = Datos de salud (FHIR)
kind-cda = Documento clínico (CDA)
kind-hl7 = Mensaje de un laboratorio o una clínica (HL7)
kind-pdf = Documento (PDF)
kind-dicom = Imagen médica (DICOM)
kind-study = Estudio de varias imágenes (DICOM)
kind-health-card = Tarjeta de salud (SMART)
kind-apple-health = Exportación de Apple Health
kind-archive = Archivo comprimido
kind-csv = Tabla (CSV)
kind-json = Datos (JSON)
kind-xml = Datos (XML)
kind-text = Texto
kind-file = Archivo

record-added = Está en su historia.
record-known = Ya tiene este archivo: aquí está. No se añadió nada.
record-shared = Está compartido.
rights-amend = puede añadir versiones
record-also-by-all = Esta persona puede ver todos sus documentos; mientras sea así, este también sigue abierto.
rights-emergency = solo en una emergencia
record-stopped = Esa persona ya no puede abrirlo. Lo que ya guardó, quizá lo conserve.
record-stopped-who = { $who } ya no puede abrir esto. Las bóvedas borran lo que guardaban para esa persona.
record-stopped-later = Las versiones que añada desde ahora quedan cerradas para esa persona.
record-stopped-before = El acceso ya se había retirado: no quedaba nada que retirar.
record-stopped-unsure = { $who } ya no puede abrir esto por el acceso que tenía. Algo que el registro rechazó aún puede llegar:
record-stopped-unsure-person = Qué es
stopped-never-opened = Nunca lo abrió.
stopped-opened = { $count ->
    [one] Lo abrió una vez, el { $day }.
   *[other] Lo abrió { $count } veces, la última el { $day }.
} Lo que guardó, quizá lo conserve.
stopped-key-on-chain = La clave está en el registro para esa persona: aún podría leerlo desde allí.
stopped-key-perhaps = Lo que hay en el registro como clave para esa persona puede abrirlo o no.
stopped-acts = Se ha retirado el acceso a lo que compartió con { $who }. Pero { $who } todavía actúa por usted y puede abrir todos sus documentos. También eso se retira en «Familia».
person-stopped = { $who } ya no puede abrir nada suyo. Las bóvedas borran lo que guardaban para esa persona. Lo que antes podía abrir:
person-stopped-unsure = Lo que { $who } podía abrir ha terminado. Algo que el registro rechazó antes aún puede llegar: véalo abajo.
person-had-all = Podía abrir todos sus documentos. Además compartió por separado:
record-author = de { $who }
record-content = Contenido
record-download = Descargar el archivo
record-versions = Versiones
record-version = Versión { $number }
record-version-yours = Versión { $number }, de usted
record-version-of = Versión { $number }, de { $who }
version-called = { $who } llama a esta versión «{ $name }».
version-called-by-you = Usted llama a esta versión «{ $name }».
record-who-can = Quién puede verlo
record-nobody-can = Nadie más que usted.
record-until = hasta el { $end }
record-until-stopped = hasta que usted lo retire
record-stop = Retirar acceso
record-stop-this = Retirar de este documento
record-stop-this-who = Retirar de este documento: { $who }
record-stop-others-stay = Sus demás documentos siguen abiertos para esa persona.
record-stop-who = Retirar acceso: { $who }
record-extend = Prolongar
record-extend-who = Prolongar el acceso de { $who }
record-share = Compartir
record-who-looked = Quién lo ha visto
record-nobody-looked = Nadie más lo ha abierto todavía.
record-refused = rechazado
record-without-key = intentó abrirlo, no recibió la clave
record-erased-explained = Este documento se borró. Lo que las bóvedas guardaban de él está borrado.

content-no-viewer = Este tipo de archivo no se puede mostrar aquí. Descárguelo.
content-away = El contenido no está: se borró, o no se llega a una bóveda.
content-damaged = Este archivo está dañado, o no es lo que parece. Descárguelo para verlo con otro programa.
content-too-much = Este archivo es demasiado grande o complejo para mostrarlo aquí. Descárguelo.
content-locked = Este archivo está protegido con una contraseña. Descárguelo y ábralo con un programa que la pida.
content-no-such-page = Esa página no existe.
content-compression = Esta imagen está guardada de una forma que no se puede mostrar aquí. Descárguela.

add-title = Añadir archivos
add-explained = Cada archivo será un documento propio. Se cifra en este equipo antes de ir a ninguna parte.
add-open-to = Lo que añada lo verán en seguida quienes ven todos sus documentos: { $who }.
add-files = Archivos
add-name = Nombre
add-name-of = Nombre de
add-name-hint = Como quiera encontrarlo después, por ejemplo «Análisis de sangre, mayo». Sin nombre se llama como dice el documento, o como el archivo.
add-button = Añadir
add-done = { $name } está en su historia.
add-known = { $name } ya está en su historia. No se añadió nada.
add-failed = { $name } no se añadió: { $why }
add-progress-done = en su historia
add-progress-known = ya está en su historia, no se añadió nada
add-progress-failed = no añadido
add-archive = Esto es un archivo comprimido: contiene varios archivos. Todavía no se ha añadido.
add-archive-look = Incorporar lo que contiene
add-archive-one = Añadirlo como un solo archivo
add-archive-whole = Añadir los archivos comprimidos tal cual, cada uno como un solo archivo
add-too-large = Es demasiado grande para un formulario sin script: 32 MB como máximo. Permita scripts en su navegador y añádalo otra vez.
add-nothing = No se eligió ningún archivo.

import-link = Incorporar un archivo comprimido, un disco o una carpeta
foreign-open = Abrir un enlace o una tarjeta de salud que le dieron
foreign-title = Abrir un enlace o una tarjeta de salud
foreign-explained = Un SMART Health Link o una tarjeta de salud (SMART Health Card), como los dan clínicas y farmacias: como texto, como código QR o como archivo. Verá lo que contiene antes de que nada entre en su historial. Quien responde por el enlace conoce la dirección de su red y el nombre de abajo.
foreign-link = El enlace o la tarjeta como texto (empieza por shlink:/ o shc:/, o lo contiene)
foreign-picture = O una imagen de su código QR, o su archivo
foreign-passcode = Código de acceso
foreign-passcode-hint = Solo si le dijeron uno. Demasiados errores cierran el enlace para siempre.
foreign-name = Quién es usted
foreign-name-hint = Quien hizo el enlace puede leerlo.
foreign-button = Abrir
foreign-nothing = Pegue el enlace o elija una imagen de su código.
foreign-link-broken = Esto no es un enlace entero. Cópielo todo, desde shlink:/ hasta el final.
foreign-card-broken = Esto empieza como una tarjeta de salud y no se puede leer como tal. Cópiela toda, desde shc:/ hasta el final, con todos sus códigos.
foreign-no-code = En esta imagen no se puede leer ningún código QR. Hágala otra vez, recta desde arriba y con más luz.
foreign-other-code = El código de esta imagen no es un enlace ni una tarjeta de salud.
foreign-too-large = Esto es mayor que cualquier enlace, tarjeta o imagen de uno.
foreign-neither = Aquí no hay ni un enlace ni una tarjeta de salud.
foreign-ended = El enlace ha caducado. Pida otro a quien se lo dio.
foreign-no-passcode = El enlace pide un código. Pregunte a quien se lo dio.
foreign-wrong-passcode = El código es incorrecto. Pregunte a quien le dio el enlace; demasiados errores lo cierran para siempre.
foreign-wrong-passcode-left = { $count ->
    [0] El código es incorrecto y el enlace queda cerrado. Pida otro.
    [one] El código es incorrecto. Un error más cierra el enlace para siempre.
   *[other] El código es incorrecto. { $count } errores más cierran el enlace para siempre.
}
foreign-not-there = El enlace no abre nada: ha caducado, se ha agotado o nunca existió. Pida otro.
foreign-too-much = Se ha preguntado demasiado por este enlace. Espere unos minutos e inténtelo de nuevo.
foreign-damaged = Lo que da el enlace no se puede abrir: fue alterado o el enlace no está entero. Pida otro.
foreign-host-away = Nadie responde ahora por este enlace. Compruebe su red e inténtelo más tarde.
import-look = Ver
import-look-not-yet = No está en su historial: está solo en este equipo hasta que lo ponga en el historial o lo deje.
import-look-back = Volver a lo que contienen
import-title = Incorporar lo que otros le dieron
import-explained = Exportaciones de hospitales, consultas y Apple Health, discos con imágenes, carpetas de cartas: los archivos comprimidos se abren, y las imágenes de un estudio forman un solo documento. Usted ve lo que contienen antes de que algo entre en su historia. Hasta entonces se queda en este equipo, cifrado.
import-begun = Ver lo que eligió antes
import-files = Archivos, también comprimidos
import-folder = O una carpeta o un disco entero
import-drop = O suelte aquí archivos y carpetas.
import-button = Ver lo que contienen
import-found-title = Lo que contienen
import-done-title = Qué fue de ello
import-nothing = No contienen nada.
import-count-new = { $count ->
    [one] Un documento es nuevo. Se incorpora si está marcado.
   *[other] { $count } documentos son nuevos. Se incorporan los que están marcados.
}
import-count-on-record = { $count ->
    [one] Se añadió un documento.
   *[other] Se añadieron { $count } documentos.
}
import-count-known = { $count ->
    [one] Uno ya está en su historia.
   *[other] { $count } ya están en su historia.
}
import-count-left = { $count ->
    [one] Un archivo se deja fuera; al lado está el motivo.
   *[other] { $count } archivos se dejan fuera; al lado de cada uno está el motivo.
}
import-count-failed = { $count ->
    [one] Uno no está en su historia; al lado está el motivo.
   *[other] { $count } no están en su historia; al lado de cada uno está el motivo.
}
import-write = Incorporar lo marcado
import-nothing-ticked = No hay nada marcado. Marque lo que quiera incorporar, o déjelo.
import-whose = De quién son estos documentos
import-about = Sobre
import-born = { $name }, fecha de nacimiento: { $born }
import-no-name = Alguien sin nombre
import-not-named = No nombra a nadie, hasta donde se puede leer aquí
import-compared-own = Los nombres que contienen se comparan con su nombre aquí, «{ $name }».
import-compared-most = Aquí no consta cómo se llama usted, así que se comparan unos con otros. La mayoría nombra a «{ $name }».
import-compared-none = Aquí no consta cómo se llama usted, y los documentos nombran a personas distintas. Marque los que tratan de usted.
import-compared-card = Decir cómo se llama usted
import-doubted = { $count ->
    [one] Un documento parece tratar de otra persona. Al principio no está marcado: lo que se incorpora queda en el registro. Mírelo, y márquelo si es suyo.
   *[other] { $count } documentos parecen tratar de otra persona. Al principio no están marcados: lo que se incorpora queda en el registro. Mírelos, y marque los que sean suyos.
}
import-group = { $count ->
    [one] un documento, { $ticked } marcado.
   *[other] { $count } documentos, { $ticked } marcados.
}
import-more-groups = { $count ->
    [one] Los documentos nombran a una persona más; está junto a los archivos de abajo.
   *[other] Los documentos nombran a { $count } personas más; están junto a los archivos de abajo.
}
import-tick = Marcar estos
import-untick = Desmarcar estos
import-doubt-name = Su nombre aquí es «{ $name }».
import-doubt-born = La mayoría de estos documentos dice: fecha de nacimiento { $born }.
import-doubt-most = La mayoría de estos documentos nombra a «{ $name }».
import-doubt-unclear = Estos documentos nombran a varias personas, y nada dice cuál de ellas es usted.
import-doubt-several = Trata de varias personas.
import-leave = Nada de esto
import-on-record = en su historia
import-known = ya está en su historia
import-left = se deja fuera: { $why }
import-failed = no está en su historia: { $why }
import-left-empty = está vacío.
import-left-program = es un programa, o parte de uno.
import-left-system = un sistema operativo lo hizo para sí mismo.
import-left-style = solo dice cómo se ven otros archivos en un navegador.
import-left-index = enumera las imágenes de un disco, que se incorporan ellas mismas.
import-left-locked = tiene una contraseña. Ábralo usted e incorpore los archivos.
import-left-packing = está comprimido de una forma que aquí no se lee. Ábralo usted e incorpore los archivos.
import-left-bomb = abierto sería mucho más grande de lo que son esos archivos: puede que esté hecho para dañar.
import-left-damaged = está dañado: sus bytes no son los que dice su archivo comprimido.
import-left-not-chosen = usted no lo marcó.
import-left-other-person = parece tratar de otra persona, y usted no lo marcó.
import-left-erased = usted lo borró antes. «Añadir archivos» lo incorpora otra vez.

share-title = Compartir «{ $name }»
share-extend-title = Prolongar el acceso de { $who } a «{ $name }»
share-extend-all-title = Prolongar el acceso de { $who } a todos sus documentos
share-extend-now = Hasta ahora termina el { $end }. Elija el nuevo final.
share-with = ¿Con quién?
share-other = Otra persona
share-how-long = ¿Por cuánto tiempo?
share-hour = 1 hora aproximadamente
share-day = 1 día
share-week = 1 semana
share-month = 30 días
share-year = 1 año
share-stopped = Hasta que lo retire
share-until = (hasta el { $end })
share-until-minutes = ({ $count } minutos, hasta el { $end })
share-has = tiene acceso hasta que usted lo retire
share-has-until = tiene acceso hasta el { $end }
share-explained = Esa persona ve la versión actual y las siguientes. Cada apertura se escribe en el registro.
share-several-title = Compartir con una persona
share-several-button = Compartir varios
share-several-what = ¿Qué?
share-several-some = Los documentos que marco abajo
share-several-all = Todos mis documentos ({ $count })
share-several-all-hint = También los futuros y todas las versiones, hasta que termine el plazo o usted lo retire.
share-several-again = También aquellos cuyo acceso retiré antes
share-several-nothing = Marque lo que quiere compartir, o elija todos los documentos.
ticks-more = Otros { $count } no aparecen aquí: búsquelos.
share-called = Se mostrará su nombre: «{ $name }». Viaja cifrado con lo que comparte.
share-not-called = Su nombre no se comunica: aún no tiene tarjeta. Solo se verían el principio y el final de su cuenta.
share-button = Compartir
share-nobody = Elija con quién compartir.
share-unclear = Este nombre podría ser de varias personas. Dé también el final de la cuenta.
share-unknown = Nadie entre sus propias personas se llama así, y no se busca en otro sitio. Dé su cuenta, o añada antes a esa persona en Personas.
share-no-term = Elija por cuánto tiempo.
share-new-title = ¿Es la persona correcta?
share-new-explained = Desde aquí nunca se cifró nada para { $who }. Compare esta huella de su clave con esa persona, por teléfono o cara a cara.
share-new-button = La huella es la misma: seguir

shared-for = para { $organisation }
shared-none = Ahora nadie comparte nada con usted.
shared-explained = Cada apertura se escribe en el registro del paciente.
shared-record = documento { $number }
shared-open = Abrir
shared-opened = Su apertura está en el registro del paciente. Puede verlo aquí hasta las { $end }, también si vuelve a cargar esta página; si lo abre de nuevo después, queda otra entrada.
shared-versions-hint = Cada versión que abra deja una entrada en el registro, que el paciente ve.

people-none = Aún no conoce a nadie aquí. Pida su tarjeta a su clínica.
people-add = Añadir a alguien
people-card = La tarjeta de esa persona, o su cuenta
people-card-hint = Un texto que empieza por mrms:, o una cuenta que empieza por S
people-name = Cómo llama usted a esa persona (vacío: como se llama a sí misma)
people-add-button = Añadir
people-wrong-card = Esto no es una tarjeta, o se alteró por el camino.
people-no-card = En este texto no hay ninguna tarjeta: nada en él empieza por «mrms:». Copie otra vez el mensaje entero, o pida la tarjeta.
people-invitation = Esto es una invitación y no una tarjeta. «Unirse con una invitación» la acepta.
people-other-ledger = Esta tarjeta es de otro registro que el suyo.
people-old-card = Usted tiene una tarjeta más reciente.
name-empty = En este nombre no hay nada que leer. Escriba uno.
name-too-long = Este nombre es demasiado largo. Dé uno más corto.
name-hidden = Este nombre tiene caracteres invisibles. Escríbalo en lugar de pegarlo.
people-lookalike = Alguien entre sus personas tiene un nombre que parece igual. Dé otro nombre.

who-opened = { $who } abrió «{ $name }».
who-refused = { $who } intentó abrir «{ $name }» y no se le permitió.
who-without-key = { $who } intentó abrir «{ $name }» y no recibió la clave.
who-emergency = { $who } declaró una emergencia sobre «{ $name }».
who-emergency-opened = { $who } abrió «{ $name }» en una emergencia.

check-title = Comprobar pruebas
check-explained = Elija una prueba que alguien guardó de un documento, o un registro exportado. Se comprueba en este equipo y no va a ninguna parte.
check-events = Qué ocurrió
check-more = Y { $count } más, que también se comprobaron.
check-no-evidence = Este archivo no es una prueba ni un registro exportado: no hay nada que comprobar. Las pruebas se guardan en la página de un documento; su nombre empieza por «evidence».
check-file = Archivo
check-button = Comprobar
check-only = Solo quiero comprobar una prueba
check-back = Volver al inicio
check-bundle = Probado: { $count } hechos
check-trail = Registro intacto: { $count } hechos
check-trails = Registro intacto: { $count } hechos de { $records } documentos
check-of-record = Documento { $record }: { $count } hechos
check-broken = Esta prueba no es válida
check-broken-why = El archivo se alteró, o no está completo. No se fíe de él: pida otra copia. El programa dice por qué, en inglés:
check-forked = El registro que se conoce aquí dice otra cosa en el mismo lugar. Alguien lo cambió, o retiró una parte. Guarde este archivo y pregunte a quien lleva el registro.
check-not-proven = Intacto, pero sin probar: { $count } hechos
check-no-proofs = El registro de donde viene esto no da pruebas. El archivo no se alteró; si todo esto ocurrió, hay que mirarlo allí.
check-no-chain = Nada muestra que esto aún valga: quien llevaba el registro pudo retirar una parte desde entonces. Pida pruebas más nuevas.
check-own-ledger = Es del registro con el que trabaja este programa, y concuerda con él.
check-flagged = Cuidado: una bóveda se contradice en este archivo, con su propia firma. Guarde el archivo.
check-record = Documento { $record }
check-head = El registro termina en
check-ledger = Compare esto con lo que sepa por otra vía: nombra el registro, por el hash de su primer bloque.

settings-account = Su cuenta
settings-words-explained = Escriba su frase de contraseña para verlas.
settings-words-button = Mostrar las palabras

error-title = No funcionó
error-other-page = Esta petición no vino de una página del portal. No se hizo nada. Vuelva e inténtelo de nuevo.
error-other-user = Estas páginas son para la cuenta de usuario de este equipo que las ha iniciado. Este navegador parece funcionar con otra cuenta. Abra las páginas en un navegador de la misma cuenta.
error-no-page = No existe esa página.
error-form = Este formulario no está completo. Vuelva atrás y rellénelo otra vez.
error-refused = No se pudo hacer. El motivo:
error-away = El equipo con el registro no responde. Su historia está segura allí. Inténtelo más tarde.
error-away-meanwhile = Sus 24 palabras, las copias de seguridad y el bloqueo funcionan igualmente, en «Ajustes».
opened-over = Lo que usted abrió se puede ver durante diez minutos, o hasta que bloquee. Eso ya pasó. Para verlo otra vez, ábralo en la lista: queda otra entrada en el registro, que el paciente ve.
error-again = Intentar de nuevo
error-broke-off = La operación se interrumpió. Inténtelo de nuevo.
error-back = Volver al inicio
error-form-back = Volver a lo que escribió

nav-menu = Menú
pages-label = Páginas de esta lista
pages-before = Más recientes
pages-after = Más antiguos
pages-of = Página { $page } de { $pages }

who-you = usted
who-calls = { $short } (dice llamarse «{ $name }»)
who-unknown = { $short } (no está entre sus personas)
who-listed = «{ $name }» ({ $end }), en el directorio «{ $by }»
who-not-listed = { $short }, que ya no figura en el directorio «{ $by }»
who-no-key = { $short } (una cuenta sin clave, por ejemplo un enlace)
nameless = Todavía no se sabe cómo se llama. El nombre llega con las claves de sus documentos, o con su tarjeta: pídasela.
nameless-link = Introducir una tarjeta
person-you-act = Lo que usted puede hacer por esta persona
who-member = { $who }, para { $organisation },
who-for-you = { $who }, por usted,
who-for-you-sharing = { $who }, por usted y para compartirlo,
who-is-person = una persona
who-is-practice = una consulta
who-is-hospital = un hospital
who-is-laboratory = un laboratorio
who-is-pharmacy = una farmacia
who-is-insurer = una aseguradora
who-is-auditor = un auditor
who-is-other = otra cosa

home-week = { $count ->
    [0] Nadie los abrió esta semana.
    [one] Alguien abrió uno esta semana.
   *[other] Otros los abrieron { $count } veces esta semana.
}
home-week-who = Esta semana, { $who } los abrió { $count ->
    [one] una vez
   *[other] { $count } veces
}.
home-ending-several = { $who } podrá ver { $count } documentos por poco tiempo más; el primero hasta el { $end }
home-ending-more = { $count } más terminan pronto

left-ended = terminado
left-minutes = { $count ->
    [one] queda 1 minuto
   *[other] quedan { $count } minutos
}
left-hours = { $count ->
    [one] queda 1 hora
   *[other] quedan { $count } horas
}
left-days = quedan { $count } días

handed-picture = O un archivo, o una imagen de su código QR
handed-camera = Leer con la cámara
handed-no-camera = La cámara no funciona. Elija una imagen.
handed-nothing = Pegue el texto, o elija un archivo o una imagen.
handed-altered = Este texto no está completo, o fue alterado por el camino. Cópielo otra vez entero.
handed-no-code = En esta imagen no hay un código QR legible. Haga otra, más cerca y con mejor luz.
handed-several = En esta imagen hay varios códigos. Muestre uno solo.
handed-other-code = El código QR de esta imagen no es de MRMS.
handed-too-large = Esta imagen es demasiado grande.

card-name = Nombre
card-kind = Tipo
card-organisation = Organización
card-address = Dirección
card-account = Cuenta
card-fingerprint = Huella de la clave
fingerprint-theirs = La otra persona encuentra la suya en su propio MRMS: «Personas», luego «Mi tarjeta». Léanselas la una a la otra, grupo por grupo.
fingerprint-own = Esto es lo que lee a quienes comparan. Lo ven en su página cuando añaden su tarjeta o comparten algo con usted.
card-compare = Esto dice esa persona de sí misma. Compare con ella la huella de la clave, por teléfono o en persona.
card-newer = Esta tarjeta es más nueva que la que usted tiene.
card-before = La tarjeta que tiene
card-same = Ya tiene esta tarjeta.
card-no-key = Esa persona todavía no ha publicado una clave; no se puede compartir nada con ella.
card-other-key = Cuidado: la clave publicada de esta cuenta es otra: { $published }. Pida la tarjeta más reciente.
card-other-kind = Esto no es una tarjeta.

people-sees = { $count ->
    [0] no ve nada
    [one] ve 1 documento
   *[other] ve { $count } documentos
}
people-sees-all = Todos sus documentos, también los futuros
people-look-button = Ver
people-look-title = ¿Es la persona que usted cree?
people-more = Tarjetas e invitaciones
people-request = Esto es una petición y no una tarjeta. Respóndala en «Responder a una petición».
people-own-card = Es usted.
people-contradicts = Esta tarjeta tiene el mismo número que la que usted tiene, y dice otra cosa. Pregunte a esa persona.
people-refused-name = Este nombre podría significar otra cosa en las listas. Dé otro.
people-alike = Este nombre se parece al de alguien que usted conoce:
people-alike-meant = Son dos personas o lugares distintos, y quiero que ambos se llamen así.
people-account-explained = Una cuenta no tiene nombre. Dele uno a esa persona.
people-account-name = Cómo llama usted a esa persona

person-added = Ya está entre sus personas.
person-shared = { $who } puede ver lo que usted compartió.
person-share = Compartir documentos con esta persona
person-shut-out = Pero no estos: usted retiró antes el acceso a ellos. Seguirá así hasta que vuelva a compartirlos uno por uno.
person-share-these = Compartir también estos
person-renamed = Se llama así desde ahora.
person-sees = Lo que puede ver
person-sees-nothing = Nada suyo.
person-opened = { $count ->
    [one] abierto una vez, el { $day }
   *[other] abierto { $count } veces, la última el { $day }
}
opened-without-key = { $count ->
    [one] (lo pidió una vez más y las bóvedas no dieron la clave)
   *[other] (lo pidió { $count } veces más y las bóvedas no dieron la clave)
}
person-not-opened = no abierto
person-stop-all = Retirar todo
person-stop-explained = Retira el acceso a todo lo que esa persona puede ver ahora. Lo que ya guardó, quizá lo conserve.
person-elsewhere = También dio algo a { $who } en otro contrato, y sigue vigente: { $contracts }. Nada de esta página lo termina. Pregunte a quien instaló este programa.
unasked-why = El registro no responde qué puede abrir ahora { $who }. Dice:
unasked-remembered = Esto es lo que usted le dio y no ha retirado, hasta donde recuerda este programa
unasked-record = Documento { $number }
unasked-explained = Puede retirarlo de todos modos. Qué más puede abrir, solo lo dice un registro que responda.
unasked-ended = Lo que usted dio a { $who } se ha retirado, hasta donde recuerda este programa.
unasked-ended-record = { $who } ya no puede abrir este documento: el registro ha aceptado la retirada.
unasked-record-of-another = Según el registro, este documento es de otra persona: ella decide quién lo abre.
unasked-record-unknown = El registro no mostró el documento, así que no se sabe qué abrió antes { $who }. Mírelo de nuevo más tarde o con otra conexión.
unasked-unknown = El registro no respondió qué más puede abrir esa persona. Mire de nuevo más tarde o con otra conexión.
unasked-look-again = Volver a mirar
unsure-ending = Usted lo retiró, pero aún falta la confirmación. Hasta que llegue, { $who } quizá pueda abrirlo todavía:
unsure-ending-do = Sigue por sí solo. Si mañana continúa aquí, pulse otra vez «Retirar todo».
unsure-perhaps = Usted quiso dar esto a { $who }. El registro lo rechazó, pero eso no prueba nada: puede llegar de todos modos. Cuente con que está dado:
unsure-perhaps-do = Para estar seguro de que no llegue, pulse «Retirar todo».
unsure-more = que esa persona sea su contacto o su personal, o reciba todo de usted: mire en «Familia»
unsure-line-ending = Retirado por usted, aún sin confirmar
unsure-line-perhaps = Rechazado por el registro, puede llegar de todos modos
home-unsure-ending = Usted retiró lo que { $who } puede ver, pero aún falta la confirmación.
home-unsure-perhaps = Lo que quiso dar a { $who } fue rechazado y puede llegar de todos modos. Mírelo.
person-looked = Cuándo abrió algo
person-never-looked = Nunca abrió nada suyo.
person-all-looks = Todo lo que abrió
person-card = La tarjeta de esa persona
person-no-card = No tiene la tarjeta de esa persona.
person-key-now = Es la clave que tiene ahora. En la tarjeta que usted tiene está otra: { $before }
person-rename = El nombre que usted le da
name-give = Dar un nombre
name-change = Cambiar el nombre
name-of = { $action }: { $who }
name-hint = Solo usted ve este nombre. Escriba cómo los conoce, por ejemplo «Hospital Norte, urgencias».
name-save = Guardar el nombre
name-card = Si tiene su tarjeta, introdúzcala: el nombre viene con ella.
person-forget = Olvidar a esa persona
person-forget-explained = Olvidar a alguien quita su nombre y su tarjeta. Lo que puede ver, lo sigue viendo.

join-title = Unirse con una invitación
join-explained = Con una invitación, por ejemplo de su clínica, usted trabaja con su registro y sus bóvedas. Primero ve lo que pide.
invite-title = Invitar a alguien
invite-explained = Quien acepte su invitación trabajará con el mismo equipo y las mismas bóvedas que usted: así podrán compartir. Con eso no verá nada suyo.
invite-pays = Las tasas de quien se una se pagan por esa persona.
invite-pays-nobody = Nadie paga las tasas de quien se una. Antes necesita dinero en su cuenta: hasta entonces no puede guardar ni compartir nada, y nadie puede compartir con esa persona. Su página de inicio le muestra la cuenta que debe darle a usted. Quien instaló este programa puede poner dinero en ella o iniciar aquí un servicio que pague las tasas de otros.
invite-how-long = ¿Hasta cuándo se puede aceptar?
invite-button = Crear una invitación
invite-made = Esta es la invitación. Se puede aceptar hasta el { $end }. Envíe el texto o deje que escaneen el código al unirse.
invite-for-one = Es para una persona, cuyas tasas se pagan con ella. Envíela como enviaría una contraseña.
invite-near = Sus direcciones llevan solo a este equipo, así que nadie más puede aceptarla. Quien instaló este programa puede indicar otras.
invite-no-node = Este equipo todavía no sirve a nadie más, así que no hay a qué invitar. Quien instaló este programa puede ponerlo en marcha para otros.
invite-no-sponsor = Este equipo paga las tasas de otros, pero aquí no se conoce la dirección para ello, así que no se creó nada. Quien instaló este programa puede indicarla en los ajustes.
invite-no-card = Cree primero su tarjeta: una invitación dice quién es usted.
join-invitation = La invitación
join-hint = Un texto que empieza por mrms:, o la dirección de quien invita
join-look = Ver
join-question = «{ $name }» le invita
join-trust = En qué confiaría
join-found = Encontrada en { $place }
join-ledger = El registro de quién puede ver qué está en
join-vaults = { $count ->
    [one] 1 bóveda guarda las claves de lo que comparte:
   *[other] { $count } bóvedas guardan las claves de lo que comparte; hacen falta { $needed } para abrirlo:
}
join-does-not-answer = no responde ahora
join-fees-own = Las tasas las paga usted.
join-fees-paid = Las tasas las paga por usted
join-until = Se puede aceptar hasta el { $end }.
join-few-vaults = Responden { $there } bóvedas, y hacen falta { $needed } para compartir algo.
join-own-records = { $count ->
    [one] 1 documento suyo está en el registro propio de este equipo y se queda allí. Después de unirse, la primera página ofrece traerlo.
   *[other] { $count } documentos suyos están en el registro propio de este equipo y se quedan allí. Después de unirse, la primera página ofrece traerlos.
}
join-anyway = Lo sé y me uno de todos modos.
join-say-anyway = Confirme que ha leído lo que está en rojo.
join-button = Unirse
join-other-kind = Esto no es una invitación.
join-altered = Esto no es una invitación, o fue alterada por el camino.
join-none = En este texto no hay ninguna invitación: nada en él empieza por «mrms:». Copie otra vez el mensaje entero, o pida la invitación.
join-expired = Esta invitación ya no vale. Pida otra.
join-plain = { $place } no está cifrado: cualquiera en el camino podría leer y cambiar lo que se dice.
join-away = { $place } no responde, así que no se puede comprobar nada. Inténtelo más tarde.
join-not-published = { $place } no muestra ninguna invitación.
join-differs = { $place } no es lo que nombra la invitación. No se cambió nada. Pregunte a quien le invitó.
join-unknown-contract = Las reglas de ese registro no son las que este programa conoce.
join-overridden = Este portal se inició con un registro, contrato o bóveda propios, que prevalecerían. Inícielo sin ellos.
welcome-joined = Trabajará con «{ $name }».
welcome-invitation = Tengo una invitación, por ejemplo de una clínica

share-what = Se verá exactamente esto:
share-by-card = Con una tarjeta, pegada o escaneada
share-date = Hasta el final de este día:
share-date-day = Día
share-no-date = Elija el día hasta el que se puede ver.
share-date-past = Ese día ya pasó. Elija otro posterior.
share-more = Qué más se permite
share-amend = abrirlo y añadir versiones
share-history = También se pueden abrir versiones anteriores
key-changed = { $who } tiene una clave nueva. Es normal cuando alguien deja una consulta o un hospital, o cambia de aparato. Se vería igual si alguien se hubiera apoderado de la cuenta: por eso compare la huella, por teléfono o cara a cara.
key-not-on-card = { $who } tiene otra clave que la de la tarjeta que usted tiene. Es normal cuando alguien deja una consulta o un hospital, o cambia de aparato. Se vería igual si alguien se hubiera apoderado de la cuenta: por eso compare la huella, por teléfono o cara a cara.
key-before = Antes
key-now = Ahora
key-again = Compare y diga después que es la misma: lo que { $who } puede abrir de lo suyo se comparte entonces otra vez con la clave nueva.
new-key = { $who } tiene una clave nueva. Lo que usted añada no le llega hasta que la compare y comparta otra vez.
new-key-line = Tiene una clave nueva: lo que usted añada no le llega.
new-key-compare = Comparar la clave y compartir otra vez
new-key-compared = Ha comparado la clave. Lo que esa persona puede ver se abre con ella, también las versiones más nuevas.
new-key-title = Comparar la clave nueva de { $who }
new-key-button = La huella es la misma: compartir otra vez con la clave nueva

record-amended = La versión nueva está en su historia.
record-without = { $who } no recibió ninguna clave de la versión nueva y no puede abrirla. Compártala otra vez.
record-renamed = Ya tiene el nombre nuevo.
rename-title = Cambiar el nombre de «{ $name }»
rename-button = Cambiar el nombre
rename-name = Nombre nuevo
rename-explained = Lo registrado no cambia: se añade una versión con el mismo documento y el nombre nuevo. Quien pueda verlo leerá el nombre nuevo.
record-emergency = Alguien declaró una emergencia sobre este documento. Lea por qué.
record-emergency-declared = declaró una emergencia
record-emergency-read = lo abrió en una emergencia
record-log = El registro completo, comparado con las bóvedas
record-more = Más
record-amend = Añadir una versión
amend-title = Añadir una versión
amend-explained = Las versiones anteriores se quedan y el documento conserva su nombre. Quien puede verlo ve también la versión nueva, si aquí no se dice otra cosa. Para poner delante una anterior, ábrala, guárdela y añádala aquí.
erase-title-short = Borrar

log-title = El registro de «{ $name }»
log-agree = El registro está completo, y los de las bóvedas coinciden.
log-agree-partly = Los registros coinciden, hasta donde se pudieron comparar.
log-differ = Los registros de las bóvedas no coinciden con este.
differ-without-entry = En { $vault } se entregó una clave (línea { $number } de su registro) de la que este registro no tiene ninguna entrada.
differ-other-entry = En { $vault } se entregó una clave por la entrada { $number }, que trata de otra cosa.
differ-twice = En { $vault } se entregó una segunda clave por la entrada { $number }.
differ-interrupted = La entrada { $number } es una apertura para la que { $count ->
    [0] ninguna bóveda entregó
    [one] 1 bóveda entregó
   *[other] { $count } bóvedas entregaron
} una clave: se interrumpió, o ya se tenía la clave.
differ-reason = En { $vault } se entregó una clave (línea { $number } de su registro) en una emergencia con otro motivo que el declarado.
differ-no-reason = En { $vault } se entregó una clave sin el motivo de la emergencia que declaró la entrada { $number }.
differ-unreadable = El motivo de la emergencia que declaró la entrada { $number } no se abre con sus claves.
differ-altered = El registro de { $vault } no cuadra: fue alterado.
differ-anchored = El registro de { $vault } no es el que quedó anotado en el registro común.
differ-seen = El registro de { $vault } fue recortado o reescrito desde la última vez que se leyó aquí.
differ-not-asked = No se preguntó a { $vault }. El programa dice, en inglés:
differ-own-vault = la bóveda de este equipo
log-purpose = para { $purpose }
log-purpose-asked = se está preguntando a las bóvedas para qué
log-reason-asked = se está preguntando a las bóvedas por qué
log-reason = Motivo indicado: «{ $reason }»
log-no-reason = El motivo no le ha llegado: ninguna bóveda consultada lo tiene. Pregunte a esa persona.
log-why = Motivo
log-review = Lo he leído
log-reviewed = Queda anotado que lo ha leído.
log-evidence = Prueba para guardar
evidence-title = Prueba de lo que pasó con «{ $name }»
evidence-what = Es un archivo con las pruebas de todo lo que pasó con este documento: quién recibió acceso, quién lo abrió, a quién se rechazó, y cuándo.
evidence-for = Guárdelo, o déselo a quien deba comprobarlo: un abogado, una autoridad, un auditor. No necesitan acceso a sus documentos, ni este programa; «Comprobar» también lo hace.
evidence-has = Contiene cuentas y horas, y nada de lo que dice el documento.
evidence-save = Guardar la prueba
log-back = Volver al documento
log-entry = Entrada { $index } de «{ $name }»
log-who = Quién
log-whom = A quién
log-action = Qué
log-what-for = Para qué
log-when = Cuándo
log-transaction = Transacción
log-head = Suma de comprobación del registro tras la entrada
log-unknown = el registro no lo dice
log-entry-explained = La entrada se comprobó con la suma del registro. Con la prueba cualquiera puede comprobarla, sin tener que creer a este programa.
log-whole = El registro completo
did-create = { $who } lo creó
did-amend = { $who } añadió una versión
did-grant = { $who } dio acceso a { $whom }
did-revoke = { $who } retiró el acceso de { $whom }
did-access = { $who } lo abrió
did-emergency = { $who } declaró una emergencia
did-emergency-read = { $who } lo abrió en una emergencia
did-offer = { $who } lo envió a { $whom }
did-accept = { $who } lo aceptó
did-other = { $who }: { $action } { $whom }
did-envelope = { $who } dejó una clave para { $whom }
did-envelope-you = Usted dejó una clave para { $whom }
did-try = { $who } intentó { $what }
did-try-you = Usted intentó { $what }
try-create = crearlo
try-amend = añadir una versión
try-grant = dar acceso a { $whom }
try-revoke = retirar el acceso de { $whom }
try-access = abrirlo
try-emergency = declarar una emergencia
try-emergency-read = abrirlo en una emergencia
try-envelope = dejar una clave para { $whom }
try-offer = enviarlo a { $whom }
try-accept = aceptarlo
purpose-treat = tratamiento
purpose-etreat = tratamiento de emergencia
purpose-coc = coordinación de la atención
purpose-hpaymt = pago
purpose-hoperat = gestión de la organización
purpose-hresch = investigación
purpose-patrqt = una petición del paciente
purpose-famrqt = una petición de la familia
purpose-other = otro fin

who-times = { $count } veces ese día
who-nobody = Nadie más lo ha visto, y nadie lo ha intentado.
who-count-opened = Abierto: { $count }
who-count-refused = Rechazado: { $count }
who-count-declared = Emergencias declaradas: { $count }
who-weeks = Las últimas semanas
who-week = Semana desde el { $day }: aperturas { $opened }, rechazos { $refused }
who-weeks-table = Lo mismo en palabras
who-filter = Mostrar
who-filter-all = Todo
who-filter-opened = Abierto
who-filter-refused = Rechazado
who-filter-emergency = Emergencias
who-filter-person = Quién
who-filter-everybody = Todos
who-filter-button = Mostrar
who-export = Para guardar o para otros
who-export-explained = El registro completo como archivo: para una hoja de cálculo, para comprobarlo o para otros programas de salud. Contiene cuentas y no nombres.
who-report = El informe de divulgaciones en papel: quién pudo leer qué, cuándo y para qué, en los últimos seis años, con nombres. Está en inglés.

why-no-access = Nunca le dieron acceso a esto. Pídalo.
why-expired = Este acceso terminó por sí solo. Pida que lo compartan otra vez.
why-revoked = El paciente retiró este acceso. Solo él puede darlo otra vez.
why-emergency-only = Solo puede abrirlo en una emergencia.
why-no-amend = Puede abrirlo y no añadir nada. Pregunte al paciente.
why-no-emergency = Su acceso no lo abre tampoco en una emergencia.
why-old-version = Esta versión es anterior a su acceso.
why-not-yours = Este documento es de otra persona.
why-no-member = Usted ya no pertenece a esta organización. Quien la administra puede volver a incluirle.
why-no-record = No existe ese documento.
why-self = Es usted.
why-no-offer = Ya no se le ofrece.
why-no-key = Esa persona todavía no ha publicado una clave; no se puede cifrar nada para ella. Pídale que abra su MRMS una vez.
why-key-changed = Su clave es distinta de la de antes. Comparta algo primero: se le pedirá compararla.
why-key-not-on-card = Su clave no es la de su tarjeta. Pida su tarjeta más reciente.
why-key-missing = Su clave no vino con ello, así que no podría leerlo. Pida que lo envíen otra vez.
why-vaults-away = Muy pocas de las bóvedas que guardan las claves responden ahora. Sus documentos están a salvo. Inténtelo más tarde.
why-no-share = Las bóvedas respondieron. No tienen ninguna clave de esta versión para usted. Pida a la persona que la comparta otra vez con usted.
why-no-share-new-key = Las bóvedas respondieron. No tienen ninguna clave de esta versión para usted, porque su clave es nueva. Pida a la persona que compare con usted la huella y que comparta otra vez: figura en su página de inicio. Lo que compartió antes se abre como hasta ahora.
why-no-share-new-key-of = Las bóvedas respondieron. No tienen ninguna clave de esta versión para su organización, porque la clave de esta es nueva. Pida a la persona que compare con usted la huella y que comparta otra vez: figura en su página de inicio. Lo que compartió antes se abre como hasta ahora.
why-no-share-program = Las bóvedas respondieron. Todavía no tienen ninguna clave de esta versión para usted. La deja allí un programa de la persona: tiene que ejecutarse una vez. Pídale, o a quien pueda iniciarlo en su equipo, que abra estas páginas con el perfil de esa persona.
no-share-fingerprint = La huella de su clave, que el paciente compara con usted:
no-share-fingerprint-of = La huella de la clave de su organización, que el paciente compara con usted:
no-share-earlier = Quizá se pueda abrir ahora una versión anterior. Eso deja otra entrada en el registro, que la persona ve.
no-share-open-earlier = Abrir la versión { $number }
why-no-salt = Este documento se creó borrable, y falta la parte de su clave que solo guarda una bóveda (la sal). Sus palabras solas no lo abren. Pida a quien lleva la bóveda una copia con sus claves, o restaure una copia de seguridad que las tenga. Todos los demás documentos se abren.
why-salt-away = Este documento se creó borrable. Las bóvedas que responden no tienen la parte de su clave que deben guardar (la sal), y una que puede tenerla no responde. Inténtelo cuando responda.
why-unknown-rights = El registro dice derechos que usted no dio en este equipo. Diga usted qué se permite.
why-no-card = Cree primero su propia tarjeta.
why-own-key = Su propia clave aún no está publicada.
why-no-reason = Escriba el motivo en una línea.
why-busy = Otro programa usa sus documentos ahora. Inténtelo en un momento.
why-damaged = Un archivo en el que su perfil recuerda algo está dañado, y por eso esto no se puede hacer ahora:
why-no-funds = No hay bastante dinero en su cuenta para la tasa.
why-pending = Esperando confirmación. Está enviado y aún no en el registro; continúa solo.
why-maybe-sent = Puede que se haya enviado, pero en el disco de este equipo no hay espacio para anotarlo. Libere espacio e inténtelo otra vez: primero se busca lo que ya se envió.
why-empty = El archivo está vacío.
why-fee = La tasa es mayor de lo que permiten sus ajustes. Inténtelo más tarde.
why-burn-height = El registro indica una hora que no puede ser correcta. No se ha compartido ni cambiado nada. Compruebe la fecha de este dispositivo y después pregunte a quien gestiona el servicio.
why-sponsor = Quien paga sus tasas no paga esta.
why-sponsor-away = Quien paga sus tasas no responde ahora. Inténtelo más tarde.
why-ledger-damaged = Algo va mal con el registro de este equipo. No cambie nada y pregunte a quien preparó este equipo. En «Ajustes» se dice qué va mal.
why-storage = El disco de este equipo está lleno o no se puede escribir.
why-record-exists = Ya hay un documento con este número. No se añadió nada: inténtelo otra vez.
why-no-version = Este documento no tiene ninguna versión con este número.
why-version-taken = Mientras tanto otra persona añadió una versión. Mírela, y añada después la suya.
why-foreign-id = Este número está reservado para los documentos de otra persona. No se añadió nada.
why-end-past = Este final ya pasó. Elija uno posterior.
why-no-grant = Esa persona ya no tiene acceso a esto: no queda nada que retirar.
why-invalid-rights = Lo que puede hacer esa persona no se eligió de una forma posible. Elíjalo otra vez.
why-no-such-member = Esa persona ya no es miembro de la organización.
why-invalid-wait = Una espera dura al menos un día y como máximo un año.
why-not-whole = Lo que se envió no estaba completo, y no se cambió nada. Inténtelo otra vez. Si ocurre de nuevo, pregunte a quien preparó este equipo.
why-cannot-read = Esa persona no puede abrir esta versión ahora; por eso no se dejó ninguna clave para ella.
why-vault-log = El registro de una bóveda contradice lo que dijo antes. Pregunte a quien la gestiona.

shared-soon = Termina pronto
shared-new = Nuevo
shared-others = Ya abierto
shared-ended = Terminado
shared-ended-why = Este acceso ha terminado: venció o se retiró.
shared-cut-short = Se compartió con usted más de lo que se mira aquí.
shared-all = Mostrar todo
purpose-title = Para qué
purpose-choose = Elija
purpose-button = Usar en esta visita
purpose-first = Elija primero para qué abre. El paciente lo lee en su registro.
report-add = Añadir un informe
report-explained = Su informe será la versión siguiente de este documento. El paciente lo ve, con el nombre de usted.
report-added = Su informe está en la historia.
whose-title = ¿De quién es este documento?
whose-explained = Alguien a quien usted conoce creó este documento, y según el registro ahora es de { $who }. Lo que usted añada se cifra para { $who }. Diga que sí solo si sabe que es suyo.
whose-account = Cuenta:
whose-theirs = Es de { $who }
whose-not = No lo sé: volver a lo compartido conmigo
emergency-short = Emergencia
emergency-title = Declarar una emergencia
emergency-of = { $name } de { $who }
emergency-at-once = El documento se abre en seguida, sin preguntar al paciente.
emergency-read = El paciente se entera, y lee su motivo con sus palabras.
emergency-log = Queda en el registro para siempre, con el nombre de usted. Nadie puede quitarlo.
emergency-day = La emergencia termina sola después de un día, más o menos.
emergency-reason = ¿Por qué?
emergency-meant = Esto es una emergencia.
emergency-button = Declararla y abrir

request-title = Pedir documentos
request-again = Pedir otra vez
request-explained = Recibe un texto para dar al paciente. Por sí solo no da acceso: él lo lee, elige los documentos y los comparte o no. Usted no se entera de una negativa.
request-what = ¿Qué quiere ver? Con palabras que el paciente entienda
request-length = Por cuánto tiempo
request-button = Hacer la petición
request-made = Su petición
request-give = Dé este texto o esta imagen al paciente. Se puede responder hasta el { $end }.
answer-title = Responder a una petición
answer-explained = Alguien pide ver algo suyo. Primero ve quién y qué.
answer-request = La petición
answer-hint = Un texto que empieza por mrms:
answer-question = { $who } pide ver
answer-terms = Por { $length }, para { $purpose }.
answer-days = { $count } días
answer-which = ¿Qué documentos se verán?
answer-refuse = Si no quiere, salga de la página. Quien lo pidió no se entera.
answer-no-record = Elija al menos un documento.
answer-longer = Se pidió un tiempo más corto.
answer-other-kind = Esto no es una petición.
answer-altered = Esto no es una petición, o fue alterada por el camino.
answer-none = En este texto no hay ninguna petición: nada en él empieza por «mrms:». Copie otra vez el mensaje entero, o pida que se la envíen.
answer-other-ledger = Esta petición es para otro registro que el suyo.
answer-expired = Esta petición ya no se puede responder. Pida otra.
answer-own = Esta petición es suya. Désela a la persona cuyos documentos quiere ver.
answer-other-key = La clave de la tarjeta en esta petición no es la publicada. Pida otra petición, por otro camino.

own-card-title = Mi tarjeta
own-card-explained = Lo que usted dice de sí, firmado, para que otros le añadan a sus personas. Esas personas comparan con usted la huella de su clave.
own-card-text = Lo mismo como texto
own-card-picture = Guardar la imagen
own-card-make = Crear su tarjeta
own-card-change = Cambiarla
own-card-button = Crear la tarjeta
own-card-done = Esta es ahora su tarjeta.

inbox-title = Enviado a usted
inbox-none = Nada espera su respuesta.
inbox-explained = Lo que acepta pasa a ser documento suyo: usted decide quién más puede abrirlo. Quién lo escribió queda anotado.
inbox-from = de { $who }
inbox-no-key = Su clave no vino con ello. Pida que lo envíen otra vez.
inbox-accept = Aceptar
inbox-read = Leerlo antes
inbox-refuse = Rechazar
inbox-refused = Rechazado ({ $count })
inbox-refused-done = Está apartado. El remitente no se entera.
inbox-withdrawn = { $who } retiró «{ $name }».
inbox-cut-short = Se envió o compartió más de lo que se miró.
send-title = Enviar un documento
send-to = Enviar un documento a { $who }
send-explained = Desde entonces esa persona puede leerlo, y nadie más salvo usted. Cuando lo acepte será suyo, y usted ya no podrá abrirlo.
send-nobody = Todavía no conoce a nadie a quien enviar.
send-label = Cómo se llama
send-button = Enviar
send-done = Está enviado. Será de esa persona cuando lo acepte.
erase-title = ¿Borrar «{ $name }»?
erase-explained = No se puede deshacer. Se retira todo acceso, y las bóvedas borran lo que guardan. Lo que queda entonces, versión por versión:
erase-stays-chain = su texto cifrado queda en el registro; quien tenga la clave o sus palabras puede leerlo
erase-stays-wraps = nada que alguien pueda abrir: el contenido desaparece. En el registro quedan claves cerradas que ya no abren nada
erase-stays-nothing = nada que alguien pueda abrir
erase-stays-vaults = las bóvedas que no respondan quizá aún lo tengan
erase-stays-unknown = lo escribió otro programa y se deja como está
erase-copy-beside = El registro propio de este equipo aún tiene el documento del que se trajo este. Esta orden, en una terminal, lo borra allí:
erase-log-stays = Las entradas del registro quedan: quién tuvo acceso y quién lo abrió. Quien guardó una copia quizá la conserve.
erase-word = borrar
erase-type = Escriba la palabra «{ $word }» si es lo que quiere
erase-wrong-word = Esa no es la palabra. No se borró nada.
erase-button = Borrarlo para siempre
erase-done-title = Borrado
erase-done = Todas las bóvedas borraron lo que guardaban.
erase-unfinished = { $count } de { $all } bóvedas no borraron. Hasta entonces guardan lo que tienen. Inténtelo otra vez cuando respondan.
erase-unfinished-before = Se borró, pero no se pudo contactar con todas las bóvedas: alguna puede guardarlo todavía. Bórrelo otra vez.
erase-again = Pedirlo otra vez

share-allow = Se permite
share-read = abrirlo
share-emergency = abrirlo solo en una emergencia, con un motivo que usted lee

home-joined = La invitación está aceptada: desde ahora trabaja con ella.
home-empty-here = Aquí todavía no tiene documentos.
home-left-there = { $count ->
    [one] Un documento suyo está solo en este equipo, de antes de unirse. Tráigalo aquí.
   *[other] { $count } documentos suyos están solo en este equipo, de antes de unirse. Tráigalos aquí.
}
left-there-title = Documentos de antes de unirse
left-there-none = Todo está aquí.
left-there-explained = { $count ->
    [one] Este documento está en el registro propio de este equipo. Usted lo conserva, y quienes trabajan ahora con usted no lo ven:
   *[other] Estos { $count } documentos están en el registro propio de este equipo. Usted los conserva, y quienes trabajan ahora con usted no los ven:
}
left-there-what = Al traerlos, cada uno se registra otra vez, cifrado, con todas sus versiones. Nadie los ve hasta que usted los comparta. Lo que se compartió allí, y quién lo consultó allí, queda allí. Las versiones que añadió otra persona figuran aquí como añadidas por usted.
left-there-button = Traerlos aquí
left-there-brought = Ya están aquí.
home-offers = { $count ->
    [one] Le enviaron algo que espera su respuesta.
   *[other] Le enviaron { $count } cosas que esperan su respuesta.
}
home-no-backup = Nunca ha hecho una copia de seguridad. Si este equipo se estropea, sus documentos se pierden.
home-no-backup-elsewhere = Nunca ha hecho una copia de seguridad. Sin ella, con este equipo se pierden sus ajustes y los nombres que dio a otras personas. Sus documentos están donde usted trabaja, y sus 24 palabras los devuelven.
home-old-backup = Su última copia de seguridad tiene más de un mes.
settings-state = Estado de los servicios
settings-doctor = Se acaba de comprobar. Abra la página otra vez para volver a comprobarlo.
settings-trustees = Sus palabras también se pueden repartir entre personas de confianza: unas cuantas juntas recuperan su cuenta.
settings-lock = Bloqueo
settings-lock-button = Usar este tiempo
settings-lock-done = Esta visita se bloquea después de ese tiempo.
settings-browsers = Navegadores que entran sin código
settings-browsers-explained = Un navegador en el que usted escribió una vez su frase de contraseña no necesita código la próxima vez, tampoco después de apagar el equipo. La frase se pide igualmente. Quien no vino en 90 días necesita un código nuevo.
settings-browsers-count = { $count ->
    [0] Ahora no hay ninguno.
    [one] Ahora hay uno.
   *[other] Ahora hay { $count }.
}
settings-browsers-button = Volver a pedir un código a todos los navegadores
settings-browsers-done = Cada navegador necesita un código nuevo la próxima vez. Todos los demás ya están fuera.
passphrase-title = Cambiar la frase de contraseña
passphrase-explained = La frase de contraseña abre su historia en este equipo. Sus 24 palabras y lo que comparte quedan como están cuando la cambia.
passphrase-old = La frase de contraseña actual
passphrase-old-wrong = La frase de contraseña actual no es correcta. No se ha cambiado nada.
passphrase-changed = La frase de contraseña se ha cambiado. Desde ahora, la nueva abre su historia aquí.
passphrase-windows = { $count ->
    [0] Su historia sigue abierta en este navegador. No estaba abierta en ningún otro.
    [one] Su historia sigue abierta en este navegador. Otro en el que estaba abierta se ha bloqueado.
   *[other] Su historia sigue abierta en este navegador. Otros { $count } en los que estaba abierta se han bloqueado.
}
passphrase-agent-ended = También estaba desbloqueada para órdenes en un terminal. Ahora vuelven a pedir la frase de contraseña.
passphrase-agent-goes-on = Para órdenes en un terminal sigue desbloqueada: no se pudo terminar. Termina por sí solo en un día.
passphrase-others = Otros programas que ya tienen abierta su historia la mantienen abierta hasta que se detengan: por ejemplo, uno que le avisa de lo que ocurre.
passphrase-backups = Una copia anterior devuelve la frase de contraseña antigua. Haga una nueva en Ajustes.
passphrase-forgotten = ¿La ha olvidado? Bloquee estas páginas: debajo de la frase de contraseña está la forma de recuperar su cuenta.
settings-told = Avisos
settings-told-explained = La página de inicio le dice cuándo se rechazó a alguien, cuándo se declaró una emergencia y cuándo termina un acceso. También se le puede avisar sin ninguna página abierta, en este equipo o en su teléfono: quien preparó este equipo puede activarlo.
settings-parts = Partes de esta página
told-none = No hay ningún aviso activado.
told-on = Estos avisos están activados. Llegan mientras corre el programa que vigila:
told-desktop = en la pantalla de este equipo
told-ntfy = en su teléfono, por ntfy
told-webhook = con un mensaje a una dirección de la red
told-names = Los mensajes nombran a personas. Nunca dicen cómo se llama un documento.
told-no-names = Los mensajes no nombran a nadie, y nunca dicen cómo se llama un documento.
state-ledger = El registro
state-vault = La bóveda
state-clock = El reloj de este equipo
state-fine = en orden
state-away = no responde ahora
state-other-vault = no es como era. Pregunte a quien lo lleva.
state-withheld = no muestra todo lo que usted hizo. Pregunte a quien lo lleva.
state-broken = no es el que usted vio antes. Compare pruebas, y pregunte a quien lo lleva.
state-clock-behind = va atrasado. Ajústelo: los accesos terminan según él.
state-account = Su cuenta
state-no-money = no tiene dinero para las tasas. La página de inicio dice a quién pedirlo.
state-own-key = Su clave
state-no-key = no está publicada, así que nadie puede compartir con usted. La página de inicio dice qué hacer.
backup-title = Copias de seguridad
backup-explained = Una copia es un archivo cifrado con sus documentos y ajustes. Sus 24 palabras lo abren. Guárdelo en otro disco. No contiene las claves de las bóvedas: tras recuperarla, comparta de nuevo lo que compartía; los documentos creados como borrables no vuelven.
backup-explained-elsewhere = Una copia es un archivo cifrado con su perfil, sus ajustes y los nombres que dio a otras personas. Sus 24 palabras lo abren. Guárdelo en otro disco. Sus documentos no están en ella: están donde usted trabaja. «Llevarse todo» hace una copia de ellos.
backup-made = Hecha por última vez: { $time }
backup-checked = Comprobada por última vez: { $time }
backup-never = nunca
backup-button = Hacer una copia
backup-waits = Con documentos grandes, la descarga tarda unos minutos en empezar. Cuenta como hecha cuando ha salido entera. Compruébela después, aquí abajo.
backup-file = Una copia para comprobar
backup-check = Comprobarla
backup-check-done = La copia está completa: se leyó hasta el último byte.
backup-broken = Esto no es una copia que abran sus palabras, o está dañada.

record-author-you = de usted
who-to-you = usted
who-weeks-hint = La semana más reciente está a la derecha. Un punto lleno es una apertura; uno hueco, un rechazo. Elija una semana para verla sola.
did-create-you = Usted lo creó
did-amend-you = Usted añadió una versión
did-grant-you = Usted dio acceso a { $whom }
did-revoke-you = Usted retiró el acceso de { $whom }
did-access-you = Usted lo abrió
did-emergency-you = Usted declaró una emergencia
did-emergency-read-you = Usted lo abrió en una emergencia
did-offer-you = Usted lo envió a { $whom }
did-accept-you = Usted lo aceptó
did-other-you = Usted: { $action } { $whom }

own-card-kind = Qué es usted
own-card-fingerprint = Huella de su clave

home-reading = Leyendo sus documentos …
home-reading-explained = Son muchos, por eso la primera vez tarda un momento. Esta página continúa sola.

export-title = Llevarse todo
export-explained = Todas las versiones de cada documento como archivos corrientes, en un solo archivo (tar), con un índice. No va cifrado: guárdelo donde nadie más lo lea.
export-button = Llevarse todo

join-used = Otra persona ya usó esta invitación, o fue retirada. Pida otra.
join-own-name = Su nombre, para quienes reciban lo que usted comparte
join-own-name-hint = Viaja cifrado con lo que comparte; nadie más lo conoce. Sin él solo se ven el principio y el final de su cuenta.

person-key-on-chain = la clave está en el registro: no se saben las aperturas
person-key-perhaps = lo que hay en el registro como clave para esa persona puede abrirlo o no: no se saben las aperturas

month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
weekday-1 = lunes
weekday-2 = martes
weekday-3 = miércoles
weekday-4 = jueves
weekday-5 = viernes
weekday-6 = sábado
weekday-7 = domingo

viewer-about = Lo que dice el archivo
viewer-active = activo
viewer-allergies = Alergias
viewer-alone = Abrir esta página sola, tan grande como la ventana
viewer-being-prepared = en preparación
viewer-came-back = ha reaparecido
viewer-cancelled = cancelado
viewer-corrected = corregido
viewer-declined = rechazado
viewer-draft = borrador
viewer-fit = Ajustada
viewer-given = administrado
viewer-handed-out = entregado
viewer-in-progress = en curso
viewer-in-remission = en remisión
viewer-larger = Más grande
viewer-largest = La más grande
viewer-also = También contiene
viewer-as-stored = Como lo fijó el aparato
viewer-automatic = Automático
viewer-attachment = Dentro de este archivo hay otro documento. Descargue el archivo para leerlo.
viewer-author = Autor
viewer-born = Fecha de nacimiento
viewer-code = Código
viewer-completed = terminado
viewer-conclusion = Conclusión
viewer-curve = Curva de { $name }
viewer-curves = Curvas
viewer-cut = El archivo contiene más de lo que se muestra aquí. Descárguelo para verlo todo.
viewer-date = Fecha
viewer-documents = Documentos
viewer-dose = Dosis
viewer-dose-number = Dosis n.º
viewer-field = Campo
viewer-files = Archivos en este paquete
viewer-full-range = Todos los valores
viewer-go-to = Ir a
viewer-how-many = Cuántos
viewer-image = Imagen
viewer-inactive = inactivo
viewer-issuer = Emisor, sin verificar
viewer-kind = Tipo
viewer-lead = Derivación
viewer-link = Este documento no está en el archivo: solo está su dirección, que no se abrió:
viewer-left-out-image = Aquí no se muestra una imagen del original.
viewer-lot = Lote
viewer-medicines = Medicamentos
viewer-message = Mensaje
viewer-mistaken = registrado por error
viewer-name = Nombre
viewer-next = Siguiente
viewer-nobody-named = No consta de quién se trata
viewer-no-images = Este objeto no tiene imagen. Dice:
viewer-normal = Normal
viewer-not-done = no realizado
viewer-not-given = no administrado
viewer-not-obtained = no se pudo determinar
viewer-not-so = No es así: descartado o registrado por error
viewer-not-taken = no se toma
viewer-not-verified = La firma de esta tarjeta no se ha comprobado. Pregunte al emisor si es importante.
viewer-number = Número
viewer-on-hold = en pausa
viewer-outside = fuera de lo normal
viewer-plot-span = Más bajo: { $least }. Más alto: { $most }. Del { $first } al { $last }.
viewer-page = Página { $number } de { $count }
viewer-pages = Páginas de este documento
viewer-past-problems = Problemas de salud anteriores
viewer-patient = Paciente
viewer-picture = Imagen { $number } de { $count }
viewer-planned = previsto
viewer-pending = pendiente
viewer-plans = Planes
viewer-plot = { $name }: gráfico de { $count } valores, que están en la tabla siguiente
viewer-possible = una posibilidad
viewer-preliminary = provisional
viewer-prescribed = recetado
viewer-previous = Anterior
viewer-problems = Problemas de salud
viewer-procedures = Procedimientos
viewer-proposed = propuesto
viewer-range = De – a
viewer-reaction = Reacción
viewer-reason = Motivo
viewer-refuted = descartado
viewer-remark = Observación
viewer-reports = Informes
viewer-resolved = resuelto
viewer-results = Resultados
viewer-row = Fila
viewer-segment = Parte
viewer-severity = Gravedad
viewer-several-people = Atención: este documento trata de más de una persona. Número de personas:
viewer-sex = Sexo
viewer-show = Mostrar
viewer-since = Desde
viewer-size = Bytes
viewer-social-history = Antecedentes sociales
viewer-status = Estado
viewer-stopped = interrumpido
viewer-study = Exploración
viewer-superseded = sustituido por otro más reciente
viewer-text-of-page = Texto de esta página
viewer-unconfirmed = sin confirmar
viewer-unknown = desconocido
viewer-until = Hasta
viewer-vaccinations = Vacunas
viewer-value = Valor
viewer-visits = Visitas
viewer-vital-signs = Constantes vitales
viewer-what = Qué
viewer-window = Brillo
home-handed-over = Su historia pasó a { $who } ({ $day }). Usted ya no puede cambiar nada.
home-waits-for = Pidió actuar por { $who }. Si no se lo niegan, puede empezar a partir de { $end }.
home-keyless = Usted puede abrir los documentos de { $who }, pero sus claves aún no han llegado. Las deja un programa de allí, que tiene que ejecutarse una vez. Pida a esa persona, o a quien pueda iniciarlo en su ordenador, que abra estas páginas con su perfil.
home-asked = { $who }, su contacto de confianza, quiere actuar por usted. Si no lo rechaza, podrá hacerlo a partir del { $end }.
home-asked-ready = { $who }, su contacto de confianza, pidió actuar por usted y puede empezar ahora. Todavía puede rechazarlo.
home-acts-since = { $who } actúa por usted desde el { $day }.
home-acts = { $who } actúa por usted.
home-refuse = Rechazar
home-contact-refused = Esa persona no puede actuar por usted, ni pedirlo otra vez hasta que usted la nombre de nuevo.
notes-title = Lo que usted retiró pasó por delante de otras acciones suyas
notes-read = Lo he leído
news-title = Novedades para usted
news-added = { $who } añadió algo a «{ $name }».
news-put-on = { $who } registró «{ $name }» para usted.
news-added-more = { $who } añadió algo a { $count ->
    [one] un documento más
   *[other] { $count } documentos más
}.
news-shared = { $count ->
    [one] { $who } compartió 1 documento con usted.
   *[other] { $who } compartió { $count } documentos con usted.
}
news-shared-all = { $who } compartió con usted toda su historia clínica.
news-delegate = { $who } le permite actuar en su nombre.
news-delegate-over = Usted ya no actúa por { $who }.
news-contact = { $who } le nombró contacto de confianza, para el día en que no pueda actuar. Ahora no tiene que hacer nada.
news-contact-over = Usted ya no es contacto de confianza de { $who }.
news-offered = { $who } le ofrece todo. Pida el texto, y recíbalo con él.
tell-title = Avisar a la otra parte
tell-explained = Su propio programa lo muestra la próxima vez que lo abra. Puede avisarle ya: copie este texto en un mensaje. No tiene ningún secreto, ni nada de lo que dicen los documentos.
tell-text = Texto para un mensaje
tell-card = Verán su nombre en cuanto tengan su tarjeta: envíela con el texto.
tell-card-link = Su tarjeta
tell-hello = Hola, soy { $me }.
tell-hello-unnamed = ¡Hola!
tell-delegate = Le he nombrado en MRMS para que pueda actuar por mí. Abra su propio MRMS, con su propio nombre: Familia lo muestra, con un botón para empezar. No necesita mis palabras ni mi frase de contraseña.
tell-contact = Le he nombrado contacto de confianza en MRMS, para el día en que yo no pueda actuar. Ahora no tiene que hacer nada. Si llega ese día, abra su propio MRMS y pida en Familia actuar por mí; podrá empezar tras una espera.
tell-delegate-over = He retirado en MRMS que usted actúe por mí. Su propio MRMS lo muestra en «Familia». No tiene que hacer nada.
tell-contact-over = Usted ya no es mi contacto de confianza en MRMS. No tiene que hacer nada.
tell-shared = He compartido algo con usted en MRMS. Abra su propio MRMS: está allí en «Compartido conmigo». Diga primero para qué lo abre; yo puedo leerlo.
tell-shared-for = He compartido algo de { $who } con usted en MRMS. Abra su propio MRMS: está allí en «Compartido conmigo». Diga primero para qué lo abre; queda en el registro.
tell-stopped = He retirado en MRMS su acceso a algo mío. No tiene que hacer nada. En «Compartido conmigo» puede pedirlo otra vez.
tell-offered = En MRMS le ofrezco todo lo que hay en mi cuenta. Además recibirá un texto mío. Abra su perfil nuevo, luego Familia, luego «Recibir todo», y ponga el texto allí.
account-whole = La cuenta entera
note-displaced = Se está retirando: { $what }. Cuando sea seguro, se dirá aquí.
note-taken-back = Se retiró: { $what }. Hágalo otra vez si todavía lo quiere.
note-in-part = Se retiró en parte: { $what }. Mire lo que hay antes de hacerlo otra vez.
note-faster = Se hizo de todos modos: { $what }. No queda nada por hacer.
note-nonce-unsure = El registro no dice qué número tiene su próxima operación. Lo que usted terminó se envió con el número que conoce este programa. Mire más tarde si ha terminado.
note-fee-unsure = El registro no indica ninguna tarifa que sus ajustes permitan. Lo que usted terminó se envió con la tarifa que eligió este programa. Si espera demasiado, quien instaló este programa puede ofrecer más.
note-perhaps-given = El registro rechazó esto, pero eso no prueba nada, y puede hacerse de todos modos: { $what }. Cuente con que está hecho. Para estar seguro de que no llegue, abra la página de la persona en «Personas» y pulse «Retirar todo».
note-nodes-disagree = Los servidores del registro dicen cosas distintas sobre lo que usted retiró. A todos se les dijo que termina. Mire más tarde si ha terminado.
note-unremembered = Aquí no se sabe qué accesos dio usted: el archivo que los recuerda está dañado. Lo que muestra el registro ha terminado. Pida a quien preparó este equipo que recupere el archivo.
damaged-title = Un archivo de su perfil está dañado
damaged-banner = Algo que su perfil recuerda no se puede leer ahora, por ejemplo nombres. Sus documentos no están afectados, y puede terminar todo lo que comparte.
damaged-more = Qué puede hacer
damaged-explained = Aquí estaba lo que su perfil recuerda: nombres que usted dio a otras personas y sus tarjetas, su propio nombre, o lo que otros añadieron a su historia. Lo que hay ahora no es lo que escribió su perfil:
damaged-stays = Hasta que se arregle, las personas cuyos nombres estaban ahí aparecen con los extremos de sus cuentas. No se ha cambiado nada en el archivo. Puede terminar todo lo que comparte; lo que necesita el archivo tiene que esperar, por ejemplo dar nombres.
damaged-backup-title = Recuperarlo
damaged-backup = Una copia de seguridad lo tiene. Pida a quien preparó este equipo que recupere el archivo de ella.
damaged-aside-title = O empezar de nuevo
damaged-aside-explained = Entonces sigue sin lo que contenía: puede añadir de nuevo personas y nombres, y lo demás se vuelve a consultar. El archivo dañado se conserva con otro nombre; no se borra.
damaged-aside-button = Apartar el archivo dañado
damaged-aside = El archivo dañado está apartado. Puede volver a añadir personas y dar nombres.
damaged-none = Todo lo que guarda su perfil se puede leer otra vez.
act-add = añadir a la historia
act-share = compartir «{ $name }» con { $who }
act-share-all = compartir toda la historia con { $who }
act-delegate = dejar actuar a { $who }
act-contact = nombrar a { $who } contacto de confianza
act-send = enviar un documento a { $who }
act-open = abrir «{ $name }»
act-other = una acción que esperaba
why-handed-over = Usted pasó todo a otra cuenta. Solo ella puede hacer esto ahora.
why-staff-stands = Todavía hay personas entre su personal. Después de la entrega nadie podrá cambiarlo: dé primero de baja a esas personas.
recover-link = Ya tenía una historia, y tengo mis 24 palabras o la ayuda de personas que elegí
recover-forgotten = Olvidé la frase de contraseña, pero tengo mis 24 palabras o la ayuda de personas que elegí
recover-title = Recuperar su cuenta
recover-explained = Escriba sus 24 palabras. O pida ayuda a las personas entre las que las repartió, y pegue lo que cada una respondió, una respuesta debajo de otra.
recover-given = Sus 24 palabras, o las respuestas
recover-given-hint = En el orden de sus números. Las mayúsculas y los saltos de línea no importan.
recover-name = Un nombre para ella en este equipo
recover-name-hint = Letras minúsculas, cifras y guiones, 32 como máximo, y un nombre que aquí no se use todavía.
recover-name-taken = Este equipo ya tiene un perfil con ese nombre. Elija otro.
recover-button = Recuperarla
recover-wrong-count = Hacen falta 24 palabras. Usted dio { $count }.
recover-wrong-word = La palabra { $number } no está en la lista de palabras. Compárela con su nota.
recover-wrong-words = Estas palabras no van juntas: una está mal, o dos cambiaron de lugar.
recover-share-mistyped = La respuesta { $number } tiene un error o no está completa. Compárela grupo por grupo.
recover-no-share = En este texto no hay ninguna respuesta que se pueda leer aquí.
recover-too-few = Hacen falta { $needed } respuestas. Usted dio { $found }.
recover-other-set = La respuesta { $number } es de otro día o de otra persona que la primera. Quítela, y pida el otro archivo.
recover-twice = La respuesta { $number } está dos veces, y cuenta una.
recover-altered = Una de las respuestas cambió por el camino. Pídalas otra vez. Si tiene más de las necesarias, quite una tras otra.
recover-done = Su cuenta está de vuelta
recover-opens = Se abren { $opened } de sus { $records } documentos.
recover-where = ¿Dónde están sus documentos?
recover-where-explained = Si trabajaba con una clínica o con alguien de su familia, acepte primero su invitación: con ella sus palabras encuentran sus documentos y la clave que usó por última vez. Pida una nueva; es un texto o un código. Si con ella se pagan también sus tasas, trátela como una contraseña.
recover-where-alone = Si sus documentos estaban solo en el equipo perdido, únicamente una copia de seguridad los devuelve. Sus palabras la abren.
recover-words-alone = No tengo ni copia de seguridad ni invitación
recover-words-alone-explained = Sus palabras solas devuelven su cuenta. No devuelven documentos que estaban solo en un equipo perdido. Después ya no se puede recuperar una copia de seguridad encima: si quizá tiene una, búsquela primero.
recover-with = Su cuenta se busca donde se trabaja aquí: con «{ $name }».
recover-right = Sus palabras son correctas: la cuenta vuelve a ser suya.
recover-what = Qué vuelve, y de dónde
recover-what-account = Su cuenta
recover-account = Está de vuelta, por sus palabras.
recover-what-records = Sus documentos, y quién puede verlos
recover-records = Están de vuelta, por el registro.
recover-records-not-yet = Todavía no. Llegan con la invitación de donde trabajaba. Una copia de seguridad se recupera en un equipo donde nadie tiene todavía un perfil.
recover-what-people = Los nombres de otras personas
recover-people = Todavía no. Llegan con la tarjeta de cada persona. Hasta entonces verá los extremos de sus cuentas.
recover-people-inviter = «{ $name }» está de vuelta, con la invitación. Los demás llegan con sus tarjetas. Hasta entonces verá los extremos de sus cuentas.
recover-what-own = Cómo se llama usted
recover-own = Todavía no. Dígalo otra vez en su tarjeta, en Personas.
recover-what-links = Enlaces que usted hizo
recover-links = Siguen hasta que terminen, sin sus nombres. Puede terminar cada uno en la página de su documento.
recover-card = Introducir la tarjeta de alguien
recover-none = Esta cuenta todavía no tiene documentos aquí ({ $ledger }).
recover-none-next = Los documentos están donde trabajaba antes: con una clínica o en otro equipo. La invitación de allí los trae aquí.
recover-join = La invitación de donde están sus documentos
recover-ledger = Ver qué registro es este
recover-former = Los demás los escribió la cuenta que le fue traspasada. Se abren cuando usted haya aceptado el traspaso.
recover-go-on = Seguir
recover-sealed = Esta es una respuesta cifrada. Se abre en «Reunir las respuestas de su gente».
recover-ask-link = Que mi gente me envíe sus respuestas cifradas
recover-begun = { $count ->
    [0] Usted hizo una clave para las respuestas de su gente. Aún no hay ninguna respuesta.
    [one] Usted hizo una clave para las respuestas de su gente. Hay 1 respuesta.
   *[other] Usted hizo una clave para las respuestas de su gente. Hay { $count } respuestas.
}
recover-begun-link = Seguir allí
answers-title = Reunir las respuestas de su gente
answers-explained = Con una clave que usted hace solo para esta vez, su gente puede enviarle sus respuestas cifradas: por correo o en un chat. Tarda lo que tarde. Puede cerrar esta página y volver otro día.
answers-begin = Hacer la clave
answers-key = Su clave para las respuestas
answers-key-give = Dé esta clave a cada persona, como texto o como imagen del código. Que abra Personas, luego «Alguien perdió sus palabras, y yo guardo un archivo suyo», y la ponga allí. Lo que obtenga, que se lo envíe.
answers-fingerprint = Léales esta huella por teléfono o en persona, para que sepan que la clave es suya:
answers-key-text = La clave
answers-here = Las respuestas
answers-none = Aún no hay ninguna respuesta.
answers-count = Hay: { $found }. Hacen falta: { $needed }.
answers-owner = Devuelven la cuenta { $who }.
answers-one = Respuesta { $number } de { $count }
answers-leave-out = Quitarla
answers-leave-out-one = Quitarla: respuesta { $number } de { $count }
answers-text = Otra respuesta: lo que le enviaron, o lo que le leyeron
answers-text-hint = Entera: desde «-----BEGIN AGE» hasta «END AGE ENCRYPTED FILE-----», o desde «mrms-share-1» hasta el final.
answers-file = O el archivo que le enviaron
answers-add = Añadir esta respuesta
answers-nothing = Pegue una respuesta o elija un archivo.
answers-too-large = Es demasiado grande para una respuesta: { $most } MB como máximo. Una respuesta es corta, así que esto es otra cosa.
answers-none-yet = Aún no hay ninguna respuesta. Su cuenta vuelve cuando hay suficientes: añada lo que le enviaron.
answers-not-opened = Su clave no abre esta respuesta. O se hizo para otra clave, o cambió por el camino, o es el archivo mismo: quien lo guarda debe abrirlo y enviarle lo que salga.
answers-enough = Hay respuestas suficientes
answers-forget = Dejarlo, y tirar la clave y las respuestas
answers-forget-explained = Lo que se cifró para esta clave no se podrá abrir después. Su gente conserva sus archivos, y puede responder otra vez a una clave nueva.
answers-forget-button = Tirarlas
trustees-title = Repartir sus palabras entre personas
trustees-explained = Cada persona recibe un archivo que solo ella puede abrir. Un archivo solo no dice nada. Unos cuantos juntos recuperan su cuenta si usted pierde las palabras, la frase de contraseña y este equipo.
trustees-no-people = Necesita al menos dos personas que conozca aquí.
trustees-who = Entre quiénes
trustees-threshold = Cuántas hacen falta
trustees-threshold-hint = Cinco personas de las que hacen falta tres es una buena elección. Menos de las necesarias no averiguan nada.
trustees-go-on = Seguir
trustees-no-quorum = Elija al menos dos personas, y que no hagan falta más de las elegidas.
trustees-no-key = { $who } no ha publicado todavía una clave, así que no se le puede cifrar nada.
trustees-same-key = Dos de ellas tienen la misma clave, o una es usted. Elija otras.
trustees-any = { $threshold } cualesquiera de estas { $count } podrán recuperar su cuenta:
trustees-warning = Juntas también podrían abrir toda su historia clínica. Los archivos no se pueden retirar.
trustees-button = Hacer los archivos
trustees-done = Sus palabras están repartidas
trustees-give = Guarde cada archivo y déselo a su persona, por correo o en una memoria. Nadie más puede abrirlo.
trustees-file = Guardar { $name }
trustees-note = Apunte en papel quién tiene cada archivo. No se guarda en ningún otro lugar, y esta página no vuelve.
trustees-answer-link = Alguien perdió sus palabras, y yo guardo un archivo suyo
trustees-answer-title = Ayudar a alguien que perdió sus palabras
trustees-answer-explained = Elija el archivo que le dio. Verá de quién es antes de que se muestre nada.
trustees-answer-file = El archivo, por ejemplo share-1-of-5.age
trustees-answer-look = Mirarlo
trustees-no-file = No es un archivo de ese tipo. Elija el que le dieron.
trustees-not-yours = Este archivo no se hizo para usted, o fue cambiado.
trustees-said = Es la parte { $number } de { $count } de las palabras de { $who }. { $threshold } partes recuperan su cuenta.
trustees-spoken = Hable primero con esa persona, por teléfono o en persona: quien reúna bastantes partes puede abrir toda su historia clínica.
trustees-spoken-yes = He hablado yo con esa persona
trustees-not-spoken = Hable primero con esa persona.
trustees-once = Me dio una clave a la que enviarla
trustees-once-key = Su clave para esto, que empieza por age1pq1
trustees-once-hint = Un texto largo. Su dueño lo muestra junto a un código que usted puede escanear.
trustees-once-wrong = No es una clave de ese tipo. Cópiela entera.
trustees-show = Mostrar mi parte
trustees-answer = Su respuesta
trustees-answer-secret = Léasela, o désela en papel. No la envíe por correo ni por mensajes: no está cifrada.
trustees-once-for = Su respuesta está cifrada para esta clave. Que le lean su huella:
trustees-answer-save = Guardarla como archivo

links-title = Sus enlaces
links-explained = Un enlace deja que alguien sin cuenta abra lo que usted elija, en cualquier visor de SMART Health Links. Cada apertura queda en su registro.
links-none = Aún no ha hecho enlaces.
link-number = Enlace { $number }
link-named = Enlace { $number } («{ $label }»)
link-begun = Se interrumpió y no abre nada. Actívelo o destrúyalo.
link-armed = Se puede usar.
link-ended = Ha terminado.
link-revoked = No abre nada: todo lo que daba fue revocado.
link-used-up = Se usó tantas veces como se puede, y no abre nada más.
link-shut = Los códigos equivocados lo cerraron. No abre nada.
link-paused = Está en pausa y no abre nada.
link-destroying = No abre nada. Su servidor aún tiene una copia cifrada: destrúyalo otra vez.
link-destroyed = Está destruido.
link-text = El enlace. Quien lo tiene puede abrir lo que da.
link-any-browser = Se abre en cualquier navegador, también con la cámara de un teléfono. La página pregunta quién lo abre.
link-here-alone = Se abre solo en este ordenador: la copia cifrada no está en ninguna dirección a la que otros lleguen.
link-program-alone = Se abre en programas para enlaces de salud. Quien guarda la copia cifrada no muestra ahora ninguna página que lo abra en un navegador.
link-plain-title = Para un programa que lee enlaces de salud
link-plain = El mismo enlace como texto simple, para un programa así o para una clínica que usa un visor propio.
link-passcode = Código: { $passcode }. Dígalo por otro medio, no junto con el enlace.
link-sheet = Una hoja para imprimir
link-sheet-how = Escanee este código con un visor de SMART Health Links, o escriba allí la dirección.
link-sheet-camera = Escanee este código con la cámara de un teléfono: se abre en el navegador. También lo lee un programa para enlaces de salud.
link-sheet-address = La dirección:
link-sheet-until = Se puede abrir hasta el { $end }.
link-sheet-passcode = Hace falta un código de acceso. No está en esta hoja: se lo dirá por otra vía quien se la dio.
link-sheet-log = Cada apertura queda en el registro de la persona a quien pertenecen los documentos.
link-sheet-back = Volver al enlace
link-sheet-none = Este enlace ahora no abre nada, por eso no hay hoja. Actívelo primero.
link-gives = Qué contiene
link-used = Quién lo usó
link-uses = { $count ->
    [one] Usado una vez desde que se activó.
   *[other] Usado { $count } veces desde que se activó.
}
link-attempts = { $count ->
    [one] Queda 1 intento con un código equivocado.
   *[other] Quedan { $count } intentos con un código equivocado.
}
link-given = Abierto por alguien que dice ser «{ $who }»
link-listed = Pidió la lista de archivos alguien que dice ser «{ $who }»
link-wrong-passcode = Código equivocado de alguien que dice ser «{ $who }»
link-refused = Rechazado a alguien que dice ser «{ $who }»
link-said-to-be = Quien abre un enlace dice por sí mismo quién es. Nadie lo comprueba.
link-host-away = No se pudo preguntar al servidor del enlace. Puede que aún tenga una copia cifrada.
link-host-silent = Ahora nadie responde aquí a los enlaces, así que un enlace no abre nada. Pida a quien le instaló este programa que inicie el servidor de enlaces.
link-unpaid = Quien paga sus tasas no las paga por los enlaces que atiende este equipo: nadie podría abrir el enlace. Pídale que pague también los enlaces o que los atienda.
link-differs = El registro del servidor y los de sus documentos no coinciden. Destruya este enlace.
link-pause = Ponerlo en pausa ahora
link-rearm-title = Activarlo de nuevo, con la versión más reciente
link-rearm = Activarlo
link-destroy-title = Destruirlo
link-destroy-explained = No se puede activar de nuevo. Lo que alguien guardó antes, puede que lo conserve.
link-destroy = Destruir este enlace
new-link-title = Un enlace a «{ $name }»
new-link-version-title = { $who } llama a esta versión «{ $name }». El enlace no lo dice.
new-link-button = Crear un enlace
link-host-missing = Un enlace necesita un servidor, y aquí no hay ninguno
link-host-what = Un servidor de enlaces es un equipo que está siempre encendido y al que otros llegan. Guarda lo que da un enlace, cifrado y sin la clave, y lo entrega cuando alguien abre el enlace.
link-host-theirs = Quizá su clínica tenga uno, o alguien de su familia: pida la dirección y el código de acceso con el que puede dejar algo allí («deposit key»). Quien le instaló este programa los escribe en su configuración y lo vuelve a iniciar.
link-host-own = O quien le instaló este programa inicia un servidor de enlaces junto con él. El botón para hacer un enlace está aquí en cuanto uno responda.
link-host-meanwhile = Sin servidor de enlaces puede:
link-host-share = Compartir con alguien que tenga MRMS
link-host-save = Guardar un documento como archivo y entregarlo usted
link-host-none = Para hacer un enlace a esto falta aquí un servidor de enlaces.
link-host-none-more = Qué es, y cómo conseguir uno
new-link-passcode = Quien tenga el enlace y su código, en cualquier visor de enlaces de salud
new-link-open = Quien tenga el enlace, sin código
new-link-clinic = Una clínica de Estados Unidos, que escanea el código (KTC)
new-link-clinic-explained = Esos lectores toman un solo archivo, y ningún código. PDF lo leen seguro; otras clases de documentos quizá no las muestren. La clínica le encuentra por su nombre y su fecha de nacimiento, así que también se dan.
new-link-name = Su nombre, como lo tiene la clínica
new-link-born = Su fecha de nacimiento
new-link-no-name = El lector de una clínica necesita su nombre.
new-link-wrong-born = Ese día no existe.
new-link-whom = ¿Quién lo abre?
new-link-kept = ¿Dónde se guarda la copia cifrada?
new-link-kept-here = En este mismo programa
new-link-kept-at = La copia cifrada se guarda en { $place }.
new-link-others = Elegir otros documentos, o varios
new-link-title-several = Un enlace a { $count } documentos
new-link-changed = Algo cambió mientras tanto. Mire otra vez lo que da el enlace.
new-link-too-many = Un enlace da 20 documentos como máximo.
new-link-too-large = Esto es demasiado grande para un enlace: 12 MB por documento como máximo, y 24 MB en total.
new-link-host-away = El sitio donde se guarda el enlace no responde. «Sus enlaces» dice cómo está. Inténtelo allí más tarde.
new-link-host-refuses = El sitio donde se iba a guardar el enlace no lo acepta. Pregunte a quien le dio su clave.
link-records-title = Un enlace a sus documentos
link-records-which = ¿Qué documentos?
link-records-hint = Aún no se da nada: la página siguiente muestra lo que da el enlace.
link-records-go-on = Seguir
link-clinic = Es para el lector de una clínica (KTC): un solo archivo, sin código.
size-bytes = { $count } bytes
size-kilobytes = { $count } KB
size-megabytes = { $count } MB
new-link-uses = Cuántas veces se puede usar. Vacío: las que sean.
new-link-label = Cómo se llama, para quien lo abra
new-link-explained = Quien tiene el enlace puede pasarlo a otros. Usted puede ponerlo en pausa o destruirlo cuando quiera. Lo que alguien guardó, puede que lo conserve.
new-link-wrong-uses = Dé un número a partir de 1, o deje el campo vacío.
new-link-wrong-label = El nombre de un enlace es una línea de 80 caracteres como máximo.

nav-family = Familia
who-earlier-account = { $who } (cuenta anterior { $short })
who-new-account = { $who } (cuenta nueva { $short })
why-no-power = No le dieron permiso para eso. Pregúnteles.
why-no-delegate = Esta persona ya no actúa por usted.
person-acts = Actúa por usted.
record-acts = actúa por usted y ve toda su historia clínica

powers-see = abrir toda su historia clínica
powers-share = dar acceso a otras personas y retirarlo
powers-end-only = retirar el acceso de otras personas
powers-add = añadir documentos y versiones
powers-you-see = abrir toda la historia
powers-you-share = dar acceso a otras personas y retirarlo
powers-you-end-only = retirar el acceso de otras personas
powers-you-add = añadir documentos y versiones
powers-they-may = Puede: { $what }.
powers-you-may = Usted puede: { $what }.
exactly-see = Podrá abrir cada documento suyo, en todas sus versiones, y los que añada después.
exactly-share = Podrá dejar que otros abran sus documentos, cualquiera y también ella misma, y retirar ese acceso.
exactly-end = Podrá retirar el acceso de otros. No deja entrar a nadie, porque no ve nada.
exactly-add = Podrá añadir documentos por usted, y versiones a los que ya están.
exactly-not-see = No podrá ver lo que dicen sus documentos.
exactly-not-share = No podrá dejar entrar a nadie más.
exactly-not-add = No podrá añadir nada.
exactly-never = Nunca podrá dejar que otra persona actúe por usted, ni ceder un documento, ni borrarlo.
exactly-log = Todo lo que haga queda en su registro, con su nombre. Usted puede retirarlo en cualquier momento.
preset-title = ¿Qué puede hacer?
preset-full = Todo: ver, compartir, añadir
preset-full-for = a menudo para quien cuida de usted en todo
preset-reader = Ver
preset-reader-for = a menudo para quien solo mira
preset-adolescent = Añadir
preset-adolescent-for = a menudo para la madre o el padre de un joven que guarda su historia para sí
preset-chosen = Lo que marco aquí
preset-chosen-for = una o varias de estas cosas
preset-see = ver cada documento
preset-share = compartir: dar acceso a otras personas y retirarlo
preset-add = añadir documentos y versiones

someone-hint = Por el nombre solo se encuentra a las personas que usted ha añadido. Para cualquier otra dé su cuenta, que empieza por S, o pegue el texto de su tarjeta, que empieza por mrms:.
someone-add = Añadir a alguien en Personas
someone-nobody = Elija a quién se refiere.
someone-card-first = Alguien de sus personas tiene casi el mismo nombre. Añada primero esta tarjeta en Personas, con otro nombre.

family-mine = Quién actúa por usted
family-mine-none = Nadie actúa por usted.
family-until-ended = hasta que se retire
family-name = Dejar que alguien actúe por mí
family-theirs = Por quién actúa usted
family-theirs-none = No actúa por nadie. Quien lo desee le nombra en su propio MRMS.
family-theirs-explained = Actúa con su propio nombre: cada paso suyo queda en el registro de esa persona.
family-until-day = hasta el final del { $day }
family-keys-lacking = { $count ->
    [one] La clave de 1 documento está aún en camino. Llega mientras usa estas páginas.
   *[other] Las claves de { $count } documentos están aún en camino. Llegan mientras usa estas páginas.
}
family-keys-forgotten = No se dejaron claves: este perfil no recuerda que nombró a esta persona. Nómbrela otra vez.
family-change = Cambiar
family-change-who = Cambiar lo que puede hacer { $who }
family-former = Quién actuó antes por usted ({ $count })
family-end-granted-link = Retirar lo que concedió
family-act-for = Actuar por { $who }
family-named = Desde ahora actúa por usted.
family-own = Estas son otra vez sus propias páginas.
family-ended = { $who } ya no actúa por usted.
family-ended-kept = Quien recibió acceso así puede seguir, hasta que termine por sí solo.
family-ended-all = Todo lo que concedió se ha retirado con ello.
family-still-open = { $count ->
    [one] { $who } puede abrir aún 1 documento suyo, por un permiso propio.
   *[other] { $who } puede abrir aún { $count } documentos suyos, por permisos propios.
}
family-still-open-link = Verlo y retirarlo
family-ended-saved = Lo que abrió o guardó antes puede conservarlo.
family-end-title = ¿Debe { $who } dejar de actuar por usted?
family-end-granted-title = ¿Retirar lo que { $who } concedió por usted?
family-end-granted = ¿Qué pasa con lo que concedió?
family-end-keep = Se mantiene: quien recibió acceso puede abrir lo que se le dio hasta que termine por sí solo
family-granted-list = { $who } dejó entrar a estas personas, y todavía pueden abrir:
family-granted-none = { $who } no dejó entrar a nadie que todavía pueda abrir algo.
family-granted-unknown = Quizá { $who } dejó que otros abrieran sus documentos. El registro no dice quién concedió qué.
family-granted-all = toda la historia, también lo que venga
family-end-end = Se retira también, como si usted lo retirara uno a uno
family-end-button = Retirar
family-end-choose = Diga qué pasa con lo que concedió.
family-name-title = Dejar que alguien actúe por usted
family-name-explained = Esa persona usa su propio MRMS, con su propio nombre. Nunca necesita sus 24 palabras.
family-name-who = ¿Quién?
family-name-next = Seguir
family-no-powers = Elija qué puede hacer.
family-sure-title = { $who } actuaría por usted
family-sure-explained = Esto es exactamente lo que { $who } podrá hacer:
family-sure-before = Esto sustituye lo que vale ahora:
family-sure-meant = Sí, quiero que { $who } pueda hacer esto
family-sure-button = Dejar que actúe por mí

acting-label = Por quién actúa
acting-banner = Está viendo la historia de { $who }.
acting-until = Hasta { $end }.
acting-end = Volver a mi historia
acting-back = Seguir actuando
acting-records = Su historia
acting-add = Añadir archivos por esa persona
acting-own-title = Esta página trata de sus propias cosas
acting-own-explained = Ahora actúa por { $who }. Sus propias páginas vuelven cuando lo termine.
acting-own-form = No se hizo nada: este formulario trata de sus propias cosas, y ahora actúa por otra persona. Termínelo primero.
acting-none = Ahora no actúa por nadie. En Familia está por quién puede actuar.
acting-other = No se hizo nada: este formulario es de una página para otra persona. Vuelva atrás y abra la página otra vez.
acting-not-theirs = No actúa por esta cuenta: no le nombraron, o ha terminado.
acting-records-of = Historia de { $who }
acting-sees-nothing = No puede ver lo que dicen estos documentos.
acting-search = Buscar por nombre, tipo, fecha o número
acting-no-records = Todavía no hay nada.
acting-unnamed = Documento { $number }
acting-readers = { $count ->
    [0] nadie más lo ve
    [one] 1 persona puede verlo
   *[other] { $count } personas pueden verlo
}
acting-added = Está en la historia de { $who }.
acting-nobody-looked = Nadie más lo ha visto, y nadie lo ha intentado.
acting-open-explained = Cuando lo abra, queda en el registro de { $who }, con el nombre de usted.
acting-which-version = Qué versión
acting-nobody-can = Nadie más.
acting-acts = actúa por { $who } y ve toda su historia clínica
acting-you-act = actúa por { $who } y ve toda su historia clínica
acting-sees-all = toda la historia; eso solo lo retira el paciente
acting-opened = Su apertura queda en el registro de { $who }. Puede verlo aquí hasta las { $end }, también si vuelve a cargar esta página; si lo abre de nuevo después, queda otra entrada.
acting-for = { $who }, por { $patient }
acting-declared = declaró una emergencia
acting-in-emergency = en una emergencia
acting-who-of = Quién ha visto la historia clínica de { $who }
acting-who-hint = Los registros de las bóvedas se comparan en las páginas del propio paciente.
acting-share-explained = Usted deja que alguien abra esto por { $who }. Lo que no escribió usted lo abre primero, y eso queda en su registro.
acting-share-emergency = abrirlo solo en una emergencia, con un motivo que lee el paciente
acting-add-explained = Cada archivo se convierte en un documento de esa persona, con el nombre de usted como autor. Se cifra en este equipo antes de ir a ninguna parte.
acting-amend-explained = Las versiones anteriores quedan. En la nueva está su nombre. Otros que pueden ver el documento la ven en cuanto funcione el programa del paciente.

contact-mine = Quién puede actuar por usted cuando usted no pueda
contact-mine-none = No ha nombrado a nadie. Un contacto no puede hacer nada ahora. Si lo pide y usted no lo rechaza, actúa por usted tras una espera.
contact-name = Nombrar un contacto
contact-title = Un contacto, para el día en que usted no pueda
contact-explained = Un contacto no puede hacer nada ahora. Si lo pide, usted lo sabe enseguida y puede rechazarlo mientras espera. Si no lo hace, actúa por usted. Esto es para un accidente, una enfermedad larga y el tiempo después de su muerte.
contact-days = ¿Cuántos días debe esperar después de pedirlo?
contact-days-hint = De 1 a { $count }. En ese tiempo usted puede rechazarlo.
contact-wrong-days = Dé un número de días de 1 a 365.
contact-waits = { $count ->
    [one] No lo ha pedido. Esperaría 1 día después.
   *[other] No lo ha pedido. Esperaría { $count } días después.
}
contact-asked = Pide actuar por usted. Si no lo rechaza, podrá hacerlo a partir del { $end }.
contact-asked-now = Pide actuar por usted, y puede empezar en cualquier momento.
contact-remove = Retirar
contact-remove-who = Retirar que { $who } sea su contacto
contact-sure-title = { $who } sería su contacto
contact-sure-explained = { $count ->
    [one] Ahora no cambia nada. Si { $who } lo pide y usted no lo rechaza en 1 día, esto es exactamente lo que podrá hacer:
   *[other] Ahora no cambia nada. Si { $who } lo pide y usted no lo rechaza en { $count } días, esto es exactamente lo que podrá hacer:
}
contact-sure-keys = Cuando empiece, un programa suyo debe ejecutarse una vez para que reciba las claves de sus documentos: en este equipo, o donde se restaure su perfil desde una copia de seguridad. Déjelo en marcha, o enseñe a alguien cómo iniciarlo.
contact-sure-meant = Sí, quiero que { $who } pueda llegar a serlo
contact-sure-button = Nombrar este contacto
contact-named = Desde ahora es su contacto.
contact-removed = Ya no es su contacto, y no puede pedirlo hasta que usted lo nombre otra vez.
contact-theirs = Quién le ha nombrado contacto
contact-theirs-none = Ninguna de las personas que conoce le ha nombrado.
contact-theirs-hint = Solo se mira entre las personas que conoce aquí. Si le nombró otra persona, dé abajo su cuenta, o añada su tarjeta.
contact-you-wait = { $count ->
    [one] Ahora no: solo después de que lo pida y pase 1 día sin que lo rechacen.
   *[other] Ahora no: solo después de que lo pida y pasen { $count } días sin que lo rechacen.
}
contact-you-asked = Usted lo pidió. Si no lo rechazan, podrá empezar a partir del { $end }.
contact-you-ready = Usted lo pidió, y no lo rechazaron: puede empezar ahora.
contact-then = A partir de entonces:
contact-ask = Pedir actuar por esa persona
contact-ask-title = ¿Pedir actuar por { $who }?
contact-ask-explained = { $who } lo sabe enseguida, y puede rechazarlo mientras usted espera. Nada cambia antes de: { $end }. Desde entonces puede empezar, si no lo rechazó. Queda en el registro.
contact-ask-button = Sí, pedirlo
contact-refuse-title = ¿Rechazar que { $who } actúe por usted?
contact-remove-title = ¿Retirar que { $who } sea su contacto?
contact-refuse-explained = { $who } no podrá actuar por usted, ni pedirlo hasta que usted le nombre otra vez. Podrá verlo.
contact-accept = Empezar a actuar
contact-other = Otra persona me ha nombrado
contact-other-who = ¿Quién? Un nombre entre sus propias personas, o una cuenta que empieza por S
contact-asked-done = Lo ha pedido. Se le comunica, y puede rechazarlo.
contact-accepted = Desde ahora actúa por esa persona. Queda en su registro, y puede retirarlo. Si puede abrir sus documentos: un programa de esa persona le deja las claves, y ahora tiene que ejecutarse una vez.
why-not-named = No le han nombrado contacto, o le han rechazado desde entonces.
why-asked-already = Ya lo ha pedido.
why-not-asked = Aún no lo ha pedido, y la espera empieza cuando lo haga.
why-too-early = La espera no ha terminado aún.
why-no-contact = No es un contacto suyo.
why-contact-acts = Ya no es un contacto: ahora actúa por usted, y eso NO ha terminado. Termínelo en «Familia».

ward-title = Niños con un perfil aquí
ward-none = Usted no cuida a ningún niño con perfil aquí.
ward-explained = Usted actúa por ellos hasta que llegue el día. Abre su historia en Familia, como con todos por quienes actúa; sus propias páginas se abren con la frase de contraseña de su perfil.
ward-grows-up = será mayor de edad el { $day }
ward-handed-over = todo pasó a { $who }
ward-grown-up = ya es mayor; aún no se ha traspasado nada. Abra este perfil y traspáselo en Familia.
ward-add = Crear un perfil para un niño
ward-add-explained = La historia de un niño es del niño desde el primer día. Hasta entonces usted actúa por él, con su propio nombre. Lo que puede hacer termina con el día.
ward-name = Un nombre para el perfil
ward-unfinished = Sin terminar: usted todavía no actúa por este niño.
ward-unfinished-account = Falta una entrada en el registro del niño, y su tasa. Quien paga sus tasas puede pedir la cuenta del niño:
ward-finish = Terminar el perfil { $name }
ward-finish-explained = Un intento anterior hizo este perfil y se interrumpió. Con esto usted actúa por el niño, y se muestran las 24 palabras del niño.
ward-passphrase-before = La frase de contraseña que dio a este perfil
ward-invitation = La invitación propia del niño
ward-invitation-hint = Quien paga sus tasas puede pagar por una sola cuenta con cada invitación. Entonces pídale una invitación para el niño, y péguela aquí.
ward-needs-invitation = Quien paga sus tasas no paga por la cuenta del niño con la invitación de usted. Pídale una invitación para el niño, y péguela aquí. No se hizo nada.
ward-no-invitation = Esto no es una invitación, o se alteró por el camino.
ward-other-invitation = Esta invitación no paga tasas aquí. Pida una para el niño a quien paga las tasas de usted.
ward-day = El día en que será mayor
ward-day-hint = Lo que usted puede hacer termina con este día.
ward-no-day = Dé el día, dentro de los próximos cien años.
ward-day-past = Este día ya pasó. Elija uno posterior.
ward-button = Crear el perfil
ward-made = El perfil { $name } está listo
ward-made-explained = Usted actúa por { $name } hasta el final del { $day }. Queda en el registro del niño. Después el niño lo recibe todo con un perfil nuevo propio: abra aquí el perfil { $name } y traspáselo en Familia.
ward-words = Las 24 palabras del perfil del niño
ward-words-explained = Escríbalas en papel, en este orden, y guárdelas aparte de las suyas. Se muestran ahora; después están en Ajustes, cuando este perfil esté abierto.
ward-words-missing = Todavía no consta que alguien haya anotado las 24 palabras en papel. Bloquee su perfil y abra el del menor: su primera página lleva a las palabras.

hand-over-link = Traspasar todo a una cuenta nueva, o recibirlo
hand-over-title = Una cuenta nueva para todo
hand-over-explained = Para un equipo nuevo, para palabras que otra persona podría tener, y para un niño que se hace mayor. Todo pasa a una cuenta nueva con palabras nuevas, en un solo paso.
hand-over-before = Usted lo recibió de { $who } el { $day }.
hand-over-give = Traspasar todo
hand-over-all = Toda la historia pasa a la cuenta nueva, con su pasado y con todo lo que otros pueden hacer con ella.
hand-over-nothing-left = Cuando la cuenta nueva lo acepte, solo ella decide. Esta cuenta ya no puede cambiar nada.
hand-over-others = Quien puede abrir documentos o actuar por usted sigue, si la cuenta nueva no lo retira.
hand-over-no-way-back = Nadie puede deshacerlo. Antes de que se acepte, usted puede retirar la oferta.
hand-over-old-words = Quien tenga las palabras de esta cuenta conserva lo que podía leer hasta entonces.
hand-over-offered = Todo está ofrecido a { $who }, y aún no se ha aceptado.
hand-over-offered-thief = Puede recibirlo en cualquier momento. Si no fue usted, alguien tiene sus palabras: retírela enseguida.
hand-over-offered-explained = Aún no ha cambiado nada. Dé este texto a la cuenta nueva: tiene las claves de su historia anterior, y nadie más puede usarlo, así que puede ir por correo.
hand-over-no-memory = Sus personas y lo que compartió son demasiados para viajar con ello: la cuenta nueva pregunta una vez por cada lector.
hand-over-save = Guardar el texto como archivo
hand-over-text = Para la cuenta nueva
hand-over-back = Volver
hand-over-withdraw = Retirar la oferta
hand-over-withdrawn = Ya no se ofrece nada a nadie.
hand-over-offer = Ofrecer todo a una cuenta nueva
hand-over-new-first = Primero cree el perfil nuevo, con palabras nuevas, y pídale su tarjeta. No añada aún nada con él.
hand-over-card = La tarjeta de la cuenta nueva, o la cuenta
hand-over-question = ¿Ofrecer todo a { $who }?
hand-over-word = todo
hand-over-wrong-word = Esa no es la palabra. No se ofreció nada.
hand-over-button = Ofrecer todo
hand-over-no-account = Un contrato no puede recibir nada. Dé una cuenta.
hand-over-oneself = Nadie se traspasa a sí mismo. Cree primero un perfil nuevo.
hand-over-take = Recibir todo
hand-over-take-explained = Alguien le ofreció todo y le dio un texto. Primero ve quién puede abrir documentos o actuar por el paciente, y dice de cada uno si sigue.
hand-over-accept = Recibir con un texto
hand-over-given = Lo que le dieron
handed-text-hint = Un texto que empieza por mrms:
hand-over-no-text = Esto no es un texto para recibir. Cópielo entero.
hand-over-take-from = Recibir de { $who }
hand-over-taken-before = Usted ya lo recibió. Esto trae las claves y retira lo que elija.
hand-over-take-meant = Recibir todo de { $who }. Entonces solo yo decido, y nadie puede deshacerlo.
hand-over-take-button = Recibir
hand-over-not-meant = Diga que lo quiere así.
hand-over-taken = Lo ha recibido todo
hand-over-taken-explained = { $count ->
    [one] Ahora solo usted decide. 1 documento es suyo.
   *[other] Ahora solo usted decide. { $count } documentos son suyos.
}
hand-over-not-ended = { $count } de lo que debía retirarse no se retiró. Reciba otra vez con el mismo texto, o retírelo en Personas y Familia.
hand-over-taken-others = Lo que sigue está en Personas y Familia.
hand-over-keep-text = Guarde el texto con sus 24 palabras: las palabras solas no abren lo que se escribió antes de hoy.
hand-over-tell = Lo que otros compartieron con la cuenta anterior queda en ella. Envíeles su tarjeta nueva.
held-explained = Además de usted, estas personas pueden abrir documentos o actuar por usted. Diga de cada una si sigue.
held-nobody = Nadie más puede abrir un documento ni actuar por usted.
held-link = { $name }, hecho con la cuenta anterior: quien lo tenga
held-records = { $count ->
    [one] puede abrir 1 documento,
   *[other] puede abrir { $count } documentos,
}
held-all = puede abrir todos los documentos, también los posteriores,
held-contact = Es un contacto, para más tarde.
held-keep = Esto sigue
held-end = Esto se retira
held-unanswered = Diga de cada uno si sigue.
why-not-sealed = Ninguna de sus claves abre este texto. Pídalo otra vez: la cuenta anterior lo hace para su clave actual.
why-for-another = Esto se traspasó a otra cuenta, no a usted.
why-another-won = Otra persona lo recibió antes que usted. Solo una puede, y la primera lo hizo.
why-offered-to-another = La oferta es ahora para otra cuenta.
why-elsewhere = Esto es para otro registro que el suyo.
why-not-new = Esa cuenta ya tiene documentos o un registro propio. Solo una cuenta nueva puede recibir.
why-no-text = Esto no es un texto para recibir, o fue alterado en el camino.

list-more = y { $count } más

beside-all = { $who } ya puede abrir todos sus documentos. Mientras dure lo que comparte aquí, vale eso en su lugar: verá la versión actual y las siguientes, o lo que usted elija aquí. Después vuelve a valer el acceso a todos los documentos, y este sigue abierto.
beside-all-theirs = { $who } ya puede abrir todos los documentos de { $patient }. Mientras dure lo que comparte aquí, vale eso en su lugar: verá la versión actual y las siguientes, o lo que usted elija aquí. Después vuelve a valer el acceso a todos los documentos, y este sigue abierto.
beside-acts = { $who } actúa por usted y por eso puede abrir todos sus documentos, aunque no comparta esto, y también después.
beside-acts-theirs = { $who } actúa por { $patient } y por eso puede abrir todos los documentos de { $patient }, aunque usted no comparta esto, y también después.
beside-stopped = El acceso de { $who } a esto ya se retiró una vez. Si lo comparte, podrá abrirlo de nuevo:
beside-stopped-all = Cuando esto termine por sí solo, seguirá abierto, porque esa persona puede ver todos los documentos. Para cerrarlo, retire el acceso otra vez.
beside-sure = Si es lo que quiere, pulse «Compartir».
beside-has = { $who } ya tiene acceso a esto:
beside-sooner = El acceso que { $who } ya tiene dura más que esto:
beside-sooner-then = Si lo comparte como ha elegido aquí, ese acceso termina antes: { $end }.

ends-title = Esto se retira:
ends-all = el acceso a todos sus documentos, también a los futuros
ends-acts = el derecho de actuar por usted
ends-member = su pertenencia a su personal: abre por usted
ends-offer = su oferta de traspasarle todo
ends-contact = que, como su contacto, pueda llegar a actuar por usted
ends-hidden = También le dio esto, pero el registro no lo muestra. Se retira igualmente:
ends-not-let-in = Aquellos a quienes dio acceso por usted lo conservan hasta que termine por sí solo o usted lo retire:
ends-let-in = A quiénes dio acceso
ends-acted = Esa persona ya no actúa por usted. Aquellos a quienes dio acceso por usted lo conservan por ahora:

record-by-another = Está viendo la versión { $number }, escrita por { $who }.
record-all-by-another = Esto lo escribió { $who }, no usted.
record-own-version = Ver la más reciente de las suyas: versión { $number }

news-let-in = { $who } ha compartido por usted «{ $name }» con { $user }.
news-let-in-several = { $who } ha compartido por usted { $count } de sus documentos con { $user }.
news-let-in-all = { $who } ha compartido por usted todos sus documentos con { $user }, también los futuros.
news-let-in-back = Retirado el { $day }.
news-let-in-over = Terminó el { $day }.
news-new-account = { $who } tiene una cuenta nueva. Lo que usted puede hacer por esa persona sigue en ella.
news-member-over = Usted ya no pertenece al equipo de { $who }, desde el { $day }.
news-member-over-undated = Usted ya no pertenece al equipo de { $who }.

home-sharing = { $people ->
    [one] 1 persona comparte documentos con usted.
   *[other] { $people } personas comparten documentos con usted.
}
home-sharing-more = { $people ->
    [one] Al menos 1 persona comparte documentos con usted.
   *[other] Al menos { $people } personas comparten documentos con usted.
}
home-none-own = Usted aún no tiene documentos propios.

restore-link = Tengo una copia de seguridad en un archivo
restore-title = Recuperar todo de una copia de seguridad
restore-explained = Una copia de seguridad contiene todo lo que había aquí: sus documentos, si se guardaban en este equipo, su perfil con su frase de contraseña y los nombres que usted dio a otras personas.
restore-given = Sus 24 palabras o la frase de contraseña de la copia
restore-given-hint = Una copia hecha desde estas páginas se abre con las palabras.
restore-file = La copia de seguridad, un archivo cuyo nombre termina en .age
restore-one = Si el equipo anterior todavía funciona, siga solo con uno de los dos.
restore-button = Recuperar
restore-not-empty = En este equipo ya hay un perfil. Una copia de seguridad solo se recupera donde aún no hay ninguno, para no sobrescribir nada.
restore-wrong-key = La copia no se abre con eso. No se cambió nada.
restore-part = Este archivo contiene solo lo nuevo desde la copia anterior. Se recupera junto con los demás; puede hacerlo quien instaló el programa.
restore-done = Todo está de vuelta
restore-share-again = Quien podía abrir sus documentos sigue pudiendo. Las claves para ello no estaban en la copia: comparta de nuevo con quienes los necesiten ahora.
restore-since = Lo que se hizo después de la copia no está en ella.
restore-start-again = Cierre este programa e inícielo de nuevo. Después abra su perfil con su frase de contraseña.

staff-title = Equipo
staff-own = Quién abre para su organización
staff-none = No hay nadie en su equipo.
staff-explained = Cada persona abre lo que se compartió con ustedes, en su propio equipo informático y con su propio nombre. Los pacientes leen quién fue. Comparten con ustedes como siempre.
staff-since = En su equipo desde { $day }
staff-was = En su equipo desde { $since } hasta { $end }
staff-key-not-taken = Todavía no ha recogido la clave
staff-key-taken = Tiene la clave
staff-key-older = Tiene una clave anterior; la más nueva llega la próxima vez que abra algo
staff-key-due = Falta una clave nueva: alguien que tenía la más reciente ya no está en su equipo. Con ella no abre nada. La nueva es para lo que se comparta con ustedes a partir de ahora.
staff-key-begin = Empezar una clave nueva
staff-key-stays = Su clave y su tarjeta quedan como están.
staff-key-not-done = La clave nueva aún no está hecha: empiécela abajo.
staff-add = Añadir a alguien al equipo
staff-add-explained = Esa persona necesita un perfil propio, en su propio ordenador, y le da su tarjeta.
staff-add-who = ¿A quién?
staff-add-card = Su tarjeta, su cuenta o su nombre
staff-add-name = El nombre que usted le da
staff-add-name-hint = Déjelo vacío para llamarle como dice su tarjeta.
staff-change = Cambiar el final
staff-change-who = Cambiar el final: { $who }
staff-again = Nombrar otra vez
staff-again-who = Nombrar otra vez: { $who }
staff-remove = Quitar
staff-remove-who = Quitar a { $who } del equipo
staff-former = Quién estuvo antes en su equipo ({ $count })
staff-ending = Usted quitó aquí a esta persona y aún no está confirmado. Hasta entonces quizá pueda abrir algo. Quítela otra vez y se envía de nuevo.
staff-naming = Usted nombró aquí a esta persona y el registro no lo muestra. Nómbrela otra vez o quítela.
staff-named = { $who } puede abrir para ustedes lo que se compartió con ustedes. Para empezar recoge su clave: en su propio MRMS, en Personas, Equipo.
staff-removed = { $who } ya no puede abrir nada para ustedes.
staff-new-key = Tienen una clave nueva. Esta es su huella:
staff-new-card = También su tarjeta es nueva. Póngala donde estaba la anterior. A quien ya compartió con ustedes se le pregunta una vez, la próxima vez que comparta, si ustedes le leyeron esta huella.
staff-later-versions = Lo que se compartió antes se abre como antes, para quienes se quedan. Las versiones posteriores les llegan cuando el paciente lo haya compartido otra vez.
staff-saved = Lo que abrió o guardó antes, quizá lo conserve.
staff-left-out = Estas personas no recibieron parte de la clave nueva. Nómbrelas otra vez:
staff-sure-title = { $who } abriría para ustedes
staff-sure-opens = Puede abrir todo lo que se compartió con ustedes y lo que se comparta desde ahora, hasta que termine.
staff-sure-names = Cada apertura queda en el registro del paciente, con su nombre y el de ustedes.
staff-sure-all = No hay medias pertenencias. Para lo que otros no deban ver, haga un perfil aparte, con su propia tarjeta.
staff-sure-meant = Sí, { $who } trabaja con nosotros y esta es la cuenta correcta
staff-sure-button = Añadir al equipo
staff-remove-title = ¿Quitar a { $who } del equipo?
staff-loses = { $count ->
    [0] { $who } abre ahora para ustedes; todavía no se ha compartido nada con ustedes.
    [one] { $who } abre el único documento que se compartió con ustedes, y lo pierde.
   *[other] { $who } abre los { $count } documentos que se compartieron con ustedes, y pierde todo eso.
}
staff-loses-all = { $who } abre todo lo que se compartió con ustedes, y pierde todo eso.
staff-no-member = El registro no muestra ahora que { $who } pertenezca al equipo. Lo que este perfil recuerda se retira de todos modos.
staff-remove-at-once = En cuanto esté confirmado, el registro y las bóvedas no le dan nada para ustedes, tenga lo que tenga en su ordenador.
staff-remove-others = { $count ->
    [0] No hay nadie más en su equipo.
    [one] Queda 1 persona más, que no tiene que hacer nada.
   *[other] Quedan { $count } personas más, que no tienen que hacer nada.
}
staff-sees-own = { $who } puede abrir además documentos propios de ustedes, porque ustedes los compartieron. Eso sigue.
staff-sees-own-link = Verlo y retirarlo
staff-remove-key = ¿Y su clave?
staff-remove-new = Empezar una clave nueva
staff-remove-new-hint = Quienes se quedan la reciben sin hacer nada. Su tarjeta es entonces nueva: désela a quienes comparten con ustedes. Se les pregunta una vez si ustedes les leyeron la huella nueva.
staff-remove-stays = Conservar la clave
staff-remove-stays-hint = Su tarjeta queda como está. Basta con alguien de confianza. Podría leer lo que un paciente deje para ustedes en el propio registro, sin pasar por las bóvedas.
staff-remove-choose = Diga qué pasa con la clave.
staff-remove-button = Quitar del equipo
staff-joined = Tiene la clave. Lo que se compartió con la organización está en «Compartido conmigo».
staff-joined-other-key = Tiene la clave, pero la organización ha publicado otra distinta de las que le dio. Dígaselo a quien lleva su equipo.
staff-left = La clave se ha olvidado. Nada más ha cambiado: puede recogerla otra vez mientras pertenezca al equipo.
staff-link = Equipo, y para quién trabaja usted
works-for = Para quién trabaja usted
works-for-none = Usted no abre para ninguna organización. Una consulta que lo quiera le añade a su equipo con su tarjeta:
works-for-named = { $organisation } le ha añadido a su equipo.
works-for-join = Recoger la clave
works-for-join-who = Recoger la clave de { $organisation }
works-for-join-hint = Después abre lo que se comparte con ella. En su registro se lee que usted la recogió.
works-for-live = Usted abre para { $organisation }.
works-for-until-ended = hasta que lo retiren allí
works-for-over = Usted ya no abre para { $organisation }. Terminó:
works-for-shared = Lo que se comparte con ella
works-for-leave = Olvidar la clave
works-for-leave-who = Olvidar la clave de { $organisation }
works-for-leave-hint = Se quita de este perfil. Sigue perteneciendo al equipo hasta que la organización lo retire.
works-for-fingerprint = La huella de su clave:
works-for-fingerprint-title = La huella de { $organisation }
works-for-fingerprint-hint = Es lo que usted lee a los pacientes que comparan la clave de su organización. Es la clave que tiene ahora, también después de empezar una nueva.
works-for-shared-notice = { $count ->
    [one] Una organización le ha añadido a su equipo. Recoja su clave, y lo que se comparte con ella estará aquí.
   *[other] { $count } organizaciones le han añadido a su equipo. Recoja sus claves, y lo que se comparte con ellas estará aquí.
}
tell-member = Le he añadido a nuestro equipo en MRMS. Abra su propio MRMS, con su propio nombre: Personas, luego Equipo, y recoja allí la clave. Desde entonces, lo que los pacientes comparten con nosotros está en «Compartido conmigo». Cada apertura queda registrada con su nombre.
acting-share-nothing = Marque lo que quiere compartir.
acting-share-none = { $who } aún no tiene documentos, así que no hay nada que compartir. Pida que se añadan.
acting-share-none-add = { $who } aún no tiene documentos, así que no hay nada que compartir. Añada primero un archivo.
check-until-stopped = hasta que se retire
check-purposes = Para qué se abrió no está en el archivo ni lo demuestra: lo sabe su propio perfil.
emergency-unnamed = Sabrá qué es cuando esté abierto: así lo compartió el paciente.
who-former = su cuenta anterior ({ $short })
who-former-several = su cuenta anterior ({ $short })
acting-over-title = Usted ya no actúa por { $who }
acting-over-why = Lo terminó esa persona, o se acabó el plazo.
acting-over-unsent = Lo que iba a hacer no se hizo, y no se guarda nada de lo que había escrito o elegido. Estas son otra vez sus propias páginas.
acting-over-saved = Ya no puede abrir ni cambiar nada allí. Lo que abrió o guardó antes puede conservarlo.
acting-over-files = No se envió: { $names }. Tampoco se envió lo que había elegido después.
acting-moved-title = { $who } tiene una cuenta nueva
acting-moved-why = { $who } lo entregó todo a una cuenta nueva, y usted actúa por ella como antes. Siga allí. Pregunte si es de verdad la suya y añada su tarjeta en «Personas».
acting-moved-go = Seguir con la cuenta nueva
home-may-begin = Usted pidió actuar por { $who }, y la espera ha terminado: puede empezar ahora.
home-ward-soon = { $name } será mayor de edad el { $day }, y entonces termina lo que usted puede hacer. { $name } ya puede hacerse cargo de todo: con un perfil nuevo en un dispositivo propio, al que usted entrega todo aquí desde el perfil { $name }.
home-ward-grown = { $name } ya es mayor de edad ({ $day }), y usted ya no actúa en su nombre. Aún no se ha entregado nada: creen un perfil nuevo en un dispositivo propio, y entregue todo aquí desde el perfil { $name }.
home-you-soon = Usted será mayor de edad el { $day }, y entonces termina lo que otros pueden hacer por usted. Ya puede hacerse cargo de su historia: cree un perfil nuevo en un dispositivo propio, y entréguele todo.
home-you-grown = Usted ya es mayor de edad ({ $day }). Su historia sigue en este perfil, cuyas palabras pueden tener otros: cree un perfil nuevo en un dispositivo propio, y entréguele todo.
hand-over-sponsor = Alguien paga aquí sus tasas. Pídale una invitación para la cuenta nueva antes de crear su perfil: con la de usted no se paga por ella.
home-works-for = Usted trabaja aquí en el equipo de { $organisation }.
home-works-for-sharing = { $people ->
    [0] Ahora nadie comparte documentos con { $organisation }.
    [one] 1 persona comparte documentos con { $organisation }: usted los abre con su propio nombre.
   *[other] { $people } personas comparten documentos con { $organisation }: usted los abre con su propio nombre.
}
home-works-for-more = Al menos { $people } personas comparten documentos con { $organisation }: usted los abre con su propio nombre.
home-named-staff = { $organisation } le ha añadido a su equipo. Recoja la clave, y abrirá lo que los pacientes comparten con ella.
ward-take-over = A partir de ahora se puede hacer cargo de su historia: cree un perfil nuevo en un dispositivo propio, pídale su tarjeta, abra después aquí este perfil y entregue todo en Familia.
ward-sponsor = Alguien paga sus tasas. El perfil nuevo necesita una invitación propia: pídala allí, y empiece con ella el perfil nuevo.
list-title = Listas de nombres
list-newer-hint = Se las dio una organización, con los nombres de su gente. Cuando le dé una más nueva, añádala arriba del mismo modo.
list-count = { $count ->
    [one] 1 persona
   *[other] { $count } personas
}
list-forget = Olvidar
list-forget-who = Olvidar la lista { $name }
list-forgotten = La lista está olvidada. Las personas que añadió de ella siguen entre las suyas.
list-added = La lista está añadida: quien figura en ella aparece con ese nombre.
list-look-title = ¿Añadir esta lista de nombres?
list-signed = «{ $name }», firmada por { $who }
list-explained = ¿Recibió esta lista de la propia organización? Quien figura en ella le aparece con ese nombre y con esta lista. A partir de ahora solo puede sustituirla quien la firmó.
list-same = Usted ya tiene esta lista.
list-newer = Usted tiene una más antigua, y esta la sustituye.
list-joined = Nuevos en ella: { $names }
list-left = Ya no están en ella: { $names }
list-name = Su nombre para esta lista
list-add-button = Añadir la lista
list-altered = Esto no es una lista de nombres, o se modificó en el camino.
list-other-ledger = Esta lista es para otro registro que el suyo.
list-older = Usted tiene una lista más nueva de la misma organización.
list-alike = Otra de sus listas se llama de forma parecida. Dé otro nombre a esta.
staff-names-title = Nombres para sus pacientes
staff-names-explained = Quien no conoce a alguien de su equipo lee una cuenta y ningún nombre. Dé a sus pacientes la lista de su equipo, firmada por usted, en sus páginas web o por correo: quien la añade en Personas lee los nombres.
staff-names-without = De estas personas no hay tarjeta aquí, por eso no figuran en la lista: { $names }. Añada sus tarjetas en Personas.
staff-names-save = { $count ->
    [one] Guardar la lista, con 1 nombre
   *[other] Guardar la lista, con { $count } nombres
}
staff-names-again = Guárdela de nuevo cuando alguien llegue o se vaya: la más nueva sustituye a la anterior.
staff-names-of = Equipo de { $who }
staff-names-unnamed = Equipo
staff-record = Clave del equipo
people-card-or-list = La tarjeta o la cuenta de esa persona, o una lista de nombres
who-own-new = su cuenta nueva ({ $short })
alarm-elsewhere = El { $day } se ofreció todo lo suyo a { $who }, y no lo hizo este programa. Si no fue usted, alguien tiene sus 24 palabras.
alarm-elsewhere-means = La oferta ya no vale, pero quien la hizo puede leer sus documentos como usted y volver a ofrecerlo todo en cualquier momento. Adelántese:
alarm-new-profile = Cree un perfil nuevo con palabras nuevas, en un dispositivo que nadie más use.
alarm-hand-over = Pase todo al perfil nuevo.
alarm-tell = Avise a las personas y centros que comparten con usted, y envíeles su tarjeta nueva.
alarm-taken = { $who } ha recibido todo lo suyo. Si no fue usted, alguien tenía sus 24 palabras. Nadie puede deshacerlo.
alarm-taken-yours = Siguen siendo suyos los archivos que guardó, las copias de seguridad y lo que otros comparten con esta cuenta.
alarm-taken-theirs = Quien lo recibió puede leer todos sus documentos, dejar que otros los abran y borrar los que se pueden borrar.
alarm-taken-evidence = Guarde las pruebas antes de que algo desaparezca: guarde el registro en «Quién lo ha visto».
alarm-taken-tell = Pida a las personas y centros que le atienden que ya no usen esta cuenta y que retiren lo que comparten con ella.
alarm-taken-anew = Cree un perfil nuevo con palabras nuevas, envíe su tarjeta a todos y añada allí otra vez sus documentos. Lo que le falte, los centros pueden enviárselo de nuevo.
alarm-was-me = Fui yo
alarm-was-me-explained = Si lo hizo usted, en otro dispositivo o con otro programa, dígalo: no se le avisará más de ello.
alarm-was-me-done = Usted dijo que fue usted. No se le avisará más de ello.
hand-over-past-back = El { $day } se ofreció todo a { $who }. Su cuenta lo retiró el { $end }.
hand-over-past-back-elsewhere = El { $day } se ofreció todo a { $who }, y no lo hizo este programa. Su cuenta lo retiró el { $end }.
hand-over-past-replaced = El { $day } se ofreció todo a { $who }. El { $end } siguió otra oferta.
hand-over-past-replaced-elsewhere = El { $day } se ofreció todo a { $who }, y no lo hizo este programa. El { $end } siguió otra oferta.
