// Compiles the kernels in assembly/ and keeps them as base64 in binary.ts, so that neither tests nor users need a build.
// `npm run wasm` writes the file; with `--check` the script only says (exit code 1) whether it is out of date.
const fs = require('fs');
const path = require('path');

const source = path.join(__dirname, 'assembly', 'index.ts');
const target = path.join(__dirname, 'binary.ts');
const flags =
  '-O3 --enable simd --importMemory --runtime stub --noExportMemory --use abort= --outFile out.wasm'.split(
    ' ',
  );

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main([path.relative(process.cwd(), source), ...flags], {
    writeFile: (name, contents) => {
      binary = contents;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return binary;
}

async function main() {
  const base64 = Buffer.from(await compile()).toString('base64');
  const text = `// Generated from assembly/ by \`npm run wasm\`: do not edit.\nexport const binary = '${base64}';\n`;
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(target, text);
  } else if (fs.readFileSync(target, 'utf8') !== text) {
    throw new Error(
      'lib/wasm/binary.ts is not what lib/wasm/assembly compiles to: run `npm run wasm` and commit it.',
    );
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
