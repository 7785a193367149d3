// @ts-check

/** What an address names that is no mailbox: `#/account`. */
const PAGES = ['account', 'admin', 'bin', 'contacts', 'rules']

/** @param {string | undefined} name */
export const isPage = (name) => name !== undefined && PAGES.includes(name)
