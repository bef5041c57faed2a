/** The secret every simulated run is given: found in any stored byte, it is a leak. */
export const CANARY = "canary-4f1d9c";
