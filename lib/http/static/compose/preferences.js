// @ts-check

/** Seconds in which a message that was sent can be taken back, on this machine. */
const USUAL = 5
const NAME = 'undoSeconds'

export const undoSeconds = () => Number(localStorage.getItem(NAME) ?? USUAL)
/** @param {number} seconds */
export const chooseUndoSeconds = (seconds) => localStorage.setItem(NAME, String(seconds))
