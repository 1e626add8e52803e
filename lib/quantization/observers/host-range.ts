/** A range, in host numbers. */
export interface HostRange {
  readonly lo: number;
  readonly hi: number;
}
