/** How a connection to PostgreSQL is encrypted, from weakest to strongest; as libpq means it. */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

export type SslMode = (typeof SSL_MODES)[number];
