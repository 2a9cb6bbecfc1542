import type { Row } from './rows'

const LINE_PX = 27
const LETTER_PX = 8.5
/** Name, state and actions of a row. */
const FRAME_PX = 60
const WIDEST_TEXT_PX = 610

/** How high a row will probably be in a transcript of this width; what it is once drawn is measured. */
export function likelyHeight(row: Row, width: number): number {
  const { content } = row.kind === 'message' ? row.message : row.saying
  const letters = Math.max(20, Math.min(width, WIDEST_TEXT_PX) / LETTER_PX)
  return FRAME_PX + LINE_PX * Math.max(1, Math.ceil(content.length / letters))
}
