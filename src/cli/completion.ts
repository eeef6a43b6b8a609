// diststore completion: what a shell needs to complete the command's words.
import { Argument, type Command } from 'commander'
import type { Cli } from './cli.ts'
import { bashCompletion } from './completion/bash.ts'
import { fishCompletion } from './completion/fish.ts'
import { wordsOf } from './completion/words.ts'
import { zshCompletion } from './completion/zsh.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .summary('print completions for a shell')
    .description(
      'Prints what bash, zsh or fish needs to complete verbs and options:\n' +
        '  source <(diststore completion bash)',
    )
    .action((shell: keyof typeof SHELLS) => {
      cli.world.stdout.write(SHELLS[shell](wordsOf(program)))
    })
}
