import { Program } from './program';

/** Programs by key, at most so many: the one unused for longest is released to make room. */
export class ProgramCache {
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly users = new Map<string, number>();

  constructor(private capacity: number) {}

  /**
   * The program of a key, compiled if it is not there, for callers that finish with it before the next call. A failed
   * compilation is not kept.
   */
  async get(key: string, compile: () => Promise<Program>): Promise<Program> {
    const program = this.programs.get(key) ?? compile();
    this.programs.delete(key);
    this.programs.set(key, program); // last in the map = used last
    try {
      await program;
    } catch (error) {
      this.programs.delete(key);
      throw error;
    }
    await this.shrink(this.capacity);
    return program;
  }

  /** Runs `body` with the program of a key, which is not released meanwhile, whatever else the cache is asked for. */
  async use<T>(
    key: string,
    compile: () => Promise<Program>,
    body: (program: Program) => Promise<T>,
  ): Promise<T> {
    this.count(key, 1);
    try {
      return await body(await this.get(key, compile));
    } finally {
      this.count(key, -1);
      await this.shrink(this.capacity);
    }
  }

  get size(): number {
    return this.programs.size;
  }

  /** Releases every program, those in use as soon as they are not, and keeps none from now on. */
  async dispose(): Promise<void> {
    this.capacity = 0;
    await this.shrink(0);
  }

  private count(key: string, change: number): void {
    this.users.set(key, (this.users.get(key) ?? 0) + change);
    if (this.users.get(key) === 0) this.users.delete(key);
  }

  private async shrink(limit: number): Promise<void> {
    for (const [key, program] of this.programs) {
      if (this.programs.size <= limit) return;
      if (this.users.has(key)) continue;
      this.programs.delete(key);
      await (await program).release();
    }
  }
}
