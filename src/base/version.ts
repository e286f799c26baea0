/** The version of this package, e.g. "0.1.0". */
export const VERSION: string = MGR_VERSION;
