/** Returns the URL of a dashboard's page. */
export function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/`
}
