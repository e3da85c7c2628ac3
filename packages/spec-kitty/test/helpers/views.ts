/** Every view of the page in the project of `writeExampleProject`: its address, and what is there when it is shown. */
export const VIEWS = [
  ['now', '#/', '.now-row'],
  ['list', '#/missions', '.mission-row'],
  ['list, filtered', '#/missions?text=queue&lane=blocked', '.mission-row'],
  ['list, nothing found', '#/missions?text=nothing-like-this', '.notice'],
  ['board', '#/missions/002-offline-queue', '[data-card]'],
  ['board by agent', '#/missions/002-offline-queue?group=agent', '[data-card]'],
  ['board with empty columns', '#/missions/003-import-wizard', '[data-card]'],
  ['graph', '#/missions/002-offline-queue?as=graph', '.box'],
  ['finished mission', '#/missions/001-install-script', '[data-card]'],
  ['empty mission', '#/missions/004-audit-log', '.notice'],
  ['work package', '#/missions/002-offline-queue?card=WP06', 'dialog [data-testid=document]'],
  ['document', '#/missions/002-offline-queue/spec.md', '[data-testid=document]'],
  ['code', '#/missions/002-offline-queue/contracts%2Fupload.yaml', '[data-testid=document]'],
  ['flow', '#/flow/002-offline-queue', '.chart'],
  ['daemons', '#/daemons', 'article'],
  ['nowhere', '#/nowhere', '.notice'],
] as const
