/**
 * A page that is printed from the code.
 * @param {string} title
 * @param {readonly string[]} parts
 */
export function page(title, parts) {
  return [
    `# ${title}`,
    '<!-- Printed from the code by `npm run reference`; do not edit. -->',
    ...parts,
  ].join('\n\n');
}

/**
 * A table; a bar in a cell is escaped, a line break made a blank.
 * @param {readonly string[]} heads
 * @param {readonly (readonly (string | number | null | undefined)[])[]} rows
 * @returns nothing when there are no rows
 */
export function table(heads, rows) {
  if (rows.length === 0) return '';
  const line = (cells) => `| ${cells.map(cellOf).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {unknown} text */
export function code(text) {
  return `\`${text}\``;
}

/** Outside of code a tag would be taken for HTML. */
function cellOf(value) {
  return String(value ?? '')
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ')
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;')))
    .join('');
}
