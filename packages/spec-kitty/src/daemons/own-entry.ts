/** The entry file of every own daemon. Frozen: later versions recognise earlier daemons by it. */
export const OWN_ENTRY = /(?:.*[\\/])?spec-kitty-daemon\.js/
