/** Of every answer: a browser takes it for nothing but what it says it is, shows it in no frame, lets no page of another origin embed it, and loads nothing for it. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // What frame-ancestors says, for scanners and what else looks for it.
  'x-frame-options': 'DENY',
} as const;

/** Of a page that loads its scripts, styles and data from this service alone. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
