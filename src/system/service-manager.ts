// Tells systemd how this service is: ready, alive, stopping, and one line for `systemctl status`.
// Node.js has no sockets of the kind that systemd reads, so systemd's own program speaks for us.
// What is to be said is decided elsewhere; without systemd nothing is said.
import { notifyProgram, type Say } from './notify-program.ts'

/** Facts in systemd's words, sd_notify(3): READY=1, STATUS=text, WATCHDOG=1, STOPPING=1. */
export type ServiceFacts = Readonly<
  Partial<Record<'READY' | 'STATUS' | 'WATCHDOG' | 'STOPPING', string>>
>

export interface ServiceManager {
  /** False: nobody started us who wants to be told. */
  readonly isListening: boolean
  /** It wants a sign of life at least this often; undefined: it does not watch. Unit: ms. */
  readonly watchdogMs: number | undefined
  /**
   * Says it now, or with what else is to be said once the message before was. No facts: nothing
   * is said. Never throws.
   */
  tell(facts: ServiceFacts): void
}

/** The service manager that these variables tell of. `onFailure` is called for each message lost. */
export function serviceManager(
  env: Readonly<Record<string, string | undefined>>,
  onFailure: (error: Error) => void,
  say: Say = notifyProgram().say,
): ServiceManager {
  const isListening = (env['NOTIFY_SOCKET'] ?? '') !== ''
  // One message at a time: later words must not arrive before earlier ones.
  let isSpeaking = false
  let waiting: ServiceFacts = {}
  const speak = () => {
    const words = Object.entries(waiting).map(([name, text]) => `${name}=${oneLine(text)}`)
    if (isSpeaking || words.length === 0) return
    isSpeaking = true
    waiting = {}
    say(words, (error) => {
      isSpeaking = false
      if (error !== undefined) onFailure(error)
      speak()
    })
  }
  return {
    isListening,
    watchdogMs: isListening ? watchdogMs(env['WATCHDOG_USEC']) : undefined,
    tell: (facts) => {
      if (!isListening) return
      waiting = { ...waiting, ...facts }
      speak()
    },
  }
}

function watchdogMs(usec: string | undefined): number | undefined {
  const ms = Number(usec) / 1000
  return ms > 0 ? ms : undefined
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
