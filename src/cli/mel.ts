import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Command, Option } from 'commander'
import { dump as toNpy } from 'npyjs'
import { COLOUR_RANGES } from '../dsp/mel-colours.ts'
import { EarwitnessError } from '../protocol/errors.ts'
import { FRONT_ENDS, type FrontEndName, melFrames } from './mel-frames.ts'
import { melImage } from './mel-image.ts'

interface MelFlags {
  out: string
  frontend: FrontEndName
}

export function melCommand(): Command {
  return new Command('mel')
    .description('Write the mel frames of a file as a model sees them: .npy (float32 [frames, 128]) or .png.')
    .argument('<file>', 'an audio file of any kind, or - for standard input')
    .requiredOption('--out <file>', 'where to write; the ending says what: .npy or .png')
    .addOption(new Option('--frontend <name>', 'the recipe').choices(Object.keys(FRONT_ENDS)).default('torchaudio-mel'))
    .addHelpText('after', '\nExample:\n  $ earwitness mel call.wav --out call.png')
    .action(mel)
}

async function mel(file: string, flags: MelFlags): Promise<void> {
  const kind = extname(flags.out).toLowerCase()
  if (kind !== '.npy' && kind !== '.png') {
    throw new EarwitnessError('bad_parameter', `--out must end in .npy or .png; got ${flags.out}`)
  }
  const { values, frames, bins } = await melFrames(file, flags.frontend)
  if (frames === 0)
    throw new EarwitnessError('unsupported_audio', `${file === '-' ? 'standard input' : file} is too short for a frame`)
  const bytes =
    kind === '.npy'
      ? new Uint8Array(toNpy(values, [frames, bins]))
      : melImage(values, frames, bins, COLOUR_RANGES[flags.frontend])
  await writeFile(flags.out, bytes)
  process.stderr.write(`${frames} frames of ${bins} bins → ${flags.out}\n`)
}
