const EVERY_MS = 10

/** Resolves once `condition` holds. For what a WebSocket has no event for: its buffer running empty. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
}
