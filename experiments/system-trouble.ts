/** What the system's word for it means, and what to do. */
const TROUBLES: Readonly<Record<string, readonly [what: string, advice: string]>> = {
  ENOSPC: ['the disk is full', 'make room'],
  EDQUOT: ['your share of the disk is full', 'make room'],
  EFBIG: ['a file may not be that large here', 'raise the limit (ulimit -f), or use another disk'],
  EACCES: ['this user may not', 'give it the right to, or choose another place'],
  EPERM: ['this user may not', 'give it the right to, or choose another place'],
  EROFS: ['the disk can only be read', 'choose another place'],
  ENOENT: [
    'it is not there any more, or cannot be made there',
    'see who removes it, or choose another place',
  ],
  ENOTDIR: ['a part of that path is a file', 'choose another place'],
  EISDIR: ['it is a folder', 'choose another place'],
  EEXIST: ['something of that name is there', 'move it away'],
  ENOTEMPTY: ['something is in it', 'see who writes there'],
  ENAMETOOLONG: ['a name in that path is too long for the disk', 'choose a shorter one'],
  ELOOP: ['it is a link to itself', 'choose another place'],
  EMFILE: ['this process may open no more files', 'raise the limit (ulimit -n)'],
  ENFILE: ['this machine may open no more files', 'close some'],
  EIO: ['the disk does not answer as it should', 'see what it says in the system log'],
  EBUSY: ['something else uses it', 'close that'],
  ETXTBSY: ['something else uses it', 'close that'],
};

const VERBS: Readonly<Record<string, string>> = {
  mkdir: 'make',
  mkdtemp: 'make',
  write: 'write',
  fsync: 'write',
  rename: 'rename',
  unlink: 'remove',
  rmdir: 'remove',
  rm: 'remove',
  scandir: 'list',
  read: 'read',
  copyfile: 'copy',
  symlink: 'link',
};

/** One sentence for what a system says of a file: a full disk, a folder that was removed. Undefined for all other errors. */
export function systemTrouble(error: unknown): string | undefined {
  const { code = '', syscall = '', path = 'a file' } = Object(error) as NodeJS.ErrnoException;
  const trouble = TROUBLES[code];
  if (!trouble) return undefined;
  const [what, advice] = trouble;
  return `Expected to ${VERBS[syscall] ?? 'open'} ${path}, but ${what} (${code}): ${advice}; what was written before stays.`;
}
