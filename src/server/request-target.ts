/** The path and query of a request line's target; what is no URL at all becomes the path `/` + the target as it is. */
export function requestTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
  }
}
