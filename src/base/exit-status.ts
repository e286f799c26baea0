/** Exit statuses of the daemon as a service (`--unit`); 0 is an end that was asked for. The numbers are those of sysexits.h. */

/** It handed its programs over: start the next one. */
export const HANDOVER_STATUS = 75;

/** It cannot start, and would fail alike if it was asked again. */
export const USELESS_STATUS = 78;
