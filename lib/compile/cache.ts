import { Program } from './program';

/** Programs by key, at most so many: the one unused for longest is released to make room. */
export class ProgramCache {
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(private readonly capacity: number) {}

  /** The program of a key, compiled if it is not there. A failed compilation is not kept. */
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

  get size(): number {
    return this.programs.size;
  }

  /** Releases every program. */
  async dispose(): Promise<void> {
    await this.shrink(0);
  }

  private async shrink(limit: number): Promise<void> {
    for (const [key, program] of this.programs) {
      if (this.programs.size <= limit) return;
      this.programs.delete(key);
      await (await program).release();
    }
  }
}
