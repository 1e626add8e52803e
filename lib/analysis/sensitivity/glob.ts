/** A path as a pattern that matches it and nothing else. */
export const literal = (path: string): string => path.replaceAll(/[\\^$.*+?()[\]{}|!@]/g, '\\$&');
