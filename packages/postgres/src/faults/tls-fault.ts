/** Why encryption failed, in words that lead on; nothing in them is of the server or the client. */
const KINDS: readonly (readonly [code: RegExp, message: RegExp, said: string])[] = [
  [
    /^/,
    /does not support SSL/i,
    'the server offers no TLS: turn it on there (ssl = on), or connect to the port that has it; sslmode=disable and DB_SSL_MODE=disable are for networks that are trusted',
  ],
  [
    /^/,
    /no encryption|SSL off|SSL (connection )?(is )?required|connection is insecure/i,
    'the server lets nobody in unencrypted: ask for encryption with sslmode=require, or verify-full (DB_SSL_MODE); if it is refused then, too, pg_hba.conf has no entry for this address, user and database',
  ],
  [
    /^ERR_SSL_.*CERTIFICATE_REQUIRED/,
    /valid client certificate|certificate authentication failed|certificate required/i,
    'the server wants a client certificate that names the user: give sslcert and sslkey in the connection string',
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    /altnames/i,
    "the server's certificate is not for this host: connect by a name that it is for, or have one issued for this name; verify-ca checks the authority alone",
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    /certificate (has expired|is not yet valid)/i,
    "the server's certificate has expired, or is not valid yet: renew it, and compare the clocks",
  ],
  [
    /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_UNTRUSTED|CERT_SIGNATURE|INVALID_CA)/,
    /self.signed|unable to (verify|get)/i,
    'the certificate of the server is not signed by an authority that is trusted: name the authority in sslrootcert or DB_SSL_CA_FILE',
  ],
  [
    /^/,
    /channel binding/i,
    'channel_binding=require, and the server, or a pooler before it, does not log in with SCRAM-SHA-256-PLUS over TLS: connect to the server itself, or write channel_binding=prefer',
  ],
  [
    /^ERR_SSL_.*(ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE)/,
    /alert (unknown ca|bad certificate)/i,
    "the server does not trust the client's certificate: have it signed by the authority that ssl_ca_file names there",
  ],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|.*PROTOCOL_VERSION)/,
    /wrong version number/i,
    'no common version of TLS: the server has to speak TLS 1.2 or later; with sslnegotiation=direct it has to be PostgreSQL 17 or later',
  ],
];

/** What a driver's error says of encryption; undefined where it says nothing of it. */
export function tlsFault(code: string, message: string): string | undefined {
  return KINDS.find(
    ([codes, messages]) => (codes.source !== '^' && codes.test(code)) || messages.test(message),
  )?.[2];
}
