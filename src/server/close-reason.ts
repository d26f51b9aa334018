const MOST_BYTES = 123

/** A close reason cut to what RFC 6455 allows, at the border of a character. */
export function closeReason(text: string): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= MOST_BYTES) return text
  let end = MOST_BYTES
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1
  return new TextDecoder().decode(bytes.subarray(0, end))
}
