import { EarwitnessError } from '../protocol/errors.ts'

/** What every reader of a checkpoint throws: says what was got, and what is allowed. */
export function badModel(message: string, cause?: unknown): EarwitnessError {
  return new EarwitnessError('bad_model', message, cause === undefined ? undefined : { cause })
}

/** Runs `read` and puts the file's name before what it says. Whatever else is thrown becomes `bad_model` too. */
export async function aboutFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    throw badModel(`${path}: ${(thrown as Error).message}`, thrown)
  }
}
