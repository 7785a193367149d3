// @ts-check
/** @import { Body } from '../base/types' */

/** Protocols by which an account may log in. */
/** @type {NonNullable<Body<'PATCH /admin/accounts/{account}'>['protocols']>} */
export const PROTOCOLS = ['imap', 'pop3', 'smtp', 'http', 'sieve']
