import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Where a run was computed: what its bits depend on beside its options. */
export interface Environment {
  /** Of Node, of this package, and of the two that compute. */
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
  readonly threads: number;
  /** The commit of the working tree, with `+changes` where files differ from it; `unknown` outside of git. */
  readonly revision: string;
}

export function environment(threads: number): Environment {
  return {
    versions: {
      node: process.versions.node,
      'whittle-tfjs': versionOf(ownPackage()),
      '@tensorflow/tfjs': versionOf(require.resolve('@tensorflow/tfjs/package.json')),
      'onnxruntime-node': versionOf(require.resolve('onnxruntime-node/package.json')),
    },
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    threads,
    revision: revision(),
  };
}

function versionOf(file: string): string {
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** Above this folder, or, where that was compiled, above that of the compiled files. */
function ownPackage(): string {
  const places = ['..', '../..'].map((up) => path.join(__dirname, up, 'package.json'));
  return places.find((file) => fs.existsSync(file))!;
}

function revision(): string {
  try {
    const commit = git('rev-parse', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+changes`;
  } catch {
    return 'unknown';
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: __dirname, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim();
}
