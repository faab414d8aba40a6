/** How a connection to PostgreSQL is encrypted, from weakest to strongest. */
export const SSL_MODES = ['disable', 'require', 'verify-full'] as const;

export type SslMode = (typeof SSL_MODES)[number];
