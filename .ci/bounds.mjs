/** Tests that may pass in a second run only: each is a fault to be mended. */
export const MOST_FLAKY = 2;
