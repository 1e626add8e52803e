import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

it('is what lib/wasm/assembly compiles to', () => {
  const script = path.join(__dirname, '../../lib/wasm/build.js');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 60000);
