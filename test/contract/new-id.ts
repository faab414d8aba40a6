let serial = 0;

/** Unlike any other, and sorts in the order of making. */
export function newId(kind: string): string {
  serial += 1;
  return `${kind}-${String(serial).padStart(8, '0')}`;
}
