// @ts-check
import { choiceField, panel } from '../base/forms.js'
import { chooseUndoSeconds, undoSeconds } from '../compose/preferences.js'

/** How long a message can be taken back. */
const DELAYS = [0, 5, 10, 20, 30]

/** What a person sets of writing, on this machine. */
export function writingPanel() {
  const delay = choiceField(
    'Undo send',
    DELAYS.map((seconds) => [String(seconds), seconds === 0 ? 'off' : `${seconds} seconds`]),
    { onchange: () => chooseUndoSeconds(Number(delay.value)) },
  )
  delay.select.value = String(undoSeconds())
  return panel('Writing', delay.element)
}
