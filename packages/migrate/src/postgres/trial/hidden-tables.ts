interface Part {
  readonly ctename?: string;
  readonly ctes?: readonly unknown[];
  readonly recursive?: boolean;
  readonly relname?: string;
  readonly schemaname?: string;
  readonly relation?: Part;
}

/** Whether something that WITH names has the name of a table that is meant as well: it is written to, or read within. */
export function hidesTables(tree: unknown): boolean {
  const parts = partsIn(tree);
  const made = new Set(parts.flatMap(({ ctename }) => ctename ?? []));
  if (made.size === 0) return false;
  const isWritten = parts.some(
    ({ relation: { relname = '', schemaname } = {} }) =>
      schemaname === undefined && made.has(relname),
  );
  return isWritten || parts.some(isReadWithin);
}

function isReadWithin({ ctes = [], recursive = false }: Part): boolean {
  return (
    !recursive &&
    ctes.some((cte) => {
      const [name, ...names] = partsIn(cte).flatMap(({ ctename, relname, schemaname }) =>
        schemaname === undefined ? (ctename ?? relname ?? []) : [],
      );
      return names.includes(name ?? '');
    })
  );
}

/** Outer ones first. */
function partsIn(tree: unknown): readonly Part[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return [tree, ...Object.values(tree).flatMap(partsIn)];
}
