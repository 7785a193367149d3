import type { Language, Translations } from '../terms/languages'

/**
 * What the server says to people, in the languages of LANG (RFC 6856 3). English is the text itself; `{}` stands for a value.
 * Response codes, numbers and names are for programs and stay as they are.
 */
const TEXTS = {
  '{} messages': { de: '{} Nachrichten', fr: '{} messages', es: '{} mensajes' },
  '{} octets': { de: '{} Oktette', fr: '{} octets', es: '{} octetos' },
  'AUTH cancelled': { de: 'AUTH abgebrochen', fr: 'AUTH annulé', es: 'AUTH cancelado' },
  'Authentication failed.': {
    de: 'Anmeldung fehlgeschlagen.',
    fr: "Échec de l'authentification.",
    es: 'Autenticación fallida.',
  },
  'Login not available now, try again later': {
    de: 'Anmeldung zurzeit nicht möglich, bitte später versuchen',
    fr: 'Connexion indisponible, réessayez plus tard',
    es: 'Acceso no disponible ahora, inténtelo más tarde',
  },
  'Mailbox Locked{}': { de: 'Postfach gesperrt{}', fr: 'Boîte verrouillée{}', es: 'Buzón bloqueado{}' },
  'Mailbox not available now, try again later': {
    de: 'Postfach zurzeit nicht verfügbar, bitte später versuchen',
    fr: 'Boîte indisponible, réessayez plus tard',
    es: 'Buzón no disponible ahora, inténtelo más tarde',
  },
  'NUL is not allowed': { de: 'NUL ist nicht erlaubt', fr: "NUL n'est pas permis", es: 'NUL no está permitido' },
  'POP3 ready': { de: 'POP3 bereit', fr: 'POP3 prêt', es: 'POP3 listo' },
  'TLS is active already': { de: 'TLS ist schon aktiv', fr: 'TLS est déjà actif', es: 'TLS ya está activo' },
  'TLS required': { de: 'TLS ist nötig', fr: 'TLS est requis', es: 'Se requiere TLS' },
  'TOP needs a message and a number of lines': {
    de: 'TOP braucht eine Nachricht und eine Zeilenzahl',
    fr: 'TOP demande un message et un nombre de lignes',
    es: 'TOP necesita un mensaje y un número de líneas',
  },
  'Too many sessions': { de: 'Zu viele Sitzungen', fr: 'Trop de sessions', es: 'Demasiadas sesiones' },
  'XCLIENT needs an address': {
    de: 'XCLIENT braucht eine Adresse',
    fr: 'XCLIENT demande une adresse',
    es: 'XCLIENT necesita una dirección',
  },
  'address noted': { de: 'Adresse vermerkt', fr: 'adresse notée', es: 'dirección anotada' },
  'USER first': { de: 'zuerst USER', fr: "USER d'abord", es: 'primero USER' },
  'USER needs a name': { de: 'USER braucht einen Namen', fr: 'USER demande un nom', es: 'USER necesita un nombre' },
  'UTF-8 from now on': { de: 'ab jetzt UTF-8', fr: 'UTF-8 désormais', es: 'UTF-8 desde ahora' },
  'The server is shutting down': {
    de: 'Der Server wird angehalten',
    fr: "Le serveur s'arrête",
    es: 'El servidor se detiene',
  },
  'There is no such mailbox': {
    de: 'Dieses Postfach gibt es nicht',
    fr: "Cette boîte n'existe pas",
    es: 'No existe ese buzón',
  },
  'begin TLS': { de: 'TLS beginnen', fr: 'commencez TLS', es: 'inicie TLS' },
  bye: { de: 'auf Wiedersehen', fr: 'au revoir', es: 'adiós' },
  deleted: { de: 'gelöscht', fr: 'supprimé', es: 'borrado' },
  'internal error': { de: 'interner Fehler', fr: 'erreur interne', es: 'error interno' },
  'language changed': { de: 'Sprache geändert', fr: 'langue changée', es: 'idioma cambiado' },
  'languages follow': { de: 'Sprachen folgen', fr: 'langues disponibles', es: 'siguen los idiomas' },
  'line too long': { de: 'Zeile zu lang', fr: 'ligne trop longue', es: 'línea demasiado larga' },
  'log in first': { de: 'zuerst anmelden', fr: "identifiez-vous d'abord", es: 'inicie sesión primero' },
  'no STLS after UTF8': { de: 'kein STLS nach UTF8', fr: 'pas de STLS après UTF8', es: 'STLS no va después de UTF8' },
  'no such language': { de: 'diese Sprache gibt es nicht', fr: 'langue inconnue', es: 'idioma desconocido' },
  'no such mechanism': { de: 'unbekanntes Verfahren', fr: 'mécanisme inconnu', es: 'mecanismo desconocido' },
  'no such message': {
    de: 'diese Nachricht gibt es nicht',
    fr: "ce message n'existe pas",
    es: 'no existe ese mensaje',
  },
  'not in this state': { de: 'nicht in diesem Zustand', fr: 'pas dans cet état', es: 'no en este estado' },
  'the mailbox was given to another session': {
    de: 'das Postfach ging an eine andere Sitzung',
    fr: 'la boîte a été donnée à une autre session',
    es: 'el buzón pasó a otra sesión',
  },
  'some deleted messages not removed': {
    de: 'einige gelöschte Nachrichten wurden nicht entfernt',
    fr: "des messages supprimés n'ont pas été enlevés",
    es: 'algunos mensajes borrados no se eliminaron',
  },
  'that is no UTF-8': { de: 'das ist kein UTF-8', fr: "ce n'est pas de l'UTF-8", es: 'eso no es UTF-8' },
  'that is no base64': { de: 'das ist kein Base64', fr: "ce n'est pas du base64", es: 'eso no es base64' },
  'the message cannot be read now': {
    de: 'die Nachricht ist jetzt nicht lesbar',
    fr: 'le message est illisible pour le moment',
    es: 'el mensaje no se puede leer ahora',
  },
  'the message needs the command UTF8': {
    de: 'die Nachricht braucht den Befehl UTF8',
    fr: 'le message demande la commande UTF8',
    es: 'el mensaje necesita el comando UTF8',
  },
  'there is no certificate': { de: 'es gibt kein Zertifikat', fr: 'pas de certificat', es: 'no hay certificado' },
  'too many bad commands, goodbye': {
    de: 'zu viele falsche Befehle, auf Wiedersehen',
    fr: 'trop de commandes erronées, au revoir',
    es: 'demasiados comandos erróneos, adiós',
  },
  'this is no web server': {
    de: 'das ist kein Webserver',
    fr: "ce n'est pas un serveur web",
    es: 'esto no es un servidor web',
  },
  'unknown command': { de: 'unbekannter Befehl', fr: 'commande inconnue', es: 'comando desconocido' },
  'wait {} seconds between logins': {
    de: '{} Sekunden zwischen Anmeldungen warten',
    fr: 'attendez {} secondes entre les connexions',
    es: 'espere {} segundos entre accesos',
  },
  'without argument': { de: 'ohne Argument', fr: 'sans argument', es: 'sin argumento' },
} as const satisfies Readonly<Record<string, Translations>>

export type Text = keyof typeof TEXTS

export function inLanguage(language: Language, text: Text, value: string | number = ''): string {
  const said = language === 'en' ? text : TEXTS[text][language]
  // A function: `$&` in a value means nothing.
  return said.replace('{}', () => String(value))
}
