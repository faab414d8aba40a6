/** The ways in which a name of several words is written. */
export function spellings(snake) {
  const words = snake.split('_');
  const pascal = words.map(capitalized).join('');
  return {
    snake,
    kebab: words.join('-'),
    camel: pascal[0].toLowerCase() + pascal.slice(1),
    pascal,
    upper: snake.toUpperCase(),
    prose: words.join(' '),
    sentence: capitalized(words.join(' ')),
  };
}

/**
 * Writes one name for another wherever it stands, each time as it is written there.
 * @param pairs of spellings: what is there, and what takes its place; the longer name first
 */
export function renamed(text, pairs) {
  return pairs.reduce(
    (changed, [from, to]) =>
      Object.keys(from).reduce((each, style) => each.replaceAll(from[style], to[style]), changed),
    text,
  );
}

function capitalized(text) {
  return text[0].toUpperCase() + text.slice(1);
}
