import type { FileHandle } from 'node:fs/promises'
import { badModel } from './bad-model.ts'

/** Exactly these bytes of a file, in memory of their own. @throws EarwitnessError `bad_model` where the file ends before. */
export async function readRange(file: FileHandle, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!Number.isSafeInteger(start + length)) throw badModel(`the file has no byte ${start}`)
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, Math.min(length - filled, 2 ** 30), start + filled)
    if (bytesRead === 0)
      throw badModel(`the file ends at byte ${start + filled}; ${length - filled} more were announced`)
    filled += bytesRead
  }
  return bytes
}
