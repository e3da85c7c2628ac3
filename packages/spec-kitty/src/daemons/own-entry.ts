/** Matches the entry file of every daemon of ours. Frozen, because later versions recognise earlier daemons by it. */
export const OWN_ENTRY = /(?:.*[\\/])?spec-kitty-daemon\.js/
