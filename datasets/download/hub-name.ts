/** A model of the Hugging Face Hub, at a branch, tag or commit. */
export interface HubName {
  /** `owner/name` */
  readonly name: string;
  /** `main` where none is given. */
  readonly revision: string;
}

const NAME = /^(?<name>\w[\w.-]*\/\w[\w.-]*)(@(?<revision>[\w.-]+(\/[\w.-]+)*))?$/;

/** Reads `owner/name` or `owner/name@revision`; undefined for any other text, which is a path. */
export function hubName(text: string): HubName | undefined {
  const groups = NAME.exec(text)?.groups;
  if (!groups || text.includes('..')) return undefined;
  return { name: groups['name']!, revision: groups['revision'] ?? 'main' };
}

/** Whether a revision is a commit, whose files never change. */
export const isCommit = (revision: string) => /^[0-9a-f]{40}$/.test(revision);
