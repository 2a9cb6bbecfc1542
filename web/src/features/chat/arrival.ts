/** How the reader came to a chat. It travels in the history's state, never in an address that others could write. */
interface Arrival {
  /** By saying its first words. */
  begunHere: boolean
  /** By choosing words that begin it at once. */
  firstWords: string | null
}

export const BEGUN_HERE = { begunHere: true }

export function arrivalOf(state: unknown): Arrival {
  const told: object = typeof state === 'object' && state !== null ? state : {}
  return {
    begunHere: 'begunHere' in told && told.begunHere === true,
    firstWords: 'firstWords' in told && typeof told.firstWords === 'string' ? told.firstWords : null,
  }
}
