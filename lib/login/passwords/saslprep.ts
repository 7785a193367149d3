/**
 * SASLprep (RFC 4013) for passwords. What it forbids stays as it is: a password is refused by the verifier, not by its
 * spelling.
 */
export function saslPrepared(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  // RFC 4013 2.1: non-ASCII spaces become a space, what is commonly mapped to nothing goes (RFC 3454 C.1.2 and B.1).
  const mapped = text
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
  const normal = mapped.normalize('NFKC')
  return PROHIBITED.test(normal) ? text : normal
}

// RFC 4013 2.3: control characters, private use, non-characters, surrogates, tagging, changing display.
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\u200e\u200f\u202a-\u202e\u2028\u2029\u206a-\u206f\ufff9-\uffff\u{e0000}-\u{e007f}]/u
