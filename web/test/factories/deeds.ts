import { vi } from 'vitest'
import type { RowDeeds } from '../../src/features/chat/row-deeds'

/** What rows can do, each deed only noted. */
export function notedDeeds() {
  return {
    copy: vi.fn(),
    startEdit: vi.fn(),
    save: vi.fn(async () => undefined),
    restore: vi.fn(),
    mark: vi.fn(),
    sayInstead: vi.fn(),
    sayAfter: vi.fn(),
    fork: vi.fn(),
    remove: vi.fn(),
    select: vi.fn(),
    swipe: vi.fn(),
    stop: vi.fn(),
    retry: vi.fn(),
    goOn: vi.fn(),
    open: vi.fn(),
    remedySaying: vi.fn(),
  } satisfies RowDeeds
}
