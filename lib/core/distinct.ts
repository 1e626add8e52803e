/** The names themselves, those that came before with the first number that makes another: `gamma`, `gamma_1`. */
export function distinct(names: readonly string[]): string[] {
  const wanted = new Set(names);
  const taken = new Set<string>();
  return names.map((name) => {
    let result = name;
    for (let n = 1; taken.has(result) || (n > 1 && wanted.has(result)); n++) result = `${name}_${n}`;
    taken.add(result);
    return result;
  });
}
