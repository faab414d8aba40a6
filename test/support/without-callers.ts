/** For processes under PRODUCTION in tests that are not about who calls. */
export const WITHOUT_CALLERS = { AUTH_MODE: 'none', AUTH_NONE_ACCEPTED: 'true' } as const;
