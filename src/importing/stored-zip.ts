import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { badModel } from './bad-model.ts'
import { BOUNDS } from './bounds.ts'
import { readRange } from './file-range.ts'

const STORED = 0
const ENCRYPTED = 1

/** Lets yauzl read no place that is not in the file: its own reader throws past every handler at an offset beyond 2^53. */
class RangeReader extends RandomAccessReader {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    super()
    this.#file = file
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    readRange(this.#file, position, length).then(
      (bytes) => {
        buffer.set(bytes, offset)
        callback(null, length)
      },
      (error: Error) => callback(error),
    )
  }
}

/** A zip whose files are stored as they are, read one at a time straight from their place. Nothing is ever inflated. */
export class StoredZip {
  readonly #file: FileHandle
  readonly #zip: ZipFile
  readonly #entries: ReadonlyMap<string, Entry>
  /** Of the whole file. */
  readonly bytes: number

  private constructor(file: FileHandle, bytes: number, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file
    this.bytes = bytes
    this.#zip = zip
    this.#entries = entries
  }

  /** @throws EarwitnessError `bad_model`: not a zip, a damaged list, too many files or two of one name. */
  static async open(path: string): Promise<StoredZip> {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const zip = await fromRandomAccessReaderPromise(new RangeReader(file), size, { autoClose: false })
      return new StoredZip(file, size, zip, await list(zip))
    } catch (thrown) {
      await file.close()
      throw badModel(`not a zip file that can be read: ${(thrown as Error).message}`, thrown)
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /** Bytes of a file in it, `undefined` if there is none. */
  size(name: string): number | undefined {
    return this.#entries.get(name)?.uncompressedSize
  }

  /** @throws EarwitnessError `bad_model`: no such file, larger than the bound, compressed, cut short or changed. */
  async read(name: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw badModel(`${name} is missing in the zip`)
    if (entry.compressionMethod !== STORED || (entry.generalPurposeBitFlag & ENCRYPTED) !== 0) {
      throw badModel(`${name} is compressed or encrypted; torch.save stores its files as they are`)
    }
    if (entry.uncompressedSize > mostBytes) {
      throw badModel(`${name} has ${entry.uncompressedSize} bytes; at most ${mostBytes} are read`)
    }
    const { fileDataStart } = await this.#zip.readLocalFileHeaderPromise(entry, { minimal: true })
    const bytes = await readRange(this.#file, fileDataStart, entry.uncompressedSize)
    if (crc32(bytes) !== entry.crc32) throw badModel(`${name} is damaged: its checksum is not the one in the zip`)
    return bytes
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

async function list(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > BOUNDS.zipEntries) throw badModel(`it lists ${zip.entryCount} files`)
  const entries = new Map<string, Entry>()
  for await (const entry of zip.eachEntry()) {
    if (entries.has(entry.fileName)) throw badModel(`it lists ${entry.fileName} twice`)
    entries.set(entry.fileName, entry)
  }
  return entries
}
