const characters = new Intl.Segmenter();

/**
 * Columns that stand below each other.
 * @param rows as many cells each
 * @param texts which columns begin at one place; the others, numbers, end at one
 * @returns a line for each row, without a newline
 */
export function aligned(
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [0],
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const missing = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
        return texts.includes(column) ? cell + missing : missing + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}

function widthOf(text: string): number {
  return [...characters.segment(text)].length;
}
