import { Command } from 'commander'
import { importCommand } from './model/import.ts'
import { listCommand } from './model/list.ts'
import { quantizeCommand } from './model/quantize.ts'
import { verifyCommand } from './model/verify.ts'

/** Models: made of checkpoints, made smaller, listed, proved. */
export function modelCommand(): Command {
  const model = new Command('model')
    .description('Import a checkpoint, make an edition of it, list the models, prove that one is what it says.')
    .addHelpText(
      'after',
      `
Imported models live in EARWITNESS_MODELS, or else in ~/.local/share/earwitness/models; every command finds them by name.

Examples:
  $ earwitness model import final_model.pth --name my-detector
  $ earwitness model import hf:OWNER/NAME
  $ earwitness model verify my-detector --data labelled.csv
  $ earwitness serve --model my-detector`,
    )
  for (const command of [importCommand(), quantizeCommand(), listCommand(), verifyCommand()]) {
    model.addCommand(command.exitOverride())
  }
  return model
}
