import { existsSync, readFileSync } from 'fs';
import { cpus } from 'os';

/** The processor's name, with family and model where Linux tells: clouds call all of a maker's processors alike. */
export function processor(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown processor';
  if (!existsSync('/proc/cpuinfo')) return name;
  const facts = readFileSync('/proc/cpuinfo', 'utf8');
  const fact = (key: string): string | undefined => new RegExp(`^${key}\\s*: (\\d+)$`, 'm').exec(facts)?.[1];
  const [family, model] = [fact('cpu family'), fact('model')];
  return family && model ? `${name} (family ${family}, model ${model})` : name;
}
