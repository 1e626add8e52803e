import * as path from 'node:path';
import * as ts from 'typescript';

const root = path.join(__dirname, '../..');

/** Declarations of all that the package's entry point imports, as a user's compiler reads them, by file. */
function declarations(): Map<string, string> {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.build.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([path.join(root, 'index.ts')], { ...options, noCheck: true });
  const found = new Map<string, string>();
  program.emit(
    undefined,
    (file, text) => found.set(path.relative(options.outDir!, file), text),
    undefined,
    true,
  );
  return found;
}

/** The lines of a declaration file in which a type is `any`, written or inferred. */
function linesWithAny(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      lines.push(`${file}: ${text.split('\n')[line]!.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

test('finds any where it is, and not in comments, names and texts', () => {
  const text =
    '/** any */\nexport declare const any: "any";\nexport declare function f(x: Map<string, any>): void;\n';
  expect(linesWithAny('f.d.ts', text)).toEqual([
    'f.d.ts: export declare function f(x: Map<string, any>): void;',
  ]);
});

test('no public type is any', () => {
  const found = declarations();
  expect(found.get('index.d.ts')).toContain('train');
  expect([...found].flatMap(([file, text]) => linesWithAny(file, text))).toEqual([]);
});
