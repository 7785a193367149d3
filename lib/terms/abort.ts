/** Calls `listener` when the signal is aborted, and also when it is already: an event listener alone would wait for ever. */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true })
}
