import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { calibrate } from '../../lib/compress/calibrate';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { UserError } from '../../lib/core/errors';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import type { Random } from '../../lib/core/random';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { writeSafetensors } from '../../lib/export/safetensors';
import { loadTfjs, saveTfjs } from '../../lib/export/tfjs/folder';
import { bert } from '../../lib/models/bert';
import { loadMasks, saveMasks } from '../../lib/pruning/mask-file';
import { maskSet } from '../../lib/pruning/mask';
import { perTensor } from '../../lib/quantization/granularity';
import { int8 } from '../../lib/quantization/spec';
import { readTokenizer } from '../../lib/export/hugging-face/tokenizer';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';
import { stage } from '../../trainers/recipes/stage';
import { saveByteLevel } from '../export/byte-level-folder';
import { edit, save, small, tokenizerFiles } from '../export/saved-folder';
import { stock } from '../export/tfjs/saved-model';
import { askRun, goOn, makeCheckpoint, makeRun } from './damaged-runs';
import { fuzzRuns } from '../fuzz';
import {
  mutantOfBytes,
  mutantOfJson,
  mutantOfMetadata,
  mutantOfSafetensors,
  randomOfMutant,
} from '../mutants';

let root: string;
beforeAll(async () => {
  jest.spyOn(console, 'warn').mockReturnValue(); // tfjs's, of shapes
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'damaged-'));
  await tf.setBackend('cpu');
});
afterAll(() => fs.rmSync(root, { recursive: true }));

/** A kind of file, in a folder of its own, and what is done with it. */
interface Kind {
  /** Makes the folder; the file in it that is to be damaged. */
  make(folder: string): Promise<string> | string;
  mutant(file: Buffer, random: Random): Buffer;
  /** Reads the folder and gives all numbers that come of it. */
  use(folder: string): Promise<Iterable<number>> | Iterable<number>;
}

const row = (...values: number[]) => hostTensor(Int32Array.from(values), [1, values.length]);

/** What an engine answers with a model; nothing is left of either. */
async function answers(model: tf.LayersModel, xs: readonly HostTensor[]): Promise<Iterable<number>> {
  const engine = await eagerEngine({ backend: 'cpu' })(model, parametersOf(model), meanSquaredError);
  try {
    return (await (await engine.inference()).predict(xs)).data;
  } finally {
    engine.dispose();
  }
}

async function askHuggingFace(folder: string): Promise<Iterable<number>> {
  const { model, tokenizerFiles: files, config } = loadHuggingFace(folder);
  try {
    const { ids, typeIds } = tokenizerOf(files).encode('a b ü c', 'ab', Math.min(6, config.maxPositions));
    return await answers(model, [row(...ids), row(...ids.map(() => 1)), row(...typeIds)]);
  } finally {
    model.dispose();
  }
}

/** The pieces of some texts, as a model of this vocabulary may be asked about them. */
function askTokenizer(folder: string): Iterable<number> {
  const tokenizer = tokenizerOf(readTokenizer(folder));
  const encodings = [
    tokenizer.encode('A b ü c [MASK] a', 'ab <mask> ab', 8),
    tokenizer.encode('', undefined, 6),
  ];
  return encodings.flatMap(({ ids, typeIds }) => {
    const [first, ...others] = ids.map((id) => tokenizer.vocabulary[id]);
    expect([first, ...others]).not.toContain(undefined);
    return [...ids, ...typeIds];
  });
}

async function askTfjs(folder: string): Promise<Iterable<number>> {
  const { model } = await loadTfjs(folder);
  try {
    return await answers(model, [hostTensor(Float32Array.of(1, -2, 3, 0.5), [1, 4])]);
  } finally {
    model.dispose();
  }
}

const json = (file: Buffer, random: Random) => mutantOfJson(file.toString(), random);
const saveSmall = (folder: string) => void save(folder, { ...small, layers: 1 }).dispose();
/** Of a folder of a Hugging Face model. */
const huggingFace = (
  name: string,
  mutant: Kind['mutant'],
  make: (folder: string) => void | Promise<void> = saveSmall,
): Kind => ({
  async make(folder) {
    await make(folder);
    return path.join(folder, name);
  },
  mutant,
  use: askHuggingFace,
});

async function saveCompressed(folder: string, floats: boolean): Promise<void> {
  const model = bert({ ...small, layers: 1 });
  const prepared = prepare(model, staticInt8());
  await calibrate(prepared, [
    [
      tf.tensor2d([[2, 5, 3]], undefined, 'int32'),
      tf.onesLike(tf.tensor2d([[2, 5, 3]], undefined, 'int32')),
      tf.tensor2d([[0, 0, 1]], undefined, 'int32'),
    ],
  ]);
  const compressed = convert(prepared);
  prepared.detach();
  saveHuggingFace(compressed, folder, { tokenizerFiles, onnx: false, floats });
  compressed.model.dispose();
  model.dispose();
}

function saveShards(folder: string): void {
  saveSmall(folder);
  const shards = new Map<string, Map<string, HostTensor>>([
    ['a.safetensors', new Map()],
    ['b.safetensors', new Map()],
  ]);
  const weight_map: Record<string, string> = {};
  edit(folder, (tensors) => {
    [...tensors].forEach(([name, tensor], i) => {
      const file = i % 2 ? 'a.safetensors' : 'b.safetensors';
      shards.get(file)!.set(name, tensor);
      weight_map[name] = file;
    });
  });
  shards.forEach((tensors, file) => writeSafetensors(path.join(folder, file), tensors));
  fs.rmSync(path.join(folder, 'model.safetensors'));
  fs.writeFileSync(
    path.join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 1 }, weight_map }),
  );
}

async function compressedStock(folder: string, codes: boolean): Promise<void> {
  const prepared = prepare(stock(), weightOnly(int8(perTensor(), { full: true })));
  const compressed = convert(prepared);
  prepared.detach();
  saveTfjs(compressed, folder, { codes });
}

const without = (name: string) => (folder: string) => {
  saveSmall(folder);
  fs.rmSync(path.join(folder, name));
};

const kinds: Readonly<Record<string, Kind>> = {
  'config.json': huggingFace('config.json', json),
  'config.json of a RoBERTa': huggingFace('config.json', json, saveByteLevel),
  'tokenizer_config.json': { ...huggingFace('tokenizer_config.json', json), use: askTokenizer },
  'tokenizer.json of WordPiece': {
    ...huggingFace('tokenizer.json', json, without('vocab.txt')),
    use: askTokenizer,
  },
  'tokenizer.json of byte-level BPE': {
    ...huggingFace('tokenizer.json', json, saveByteLevel),
    use: askTokenizer,
  },
  'vocab.txt': {
    ...huggingFace('vocab.txt', mutantOfBytes, without('tokenizer.json')), // beside which it is not read
    use: askTokenizer,
  },
  'model.safetensors': huggingFace('model.safetensors', mutantOfSafetensors),
  'model.safetensors.index.json': huggingFace('model.safetensors.index.json', json, saveShards),
  'codes.safetensors beside floats': huggingFace('codes.safetensors', mutantOfSafetensors, (folder) =>
    saveCompressed(folder, true),
  ),
  'codes.safetensors alone': huggingFace('codes.safetensors', mutantOfSafetensors, (folder) =>
    saveCompressed(folder, false),
  ),
  'what codes.safetensors says': huggingFace('codes.safetensors', mutantOfMetadata('whittle'), (folder) =>
    saveCompressed(folder, false),
  ),
  'masks.safetensors': {
    make(folder) {
      fs.mkdirSync(folder);
      saveMasks(
        path.join(folder, 'm'),
        maskSet(
          [
            ['a/kernel', Uint8Array.of(1, 0, 1, 1, 0, 0, 1, 1, 1)],
            ['b/kernel', Uint8Array.of(0, 1)],
          ],
          ['b/kernel'],
        ),
      );
      return path.join(folder, 'm');
    },
    mutant: mutantOfSafetensors,
    use: (folder) => [...loadMasks(path.join(folder, 'm')).values()].flatMap((mask) => [...mask]),
  },
  'config.json of a run': {
    make: (folder) => makeRun(folder, 'config.json'),
    mutant: json,
    use: askRun,
  },
  'result.json of a run': {
    make: (folder) => makeRun(folder, 'result.json'),
    mutant: json,
    use: askRun,
  },
  'outcome.json of a training': {
    async make(folder) {
      await stage(folder, { a: 1 }, () => Promise.resolve({ score: 0.5, steps: 3 }));
      return path.join(folder, 'outcome.json');
    },
    mutant: json,
    use: async (folder) => [
      (await stage(folder, { a: 1 }, () => Promise.resolve({ score: NaN }))).outcome.score,
    ],
  },
  'state.json of a checkpoint': {
    make: (folder) => makeCheckpoint(folder, 'state.json'),
    mutant: json,
    use: (folder) => goOn(folder, 'state.json'),
  },
  'tensors.safetensors of a checkpoint': {
    make: (folder) => makeCheckpoint(folder, 'tensors.safetensors'),
    mutant: mutantOfSafetensors,
    use: (folder) => goOn(folder, 'tensors.safetensors'),
  },
  'model.json of tfjs': {
    make(folder) {
      saveTfjs(stock(), folder);
      return path.join(folder, 'model.json');
    },
    mutant: json,
    use: askTfjs,
  },
  'model.json of tfjs with uint8': {
    async make(folder) {
      await compressedStock(folder, false);
      return path.join(folder, 'model.json');
    },
    mutant: json,
    use: askTfjs,
  },
};

/** What came of a damaged file: refused in a sentence, or read, with numbers that are numbers; anything else is a fault, and told. */
async function verdict(kind: Kind, folder: string): Promise<string> {
  try {
    const numbers = await kind.use(folder);
    return [...numbers].every(Number.isFinite) ? 'read' : 'numbers that are none';
  } catch (error) {
    if (!(error instanceof UserError)) return `${(error as Error).stack}`;
    return isSentence(error.message) ? 'refused' : `no sentence: ${error.message.slice(0, 2000)}`;
  }
}

const isSentence = (message: string) => message.length < 2000 && !/\p{Cc}/u.test(message);

/** What came of some mutants: how many of each verdict, and the first of each. */
async function verdictsOn(
  name: string,
  kind: Kind,
): Promise<Map<string, { count: number; readonly first: number }>> {
  const folder = path.join(root, name.replace(/\W/g, '-'));
  const file = await kind.make(folder);
  const whole = fs.readFileSync(file);
  expect(await verdict(kind, folder)).toBe('read');
  const verdicts = new Map<string, { count: number; readonly first: number }>();
  for (let number = 0; number < fuzzRuns(25); number++) {
    fs.writeFileSync(file, kind.mutant(whole, randomOfMutant(name, number)));
    const found = await verdict(kind, folder);
    const seen = verdicts.get(found) ?? { count: 0, first: number };
    seen.count++;
    verdicts.set(found, seen);
  }
  return verdicts;
}

/** The counts of a long run, and the number of the first mutant of each fault. */
function tell(
  name: string,
  verdicts: Readonly<Record<string, { count: number; readonly first: number } | undefined>>,
): void {
  for (const [verdict, { count, first } = { count: 0, first: 0 }] of Object.entries(verdicts))
    process.stdout.write(`${name}: ${count} ${verdict.slice(0, 600)} (${first})\n`);
}

test.each(Object.entries(kinds))(
  '%s: read or refused in a sentence, however it is damaged',
  async (name, kind) => {
    const { read, refused, ...faults } = Object.fromEntries(await verdictsOn(name, kind));
    if (process.env['WHITTLE_FUZZ']) tell(name, { refused, read, ...faults });
    expect(faults).toEqual({});
  },
  3_600_000,
);
