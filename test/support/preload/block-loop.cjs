// Loaded into the service before it starts: on SIGUSR2 nothing else runs for 3 s, as when a document
// takes too long to parse.
const BLOCKED_MS = 3000;

process.on('SIGUSR2', () => {
  const end = Date.now() + BLOCKED_MS;
  while (Date.now() < end);
});
