/** A range, in host numbers. */
export interface HostRange {
  /** Of the values, at most `hi`. */
  readonly lo: number;
  /** Of the values. */
  readonly hi: number;
}
