/** What lets in: an API key, a JWT, a stream token; or a function that fetches one. */
export type Token = string | (() => string | Promise<string>)

/** What a subprotocol may be made of (RFC 9110, token): no browser connects with anything else. */
const SENDABLE = /^[\w!#$%&'*+.^`|~-]+$/

/** Whether it can be sent at all; no key and no token of a server is any other. */
export function isSendable(token: string): boolean {
  return SENDABLE.test(token)
}

/** The subprotocols that carry a token where no header can be set, as in browsers. The server answers with the first. */
export function bearerProtocols(token: string | undefined): string[] {
  return token === undefined ? [] : ['earwitness', `earwitness.bearer.${token}`]
}
