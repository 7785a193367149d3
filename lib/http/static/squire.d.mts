/** Squire (MIT), served from its package. */
export { default } from 'squire-rte'
