import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Installs an npm package at one version into a folder of its own and returns the folder: for peers that are too large to be
 * development dependencies of everybody. Nothing is done if it is there. Install scripts, which fetch what a GPU needs, do not run.
 */
export function peerModules(folder: string, name: string, version: string): string {
  const manifest = path.join(folder, 'node_modules', name, 'package.json');
  const installed = fs.existsSync(manifest)
    ? (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string }).version
    : undefined;
  if (installed === version) return folder;
  console.log(`Installing ${name} ${version} into ${path.relative(process.cwd(), folder)} …`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact'];
  execFileSync('npm', [...install, `${name}@${version}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  return folder;
}
