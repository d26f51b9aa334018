import { crc32 } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the headers say, where it is not the truth. */
  readonly claims?: {
    readonly size?: number
    readonly crc?: number
    readonly method?: number
    readonly offset?: number
  }
}

/** A zip of stored files, as torch.save writes it; its claims may lie. */
export function zipBytes(entries: readonly ZipEntry[]): Uint8Array {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const local = Buffer.concat([header(entry, 0x04034b50, undefined), entry.bytes])
    central.push(header(entry, 0x02014b50, entry.claims?.offset ?? offset))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

/** A local header, or with an offset one of the central directory, which has more fields at both ends. */
function header(entry: ZipEntry, signature: number, offset: number | undefined): Buffer {
  const name = Buffer.from(entry.name)
  const size = entry.claims?.size ?? entry.bytes.length
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(entry.claims?.method ?? 0, 4)
  common.writeUInt32LE(entry.claims?.crc ?? crc32(entry.bytes), 10)
  common.writeUInt32LE(size, 14)
  common.writeUInt32LE(size, 18)
  common.writeUInt16LE(name.length, 22)
  const start = Buffer.alloc(4)
  start.writeUInt32LE(signature, 0)
  if (offset === undefined) return Buffer.concat([start, common, name])
  const tail = Buffer.alloc(14)
  tail.writeUInt32LE(offset, 10)
  return Buffer.concat([start, Buffer.from([20, 0]), common, tail, name])
}
