const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

const twice = (character: string) => escaped(character).replace('%', '%25');

/** What somebody would try in place of a path that is refused. */
export function spellingsOf(path: string): readonly string[] {
  const letters = Array.from(path);
  const written = (write: (character: string, at: number) => string) => letters.map(write).join('');
  const last = path.slice(1).split('/').at(-1) ?? '';
  const each = (one: (character: string) => string) =>
    letters.map((_, at) => written((other, place) => (place === at ? one(other) : other)));
  return [
    path,
    ...each(escaped),
    ...each((character) => escaped(character).toUpperCase()),
    ...each(twice),
    written((character, at) => (at === 0 ? character : escaped(character))),
    written((character) => escaped(character)),
    written((character) => (character === '/' ? '%2f' : character)),
    written((character, at) => (character === '/' && at > 0 ? '%2F' : character)),
    path.toUpperCase(),
    `${path}/`,
    `${path}//`,
    `/${path}`,
    path.replaceAll('/', '//'),
    path.replaceAll('/', '/./'),
    path.replaceAll('/', '\\'),
    `/.${path}`,
    `/%2e${path}`,
    ...[
      ';',
      ';a=b',
      '%3b',
      '%00',
      '%00.json',
      '%20',
      '%09',
      '%0d%0a',
      '.',
      '/.',
      '?',
      '?a=/rebalance/',
      '#',
      '%23',
      '%3f',
      '+',
    ].map((end) => path + end),
    ...['/rebalance', '/rebalance/', '/rebalance/proposals', '/health/ready', '/livez'].flatMap(
      (allowed) =>
        [
          '/..',
          '/%2e%2e',
          '/%2E.',
          '%2f..',
          '%2f%2e%2e',
          '/..;',
          '/../..',
          '/%252e%252e',
          '\\..',
        ].flatMap((up) => [
          `${allowed}${up}${path}`,
          `${allowed}${up}%2f${path.slice(1)}`,
          `${allowed}${up}/${last}`,
        ]),
    ),
    ...['/health/ready', '/livez', '/rebalance/'].flatMap((allowed) => [
      `${allowed}%00${path}`,
      `${allowed}#${path}`,
      `${path}#${allowed}`,
      `${path}?${allowed}`,
      `${allowed};${path}`,
    ]),
    `http://localhost${path}`,
    `http://localhost/rebalance/..${path}`,
    `http:${path}`,
    `HTTP://a@b:80${path}`,
    `localhost${path}`,
    `*${path}`,
    path.slice(1),
  ];
}
