/** Names of files and what others say go to a terminal: nothing in them may steer it. */
export const plainText = (text: string): string =>
  text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (sign) => {
    const number = sign.charCodeAt(0)
    return number < 256 ? `\\x${number.toString(16).padStart(2, '0')}` : `\\u${number.toString(16)}`
  })

/** `2026-11-30 10:02:03`, UTC */
export const utcTime = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19)
