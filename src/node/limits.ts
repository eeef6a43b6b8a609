// Limits of the driver: unit and reason. Never a setting.

/** Requests of other nodes under way here. Unit: requests. Beyond: answered "unable" at once. */
export const REQUESTS_MAX = 10_000

/** Time to let the last answers leave when stopping. Unit: ms. */
export const DRAIN_WAIT_MS = 2000

/** While stopping, idle connections are closed this often. Unit: ms. */
export const IDLE_SWEEP_MS = 20
