/** What lets in: an API key, a JWT, a stream token; or a function that fetches one. */
export type Token = string | (() => string | Promise<string>)

/** The subprotocols that carry a token where no header can be set, as in browsers. The server answers with the first. */
export function bearerProtocols(token: string | undefined): string[] {
  return token === undefined ? [] : ['earwitness', `earwitness.bearer.${token}`]
}
