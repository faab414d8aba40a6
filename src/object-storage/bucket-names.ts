/** Requests are signed with keys: none stand in the URL, and nothing that the client would leave out. */
export function isBucketEndpoint(endpoint: string): boolean {
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) return false;
  const { username, password, search, hash } = new URL(endpoint);
  return `${username}${password}${search}${hash}` === '';
}

/** As S3 itself has it. */
export function isBucketName(name: string): boolean {
  const isAddress = /^\d+(\.\d+){3}$/.test(name);
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !isAddress;
}
