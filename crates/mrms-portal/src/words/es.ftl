# El portal en español.
skip = Ir al contenido
lock = Bloquear
language = Idioma
language-choose = Usar
cancel = Cancelar
nav-label = Páginas
nav-home = Inicio
nav-records = Mi historia
nav-shared = Compartido conmigo
nav-people = Personas
nav-who = Quién miró
nav-check = Comprobar
nav-settings = Ajustes
idle-warning = Hace un rato que no pasa nada. En un minuto se bloqueará su historia.
idle-stay = Sigo aquí
minutes = { $count ->
    [60] 1 hora
    [480] 8 horas
   *[other] { $count } minutos
}
wait-seconds = Demasiados intentos fallidos. Espere { $seconds } segundos.

enter-title = Entrar
enter-explained = Abra el enlace que mostró mrms portal, o escriba aquí su código. Cada código sirve una vez, durante diez minutos. mrms portal link hace otro.
enter-code = Código
enter-button = Entrar
enter-wrong = Este código ya se usó, es demasiado viejo o no es correcto. mrms portal link hace otro.

unlock-title = Abrir su historia
unlock-profile = Perfil
unlock-passphrase = Frase de paso
unlock-minutes = Bloquear si no pasa nada durante
unlock-button = Abrir
unlock-wrong = La frase de paso no es correcta.

welcome-title = Bienvenida
welcome-explained = Su historia está cifrada en este equipo. Elija una frase de paso que la abra aquí.
welcome-passphrase = Nueva frase de paso
welcome-passphrase-hint = Cuatro o cinco palabras que no tengan nada que ver entre sí son buenas.
welcome-again = La misma otra vez
welcome-button = Empezar
welcome-differ = Las dos no son iguales.
welcome-weak = Esta frase de paso es demasiado fácil de adivinar.

words-title = Sus 24 palabras
words-explained = Escríbalas en papel, en este orden. Devuelven su cuenta en cualquier equipo. Quien las tenga puede leer su historia. La historia misma vuelve de una copia de seguridad: mrms backup.
words-noted = Las he escrito
words-check-title = Vamos a comprobarlo
words-check-button = Comprobar
words-number = Palabra { $number }
words-again = Mostrar las palabras otra vez
words-wrong = Eso no es lo que está escrito. Compárelo con su papel.

home-sentence = { $people ->
    [0] Nadie más que usted puede ver { $records ->
        [one] su documento
       *[other] sus { $records } documentos
    }.
    [one] 1 persona puede ver algo de { $records ->
        [one] su documento
       *[other] sus { $records } documentos
    }.
   *[other] { $people } personas pueden ver algo de { $records ->
        [one] su documento
       *[other] sus { $records } documentos
    }.
}
home-attention = Requiere su atención
home-emergency = { $who } abrió un documento en una emergencia. Lea el motivo.
home-ending = { $who } puede ver un documento hasta { $end }.
home-words = Por favor, escriba sus 24 palabras en papel.
home-add = Añadir archivos
home-records = Toda mi historia

records-title = Mi historia
records-search = Buscar por nombre o tipo
records-search-button = Buscar
records-none = Todavía no hay nada. Añada archivos para empezar.
records-none-found = Nada coincide.
records-unnamed = Sin nombre
records-erased = Borrado
records-versions = { $count } versiones
records-readers = { $count ->
    [0] solo usted
    [one] 1 persona
   *[other] { $count } personas
}
kind-scan = Imagen médica
kind-picture = Imagen
kind-document = Documento
kind-health-data = Datos de salud
kind-text = Texto
kind-file = Archivo

record-added = Está en su historia.
record-shared = Está compartido.
record-stopped = Ya no pueden abrirlo. Pueden conservar lo que ya guardaron.
record-author = de { $who }
record-content = Contenido
record-download = Descargar el archivo
record-versions = Versiones
record-version = Versión { $number }
record-who-can = Quién puede verlo
record-nobody-can = Nadie más que usted.
record-until = hasta { $end }
record-until-stopped = hasta que usted lo termine
record-stop = Terminar
record-stop-who = Terminar con { $who }
record-share = Compartir
record-who-looked = Quién miró
record-nobody-looked = Nadie más lo ha abierto todavía.
record-refused = rechazado
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
add-files = Archivos
add-button = Añadir
add-done = { $name } está en su historia.
add-failed = { $name } no se añadió: { $why }
add-progress-done = en su historia
add-progress-failed = no añadido
add-too-large = Es demasiado grande para un formulario sin script. Permita scripts, o use mrms create.
add-nothing = No se eligió ningún archivo.

share-title = Compartir «{ $name }»
share-with = ¿Con quién?
share-other = Otra persona
share-other-hint = Un nombre entre sus personas, o una cuenta que empieza por S.
share-how-long = ¿Por cuánto tiempo?
share-hour = 1 hora
share-day = 1 día
share-week = 1 semana
share-month = 30 días
share-year = 1 año
share-stopped = Hasta que lo termine
share-until = (hasta { $end })
share-explained = Ven la versión actual y las siguientes. Cada apertura se escribe en el registro.
share-button = Compartir
share-nobody = Elija con quién compartir.
share-unclear = Este nombre podría ser de varias personas. Dé también el final de la cuenta.
share-unknown = Nadie entre sus personas se llama así.
share-no-term = Elija por cuánto tiempo.
share-new-title = ¿Es la persona correcta?
share-new-explained = Nunca ha compartido con { $who }. Compare estos signos con esa persona, por teléfono o cara a cara.
share-new-button = Los signos son iguales: compartir

shared-none = Ahora nadie comparte nada con usted.
shared-explained = Cada apertura se escribe en el registro del paciente.
shared-record = documento { $number }
shared-open = Abrir
shared-no-end = sin fin
shared-opened = Su apertura está en el registro del paciente. Puede mirarlo aquí durante diez minutos.

people-none = Aún no conoce a nadie aquí. Pida su tarjeta a su clínica.
people-add = Añadir a alguien
people-card = Su tarjeta
people-card-hint = Un texto que empieza por mrms:
people-name = Su nombre para esa persona (sin él: como se llama a sí misma)
people-add-button = Añadir
people-wrong-card = Esto no es una tarjeta, o fue alterada en el camino.
people-invitation = Esto es una invitación y no una tarjeta. La orden mrms join la toma.
people-other-ledger = Esta tarjeta es de otro registro que el suyo.
people-old-card = Ya tiene esta tarjeta, o una más nueva.
people-wrong-name = Este nombre no vale: es demasiado largo, o tiene signos que no se ven.
people-lookalike = Alguien entre sus personas tiene un nombre que parece igual. Dé otro nombre.

who-opened = { $who } abrió «{ $name }».
who-refused = { $who } intentó abrir «{ $name }» y fue rechazado.
who-emergency = { $who } declaró una emergencia en «{ $name }».

check-title = Comprobar pruebas
check-explained = Elija un paquete de pruebas (mrms evidence) o un registro exportado (mrms audit --json). Se comprueba en este equipo y no va a ninguna parte.
check-file = Archivo
check-button = Comprobar
check-bundle = Probado: { $count } hechos
check-trail = Registro intacto: { $count } hechos
check-broken = No se sostiene
check-record = Documento { $record }
check-head = El registro termina en
check-ledger = Compare el hash del primer bloque con uno que conozca por otra vía: mrms verify --genesis.

settings-account = Su cuenta
settings-ledger = Registro: { $name }, bloque { $block }
settings-vaults = { $count ->
    [one] 1 bóveda
   *[other] { $count } bóvedas
}
settings-words-explained = Se muestran tras su frase de paso.
settings-words-button = Mostrar las palabras

error-title = No funcionó
error-other-page = Esta petición no vino de una página del portal. No se hizo nada. Vuelva e inténtelo de nuevo.
error-no-page = No existe esa página.
error-refused = No se pudo hacer. El motivo:
error-away = El equipo con el registro no responde. Su historia está segura allí. Inténtelo más tarde.
error-broke-off = El trabajo se interrumpió. Inténtelo de nuevo.
error-back = Volver al inicio

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
viewer-also = También contiene
viewer-as-stored = Como lo fijó el aparato
viewer-attachment = Dentro de este archivo hay otro documento. Descargue el archivo para leerlo.
viewer-author = Quién
viewer-born = Nacimiento
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
viewer-lead = Derivación
viewer-left-out-image = Aquí no se muestra una imagen del original.
viewer-lot = Lote
viewer-medicines = Medicamentos
viewer-message = Mensaje
viewer-mistaken = registrado por error
viewer-name = Nombre
viewer-next = Siguiente
viewer-no-images = Este objeto no tiene imagen. Dice:
viewer-normal = Normal
viewer-not-verified = La firma de esta tarjeta no se ha comprobado. Pregunte al emisor si es importante.
viewer-number = Número
viewer-outside = fuera
viewer-page = Página { $number } de { $count }
viewer-pages = Páginas de este documento
viewer-patient = Paciente
viewer-picture = Imagen { $number } de { $count }
viewer-planned = previsto
viewer-plans = Planes
viewer-plot = { $name }: gráfico de { $count } valores, que están en la tabla siguiente
viewer-previous = Anterior
viewer-problems = Problemas
viewer-procedures = Procedimientos
viewer-range = De – a
viewer-reaction = Reacción
viewer-reason = Motivo
viewer-remark = Observación
viewer-reports = Informes
viewer-resolved = resuelto
viewer-results = Resultados
viewer-row = Fila
viewer-segment = Parte
viewer-severity = Gravedad
viewer-sex = Sexo
viewer-show = Mostrar
viewer-since = Desde
viewer-size = Bytes
viewer-status = Estado
viewer-stopped = detenido
viewer-study = Exploración
viewer-text-of-page = Texto de esta página
viewer-until = Hasta
viewer-vaccinations = Vacunas
viewer-value = Valor
viewer-visits = Visitas
viewer-what = Qué
viewer-window = Brillo
