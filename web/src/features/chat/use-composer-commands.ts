import { useCallback } from 'react'
import { tellAction } from '../../shared/lib/actions'
import type { ComposerCommand } from './composer-keys'
import { turn } from './message'
import type { RowDeeds } from './row-deeds'
import { type MessageRow, type Row, runningReply } from './rows'

/** What the composer's keys do to the rows of a chat: all but stopping concerns the last own message or the last reply. */
export function useComposerCommands(rows: readonly Row[], deeds: RowDeeds): (command: ComposerCommand) => void {
  return useCallback(
    (command) => {
      tellAction(command)
      const running = runningReply(rows)
      if (command === 'stop') {
        if (running) deeds.stop(running)
        return
      }
      const row = lastOf(rows, command === 'editLast' ? 'user' : 'assistant')
      if (!row || row.message === running) return
      const { message, siblings } = row
      const answers = message.parent_id !== null
      switch (command) {
        case 'editLast':
        case 'editLastReply':
          return deeds.startEdit(message.id)
        case 'previousVersion':
          return turn(message, siblings, -1, deeds)
        case 'nextVersion':
          return turn(message, siblings, 1, deeds)
        case 'regenerate':
          return answers ? deeds.swipe(message) : undefined
        case 'continue':
          return answers && message.content ? deeds.goOn(message) : undefined
      }
    },
    [rows, deeds],
  )
}

function lastOf(rows: readonly Row[], role: MessageRow['message']['role']): MessageRow | undefined {
  return rows.findLast((row): row is MessageRow => row.kind === 'message' && row.message.role === role)
}
