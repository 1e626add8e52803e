import { Configured, configOf, configured, identityOf, madeFrom } from '../../lib/core/config';
import { describeDifferences, differences } from '../../lib/core/differences';

interface Wave extends Configured {
  (x: number): number;
}
const sine = ({ height, period = 1 }: { height: number; period?: number }): Wave =>
  configured((x: number) => height * Math.sin((2 * Math.PI * x) / period), 'sine', { height, period });
const sum = ({ of }: { of: readonly Wave[] }): Wave =>
  configured((x: number) => of.reduce((total, wave) => total + wave(x), 0), 'sum', { of });
const waves = { sine };

describe('configured', () => {
  test('remembers the factory and all options, defaults too, as plain data', () => {
    const config = { name: 'sine', options: { height: 2, period: 1 } };
    expect(sine({ height: 2 }).config).toEqual(config);
    expect(sum({ of: [sine({ height: 2 })] }).config).toEqual({ name: 'sum', options: { of: [config] } });
    expect(JSON.parse(JSON.stringify(sum({ of: [] }).config))).toEqual({ name: 'sum', options: { of: [] } });
  });

  test('leaves out what is undefined, and tells functions of one’s own apart by their source', () => {
    expect(configured({}, 'thing', { a: undefined, b: null }).config.options).toEqual({ b: null });
    const [one, again, other] = [() => 1, () => 1, () => 2].map((f) => configured({}, 'thing', { f }).config);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(identityOf(() => 1)).toEqual(one!.options['f']);
    expect(identityOf(sine({ height: 1 }))).toEqual(sine({ height: 1 }).config);
  });

  test('of other things there is no config', () => {
    expect([configOf(1), configOf(null), configOf(() => 1), configOf({})]).toEqual(Array(4).fill(undefined));
  });
});

describe('madeFrom', () => {
  test('is the inverse', () => {
    const wave = sine({ height: 2, period: 8 });
    const again = madeFrom<Wave>('wave', waves, JSON.parse(JSON.stringify(wave.config)));
    expect(again(1)).toBe(wave(1));
    expect(again.config).toEqual(wave.config);
    expect(madeFrom<Wave>('wave', waves, { name: 'sine', options: { height: 3 } })(0.25)).toBe(3);
  });

  test.each<[unknown, string]>([
    [{ name: 'sin' }, 'Expected a wave, got "sin"; the nearest are sine.'],
    [{ name: 'toString' }, 'Expected a wave, got "toString"'],
    [
      { name: 'sine', options: { height: 1, periode: 2 } },
      'Expected an option of sine, got "periode"; the nearest are period, height.',
    ],
    ['sine', 'Expected a wave as { "name": …, "options": { … } }, got "sine".'],
    [{ name: 1 }, 'got {"name":1}.'],
    [{ name: 'sine', options: [1] }, 'got {"name":"sine","options":[1]}.'],
    [undefined, 'got undefined.'],
  ])('%j is refused', (config, message) => {
    expect(() => madeFrom<Wave>('wave', waves, config)).toThrow(message);
  });
});

describe('differences', () => {
  test.each([
    [1, 1, []],
    [NaN, NaN, []],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
    [
      { a: 1, b: { c: 2, d: 3 } },
      { b: { c: 4, d: 3 } },
      [
        ['a', 1, undefined],
        ['b/c', 2, 4],
      ],
    ],
    [[1, 2], [2, 1], [['', [1, 2], [2, 1]]]],
    [[1], [1, 2], [['', [1], [1, 2]]]],
    [{ name: 'a', b: 1 }, { name: 'c', b: 2 }, [['', { name: 'a', b: 1 }, { name: 'c', b: 2 }]]],
    [{ a: null }, { a: {} }, [['a', null, {}]]],
    [undefined, { a: 1 }, [['', undefined, { a: 1 }]]],
  ] as const)('of %j and %j', (before, now, expected) => {
    expect(differences(before, now).map((found) => [found.path, found.before, found.now])).toEqual(expected);
  });

  test('in words', () => {
    const found = differences(
      { rate: 0.1, loss: { name: 'a' } },
      { rate: 0.2, loss: { name: 'a' }, seed: 1 },
    );
    expect(describeDifferences(found)).toBe('rate was 0.1 and is 0.2, seed was not given and is 1');
  });
});
