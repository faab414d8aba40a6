export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;

/** What is taken, and given out. */
export type ImageType = (typeof IMAGE_TYPES)[number];
