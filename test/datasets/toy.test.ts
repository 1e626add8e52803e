import { bagOfWords } from '../../datasets/bag-of-words';
import { toyFiles, toyTask } from '../../datasets/toy';

/** A sentence with its open words replaced by their kind: what is left is the template. */
function template(text: string): string {
  const kinds: [RegExp, string][] = [
    [/\b(acting|cast|ending|music|pacing|plot|script|story)\b/g, 'NOUN'],
    [/\b(critics|fans|readers|viewers)\b/g, 'WHO'],
    [/\b(brilliant|charming|clever|fresh|funny|great|moving|superb)\b/g, 'ADJECTIVE'],
    [/\b(awful|boring|clumsy|dull|silly|stale|tedious|weak)\b/g, 'ADJECTIVE'],
  ];
  return kinds.reduce((result, [pattern, kind]) => result.replace(pattern, kind), text);
}

describe.each([1, 2] as const)('the toy task at difficulty %d', (difficulty) => {
  const task = toyTask({ train: 2000, dev: 400, difficulty });

  it('is evaluated on templates that training does not show, made of words that it does', () => {
    const [seen, held] = [task.train, task.dev].map(
      (rows) => new Set(rows.map(({ text }) => template(text))),
    );
    expect([...held!].filter((t) => seen!.has(t))).toEqual([]);
    expect(held!.size).toBeGreaterThan(10);
    const words = new Set(task.train.flatMap(({ text }) => text.split(' ')));
    expect(task.dev.flatMap(({ text }) => text.split(' ')).filter((word) => !words.has(word))).toEqual([]);
  });

  it('has as many good sentences as bad ones', () => {
    expect(task.dev.filter(({ label }) => label === 1)).toHaveLength(200);
  });

  it('cannot be told from words alone', () => {
    expect(bagOfWords(task)).toBeLessThan(0.6);
  });

  it('is the same for the same seed, and another for another', () => {
    const [a, b] = [0, 1].map((seed) => toyFiles({ train: 10, dev: 10, difficulty, seed }));
    expect(toyFiles({ train: 10, dev: 10, difficulty })).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it('fits sixteen tokens', () => {
    const lengths = [...task.train, ...task.dev].map(({ text }) => text.split(' ').length + 2);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16);
  });
});

it('labels what the adjective and its negation say', () => {
  const { train } = toyTask({ train: 500, difficulty: 1 });
  const positive = /\b(not|never)\b.*\b(awful|boring|clumsy|dull|silly|stale|tedious|weak)\b/;
  for (const { text, label } of train) {
    const [negated] = text
      .split(/ (?:and|while|also|plus) /)
      .filter((clause) => /\b(not|never)\b/.test(clause));
    expect(positive.test(negated!)).toBe(label === 1);
  }
});

it('lets a bag of words learn what words do tell', () => {
  const rows = (text: string, label: number) => Array.from({ length: 5 }, () => ({ text, label }));
  const train = [...rows('a good film', 1), ...rows('a bad film', 0)];
  expect(bagOfWords({ train, dev: train, labels: ['bad', 'good'] })).toBe(1);
});
