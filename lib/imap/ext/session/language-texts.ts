import type { Language, Translations } from '../../../terms/languages'

/**
 * What the server says to people, in the languages of LANGUAGE (RFC 5255 3); `{}` stands for a value. What is wrong with the
 * grammar of a command is for programmers, and stays English, as does what is not in this list.
 */
const TEXTS: Readonly<Record<string, Translations>> = {
  '{} completed': { de: '{} ausgeführt', fr: '{} effectué', es: '{} completado' },
  '{} completed: nothing to do': {
    de: '{} ausgeführt: es gab nichts zu tun',
    fr: '{} effectué : rien à faire',
    es: '{} completado: nada que hacer',
  },
  '{} completed without STATUS: {}': {
    de: '{} ausgeführt, ohne STATUS: {}',
    fr: '{} effectué, sans STATUS : {}',
    es: '{} completado, sin STATUS: {}',
  },
  '{} not in this state': { de: '{} nicht in diesem Zustand', fr: '{} pas dans cet état', es: '{} no en este estado' },
  'A message has no octets: nothing was appended': {
    de: 'Eine Nachricht ist leer: nichts wurde abgelegt',
    fr: "Un message est vide : rien n'a été ajouté",
    es: 'Un mensaje está vacío: no se añadió nada',
  },
  'At most {} messages': { de: 'Höchstens {} Nachrichten', fr: 'Au plus {} messages', es: 'Como máximo {} mensajes' },
  'Authentication failed.': {
    de: 'Anmeldung fehlgeschlagen.',
    fr: "Échec de l'authentification.",
    es: 'Autenticación fallida.',
  },
  'DEFLATE active already': {
    de: 'DEFLATE ist schon aktiv',
    fr: 'DEFLATE est déjà actif',
    es: 'DEFLATE ya está activo',
  },
  'First unseen': { de: 'Erste ungelesene', fr: 'Premier non lu', es: 'Primero no leído' },
  'Flags that stay': { de: 'Bleibende Kennzeichen', fr: 'Drapeaux permanents', es: 'Marcas permanentes' },
  'Highest mod-sequence': {
    de: 'Höchste Änderungsnummer',
    fr: 'Plus haute séquence de modification',
    es: 'Secuencia de cambios más alta',
  },
  'Idle for too long': { de: 'Zu lange untätig', fr: 'Inactif trop longtemps', es: 'Inactivo demasiado tiempo' },
  'Internal error {}': { de: 'Interner Fehler {}', fr: 'Erreur interne {}', es: 'Error interno {}' },
  'Language changed': { de: 'Sprache geändert', fr: 'Langue changée', es: 'Idioma cambiado' },
  'Languages are listed': { de: 'Die Sprachen sind genannt', fr: 'Langues disponibles', es: 'Idiomas disponibles' },
  'Logged in': { de: 'Angemeldet', fr: 'Connecté', es: 'Sesión iniciada' },
  'Login not available now, try again later': {
    de: 'Anmeldung zurzeit nicht möglich, bitte später versuchen',
    fr: 'Connexion indisponible, réessayez plus tard',
    es: 'Acceso no disponible ahora, inténtelo más tarde',
  },
  'Mailbox locked{}': { de: 'Postfach gesperrt{}', fr: 'Boîte verrouillée{}', es: 'Buzón bloqueado{}' },
  Moved: { de: 'Verschoben', fr: 'Déplacés', es: 'Movidos' },
  News: { de: 'Neues', fr: 'Nouvelles', es: 'Novedades' },
  'No further updates': { de: 'Keine weiteren Meldungen', fr: 'Plus de mises à jour', es: 'Sin más avisos' },
  'No such limit': { de: 'Diese Grenze geht nicht', fr: 'Limite impossible', es: 'Ese límite no sirve' },
  'No such mechanism': { de: 'Unbekanntes Verfahren', fr: 'Mécanisme inconnu', es: 'Mecanismo desconocido' },
  'Not available now, try again later': {
    de: 'Zurzeit nicht möglich, bitte später versuchen',
    fr: 'Indisponible, réessayez plus tard',
    es: 'No disponible ahora, inténtelo más tarde',
  },
  'Not permitted: {}': { de: 'Nicht erlaubt: {}', fr: 'Non permis : {}', es: 'No permitido: {}' },
  Ok: { de: 'Gut', fr: 'Bien', es: 'Bien' },
  'Over quota': {
    de: 'Der Speicherplatz ist aufgebraucht',
    fr: "L'espace alloué est plein",
    es: 'Se superó el espacio asignado',
  },
  'Other Users/': { de: 'Andere Benutzer/', fr: 'Autres utilisateurs/', es: 'Otros usuarios/' },
  'Predicted next UID': { de: 'Nächste UID', fr: 'Prochain UID', es: 'Próximo UID' },
  'Previous mailbox closed': {
    de: 'Voriges Postfach geschlossen',
    fr: 'Boîte précédente fermée',
    es: 'Buzón anterior cerrado',
  },
  'Replacement message ready': {
    de: 'Neue Fassung liegt bereit',
    fr: 'Message de remplacement prêt',
    es: 'Mensaje de reemplazo listo',
  },
  'Shared/': { de: 'Gemeinsam/', fr: 'Partagé/', es: 'Compartido/' },
  'Some messages were expunged by another session': {
    de: 'Eine andere Sitzung hat einige Nachrichten gelöscht',
    fr: 'Des messages ont été supprimés par une autre session',
    es: 'Otra sesión borró algunos mensajes',
  },
  'Still working': { de: 'In Arbeit', fr: 'En cours', es: 'En curso' },
  'TLS is active already': { de: 'TLS ist schon aktiv', fr: 'TLS est déjà actif', es: 'TLS ya está activo' },
  'TLS required': { de: 'TLS ist nötig', fr: 'TLS est requis', es: 'Se requiere TLS' },
  'The language is not known': {
    de: 'Diese Sprache ist nicht bekannt',
    fr: 'Langue inconnue',
    es: 'Idioma desconocido',
  },
  'The literal is too big': {
    de: 'Das Literal ist zu groß',
    fr: 'Littéral trop grand',
    es: 'Literal demasiado grande',
  },
  'The lock on this mailbox was lost': {
    de: 'Die Sperre dieses Postfachs ging verloren',
    fr: 'Le verrou de cette boîte a été perdu',
    es: 'Se perdió el bloqueo de este buzón',
  },
  'The mailbox is needed elsewhere': {
    de: 'Das Postfach wird anderswo gebraucht',
    fr: 'La boîte est demandée ailleurs',
    es: 'El buzón se necesita en otra sesión',
  },
  'The mailbox is open read-only': {
    de: 'Das Postfach ist nur zum Lesen offen',
    fr: 'La boîte est ouverte en lecture seule',
    es: 'El buzón está abierto solo para lectura',
  },
  'The mailbox was deleted': {
    de: 'Das Postfach wurde gelöscht',
    fr: 'La boîte a été supprimée',
    es: 'El buzón fue borrado',
  },
  'The server is shutting down': {
    de: 'Der Server wird angehalten',
    fr: "Le serveur s'arrête",
    es: 'El servidor se detiene',
  },
  'The value is too big': { de: 'Der Wert ist zu groß', fr: 'Valeur trop grande', es: 'Valor demasiado grande' },
  'There is no such context': {
    de: 'Diese Suche wird nicht gemeldet',
    fr: "Cette recherche n'est pas suivie",
    es: 'Esa búsqueda no se sigue',
  },
  'There is no such filter': {
    de: 'Diesen Filter gibt es nicht',
    fr: "Ce filtre n'existe pas",
    es: 'No existe ese filtro',
  },
  'There is no such quota root': {
    de: 'Diese Quota gibt es nicht',
    fr: "Ce quota n'existe pas",
    es: 'No existe esa cuota',
  },
  'This URL names nothing here': {
    de: 'Diese URL nennt hier nichts',
    fr: 'Cette URL ne désigne rien ici',
    es: 'Esa URL no nombra nada aquí',
  },
  'Too many annotations': { de: 'Zu viele Anmerkungen', fr: "Trop d'annotations", es: 'Demasiadas anotaciones' },
  'There is a mailbox with this name already': {
    de: 'Ein Postfach dieses Namens gibt es schon',
    fr: 'Une boîte de ce nom existe déjà',
    es: 'Ya existe un buzón con ese nombre',
  },
  'There is no certificate': { de: 'Es gibt kein Zertifikat', fr: 'Pas de certificat', es: 'No hay certificado' },
  'There is no such account': {
    de: 'Dieses Konto gibt es nicht',
    fr: "Ce compte n'existe pas",
    es: 'No existe esa cuenta',
  },
  'There is no such mailbox': {
    de: 'Dieses Postfach gibt es nicht',
    fr: "Cette boîte n'existe pas",
    es: 'No existe ese buzón',
  },
  'There is no such message': {
    de: 'Diese Nachricht gibt es nicht',
    fr: "Ce message n'existe pas",
    es: 'No existe ese mensaje',
  },
  'This charset is not known': {
    de: 'Dieser Zeichensatz ist nicht bekannt',
    fr: 'Jeu de caractères inconnu',
    es: 'Juego de caracteres desconocido',
  },
  'This mailbox name cannot be used: {}': {
    de: 'Dieser Name eines Postfachs geht nicht: {}',
    fr: 'Ce nom de boîte est impossible : {}',
    es: 'Ese nombre de buzón no sirve: {}',
  },
  'Too big: the limit is {} octets': {
    de: 'Zu groß: höchstens {} Oktette',
    fr: 'Trop grand : {} octets au plus',
    es: 'Demasiado grande: el límite es {} octetos',
  },
  'Too many bad commands': {
    de: 'Zu viele falsche Befehle',
    fr: 'Trop de commandes erronées',
    es: 'Demasiados comandos erróneos',
  },
  'Too many failed logins': {
    de: 'Zu viele Anmeldungen sind fehlgeschlagen',
    fr: 'Trop de connexions échouées',
    es: 'Demasiados accesos fallidos',
  },
  'UIDs valid': { de: 'UIDs gültig', fr: 'UID valides', es: 'UID válidos' },
  'Unknown command': { de: 'Unbekannter Befehl', fr: 'Commande inconnue', es: 'Comando desconocido' },
  'You have no right to do this': {
    de: 'Dazu fehlt das Recht',
    fr: "Vous n'en avez pas le droit",
    es: 'No tiene derecho a hacerlo',
  },
  'begin TLS now': { de: 'TLS beginnen', fr: 'commencez TLS', es: 'inicie TLS ahora' },
  'see you': { de: 'auf Wiedersehen', fr: 'au revoir', es: 'adiós' },
}

/** Texts with values: the most particular first. */
const PATTERNS = Object.entries(TEXTS)
  .filter(([text]) => text.includes('{}'))
  .sort(([a], [b]) => b.length - a.length)
  .map(([text, translations]) => {
    const source = text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('{}', '(.*)')
    return { pattern: new RegExp(`^${source}$`), translations }
  })

export function inLanguage(language: Language, text: string): string {
  if (language === 'en') return text
  const exact = TEXTS[text]
  if (exact) return exact[language]
  for (const { pattern, translations } of PATTERNS) {
    const match = pattern.exec(text)
    if (!match) continue
    const [, ...values] = match
    // A function: `$&` in a value means nothing.
    return translations[language].replace(/\{\}/g, () => values.shift() ?? '')
  }
  return text
}
