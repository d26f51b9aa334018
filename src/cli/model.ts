import { Command } from 'commander'
import { importCommand } from './model/import.ts'
import { listCommand } from './model/list.ts'
import { verifyCommand } from './model/verify.ts'

/** Models: made of checkpoints, listed, proved. */
export function modelCommand(): Command {
  const model = new Command('model')
    .description('Import a checkpoint, list the models, prove that one is what it says.')
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
  for (const command of [importCommand(), listCommand(), verifyCommand()]) model.addCommand(command.exitOverride())
  return model
}
