import cluster from 'node:cluster'

/** Preloaded into the demo's Haraka: when the process that started it is gone, however it ended, Haraka stops too. */
process.on('disconnect', () => process.kill(process.pid, 'SIGINT'))
// The channel alone must not keep Haraka's master running; a worker lives by its channel.
if (!cluster.isWorker) process.channel?.unref()
