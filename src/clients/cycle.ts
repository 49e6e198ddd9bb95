/** No client waits for less before its next cycle (spec client-protocol 3.4), and none takes so long from one call of a cycle to the next. */
export const SAME_CYCLE_MS = 25_000;
