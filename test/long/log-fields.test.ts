import { resolve } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import ts from 'typescript';
import { declaredLogFields } from '@holdfast/core/log-fields';
import '../../src/service.js';

/** The types of all sources are read. */
const READING_MS = 240_000;

interface Call {
  readonly place: string;
  readonly fields: readonly string[];
  /** Some of its fields have names that no type says. */
  readonly isOpen: boolean;
}

let calls: readonly Call[];

/** Every call that writes a line, found by the type of what it is given, with the names of its fields. */
function callsIn(folders: readonly string[]): readonly Call[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: folders },
    ts.sys,
    resolve('.'),
  );
  const program = ts.createProgram(parsed.fileNames, { ...parsed.options, noEmit: true });
  const checker = program.getTypeChecker();
  const found: Call[] = [];
  const visit = (node: ts.Node, file: string): void => {
    if (ts.isCallExpression(node)) found.push(...lineOf(node, file, checker));
    ts.forEachChild(node, (child) => {
      visit(child, file);
    });
  };
  for (const name of parsed.fileNames) {
    const source = program.getSourceFile(name);
    if (source) visit(source, name);
  }
  return found;
}

function lineOf(call: ts.CallExpression, file: string, checker: ts.TypeChecker): readonly Call[] {
  const parameter = checker.getResolvedSignature(call)?.parameters[0];
  const [line] = call.arguments;
  if (!parameter || !line) return [];
  if (checker.getTypeOfSymbolAtLocation(parameter, call).aliasSymbol?.name !== 'LogFields')
    return [];
  const type = checker.getTypeAtLocation(line);
  return (type.isUnion() ? type.types : [type]).map((each) => ({
    place: `${file.slice(resolve('.').length + 1)} ${line.getText()}`,
    fields: checker.getPropertiesOfType(each).map(({ name }) => name),
    isOpen: checker.getIndexInfosOfType(each).length > 0,
  }));
}

beforeAll(() => {
  calls = callsIn(['src', 'packages/*/src']);
}, READING_MS);

it('finds the lines that the service and its packages write', () => {
  expect(calls.length).toBeGreaterThan(50);
  const text = calls.map(({ place }) => place).join('\n');
  expect(text).toContain("event: 'request.completed'");
  expect(text).toContain("event: 'purge.done'");
});

it('every field of every line is declared, so that none is masked', () => {
  const declared = declaredLogFields();
  const undeclared = calls.flatMap(({ place, fields }) =>
    fields.filter((name) => !declared.has(name)).map((name) => `${name} in ${place}`),
  );
  expect(undeclared).toEqual([]);
});

it('the name of every field can be known from its line', () => {
  expect(calls.filter(({ isOpen }) => isOpen).map(({ place }) => place)).toEqual([]);
});
