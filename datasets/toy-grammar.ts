import type { Random } from '../lib/core/random';

const WORDS = {
  good: 'brilliant charming clever fresh funny great moving superb'.split(' '),
  bad: 'awful boring clumsy dull silly stale tedious weak'.split(' '),
  noun: 'acting cast ending music pacing plot script story'.split(' '),
  who: 'critics fans readers viewers'.split(' '),
} as const;

/** A clause that says something good or bad of a noun; a negated one says the opposite of its adjective. */
interface Frame {
  readonly negated: boolean;
  readonly words: string;
}

const FRAMES: readonly Frame[] = [
  { negated: false, words: 'the NOUN is ADJECTIVE' },
  { negated: false, words: 'the NOUN is very ADJECTIVE' },
  { negated: false, words: 'WHO find the NOUN ADJECTIVE' },
  { negated: true, words: 'the NOUN is not ADJECTIVE' },
  { negated: true, words: 'the NOUN is not very ADJECTIVE' },
  { negated: true, words: 'WHO never find the NOUN ADJECTIVE' },
];

/** Joins two clauses; `turns` where only one of them counts and the other says the opposite. */
type Connective = (counting: string, other: string) => string;

const AGREEING: readonly Connective[] = ['and', 'while', 'also', 'plus'].map(
  (word) => (counting, other) => `${counting} ${word} ${other}`,
);

const TURNING: readonly Connective[] = [
  (counting, other) => `${other} , but ${counting}`,
  (counting, other) => `${other} , yet ${counting}`,
  (counting, other) => `although ${other} , ${counting}`,
  (counting, other) => `${counting} , though ${other}`,
];

/** How two clauses make a sentence. */
export interface Template {
  readonly connective: Connective;
  readonly counting: Frame;
  readonly other: Frame;
  /** Whether the other clause says the opposite of the sentence. */
  readonly turns: boolean;
}

/** How much a sentence asks of its reader. */
export type Difficulty = 1 | 2;

/**
 * The templates of a difficulty. In each, every word is as likely in a good sentence as in a bad one.
 *
 * 1. Two clauses that agree, exactly one of them negated, so that one adjective is good and one is bad: "the plot is not dull and
 *    the cast is great". Which adjective the negation stands before is all that tells.
 * 2. Two clauses that disagree, of which the main clause counts: "although the plot is great , critics never find the cast
 *    clever". Word order tells which clause it is, negation what it says.
 */
export function templatesOf(difficulty: Difficulty): Template[] {
  const turns = difficulty === 2;
  return (turns ? TURNING : AGREEING).flatMap((connective) =>
    FRAMES.flatMap((counting) =>
      FRAMES.filter((other) => turns || other.negated !== counting.negated).map((other) => ({
        connective,
        counting,
        other,
        turns,
      })),
    ),
  );
}

/** A sentence of a template that says something good or bad. */
export function write(
  { connective, counting, other, turns }: Template,
  good: boolean,
  random: Random,
): string {
  return connective(clause(counting, good, random), clause(other, good !== turns, random));
}

function clause({ negated, words }: Frame, good: boolean, random: Random): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  return words
    .replace('NOUN', pick(WORDS.noun))
    .replace('WHO', pick(WORDS.who))
    .replace('ADJECTIVE', pick(good !== negated ? WORDS.good : WORDS.bad));
}
