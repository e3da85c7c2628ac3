/** How long after the start a predecessor's starter may still write the record of its daemon. */
export const STARTUP_GRACE_SECONDS = 30
