import { text } from '../i18n/text'
import type { ProblemBody } from './wire'

/** A refusal of the server, or the failure to reach it. */
export class Problem extends Error {
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.detail || body.title)
    this.name = 'Problem'
    this.body = body
  }

  /** What the server says about the field at `pointer` (`/name`), or about a part of it, if it refused that one. */
  field(pointer: string): string | undefined {
    return this.body.errors?.find(({ pointer: at }) => at === pointer || at.startsWith(`${pointer}/`))?.detail
  }
}

/** The problem in a failed answer; one without a document (a proxy's page) is told by its status. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null)
  if (isProblemBody(body)) return new Problem(body)
  return new Problem({
    type: 'about:blank',
    title: text('shared.unreadable'),
    detail: text('shared.unreadableDetail', { status: String(response.status) }),
    status: response.status,
    code: 'unreadable_answer',
    retryable: response.status >= 500,
  })
}

/** No answer at all: the server is away or the network is. */
export function unreachable(): Problem {
  return new Problem({
    type: 'about:blank',
    title: text('shared.unreachable'),
    detail: text('shared.unreachableDetail'),
    status: 0,
    code: 'unreachable',
    retryable: true,
  })
}

function isProblemBody(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'title' in value
}
