/** A text with more before some of its places, each on lines of its own. */
export function annotate(
  text: string,
  notes: readonly { readonly offset: number; readonly note: string }[],
): string {
  let annotated = '';
  let place = 0;
  for (const { offset, note } of notes) {
    annotated += text.slice(place, offset);
    place = offset;
    if (note === '') continue;
    if (annotated !== '' && !annotated.endsWith('\n')) annotated += '\n';
    annotated += note;
  }
  return annotated + text.slice(place);
}

/** Lines of SQL that say nothing to the server. */
export function asComments(lines: readonly string[]): string {
  return lines.map((line) => `-- ${line}\n`).join('');
}
