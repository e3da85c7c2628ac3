/** Returns the short name of an agent, which is its tool: `badger` for `badger:large-1:reviewer-x:reviewer`. */
export function shortAgent(agent: string): string {
  return agent.split(':', 1)[0]?.trim() || agent
}

/** Returns whether an agent is the one that the reader chose, by its short or its full name. */
export function isAgent(chosen: string, agent: string | null): boolean {
  return agent !== null && (agent === chosen || shortAgent(agent) === chosen)
}
