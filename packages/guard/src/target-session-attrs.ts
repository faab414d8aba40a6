/** Which of several servers will do. */
export const TARGET_SESSION_ATTRS = ['any', 'read-write', 'primary'] as const;

export type TargetSessionAttrs = (typeof TARGET_SESSION_ATTRS)[number];
